package authz

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// jsonSink writes a question as the JSON that the decision log keeps.
type jsonSink struct {
	b    []byte
	left int // items of a list that are still to come
}

// JSON is the question as the policy's input document, for the log.
func (q *Question) JSON() []byte {
	s := jsonSink{b: make([]byte, 0, 2048)}
	q.write(&s)
	return s.b
}

func (s *jsonSink) begin(f fact, _ any) bool {
	if f != factRoot {
		s.name(factName(f))
	}
	s.b = append(s.b, '{')
	return true
}

func (s *jsonSink) end() {
	s.b = append(s.b, '}')
}

// name writes a field's name, after a comma unless it is the first.
func (s *jsonSink) name(name string) {
	if s.b[len(s.b)-1] != '{' {
		s.b = append(s.b, ',')
	}
	s.b = append(s.b, '"')
	s.b = append(s.b, name...)
	s.b = append(s.b, '"', ':')
}

func (s *jsonSink) quoted(v string) {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, err := json.Marshal(v)
			if err != nil {
				text = []byte(`""`) // a string has no error
			}
			s.b = append(s.b, text...)
			return
		}
	}
	s.b = append(s.b, '"')
	s.b = append(s.b, v...)
	s.b = append(s.b, '"')
}

func (*jsonSink) absent(fact)    {}
func (*jsonSink) missing(string) {}

func (s *jsonSink) text(name, v string) {
	s.name(name)
	s.quoted(v)
}

func (s *jsonSink) id(name string, v uuid.UUID)       { s.text(name, idText(v)) }
func (s *jsonSink) homeID(name string, v exchange.ID) { s.text(name, v.String()) }
func (s *jsonSink) instant(name string, v time.Time)  { s.text(name, instantText(v)) }
func (s *jsonSink) day(name string, v time.Time)      { s.text(name, string(exchange.DayOf(v))) }

func (s *jsonSink) number(name string, v int64) {
	s.name(name)
	s.b = strconv.AppendInt(s.b, v, 10)
}

func (s *jsonSink) flag(name string, v bool) {
	s.name(name)
	s.b = strconv.AppendBool(s.b, v)
}

func (s *jsonSink) list(name string, n int) {
	s.name(name)
	s.b = append(s.b, '[')
	s.left = n
	s.listed()
}

func (s *jsonSink) item(v string) {
	s.quoted(v)
	s.left--
	s.listed()
}

func (s *jsonSink) itemID(v uuid.UUID) { s.item(v.String()) }

func (s *jsonSink) listed() {
	switch {
	case s.left == 0:
		s.b = append(s.b, ']')
	case s.b[len(s.b)-1] != '[':
		s.b = append(s.b, ',')
	}
}
