package authz

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// record has the values of the fields of a question that the rules read, one
// after the other, so that a key can be made of any of them. A value is written
// so that it tells where it ends: values of the same fields, put together, are
// equal just when each of them is.
type record struct {
	reads   *reads
	b       []byte
	present uint64 // the facts that are there
	ends    [factCount][maxFields]extent
	open    []openFact
	take    bool // items of the list
}

// extent is where a value is in a record.
type extent struct{ from, to uint32 }

type openFact struct {
	fact fact
	next int // field
}

// maxFields bounds the fields of a fact. The bits of reads.fields have no more.
const maxFields = 64

// of takes a question down. Without reset a field that is missing now would have
// the place of a former question's.
func (s *record) of(reads *reads, q *Question) {
	for f := range factCount {
		if s.present&(1<<f) != 0 {
			clear(s.ends[f][:len(fieldNames[f])])
		}
	}
	s.reads, s.b, s.present, s.open = reads, s.b[:0], 0, s.open[:0]
	q.write(s)
}

// opened are the facts that are written even where nobody reads a field of their
// own: others lie within them, or they are not asked whether they are wanted.
const opened = 1<<factRoot | 1<<factPrincipal | 1<<factPrincipalAuthority | 1<<factPrincipalJurisdiction |
	1<<factAuthority | 1<<factJurisdiction | 1<<factConsignee

func (s *record) begin(f fact, _ any) bool {
	s.present |= 1 << f
	if s.reads.fields[f] == 0 && opened&(1<<f) == 0 {
		return false
	}
	s.open = append(s.open, openFact{fact: f})
	return true
}

func (s *record) end() { s.open = s.open[:len(s.open)-1] }

func (*record) absent(fact) {}

// next says whether the next field is read, and where its value is to be noted.
func (s *record) next() (*extent, bool) {
	o := &s.open[len(s.open)-1]
	i := o.next
	o.next++
	if s.reads.fields[o.fact]&(1<<i) == 0 {
		return nil, false
	}
	e := &s.ends[o.fact][i]
	e.from = uint32(len(s.b))
	return e, true
}

func (s *record) string(v string) {
	s.b = binary.AppendUvarint(s.b, uint64(len(v)))
	s.b = append(s.b, v...)
}

func (s *record) text(_, v string) {
	if e, ok := s.next(); ok {
		s.string(v)
		e.to = uint32(len(s.b))
	}
}

func (s *record) id(_ string, v uuid.UUID) {
	if e, ok := s.next(); ok {
		s.b = append(s.b, v[:]...)
		e.to = uint32(len(s.b))
	}
}

func (s *record) homeID(_ string, v exchange.ID) {
	if e, ok := s.next(); ok {
		s.string(v.Home)
		s.b = append(s.b, v.UUID[:]...)
		e.to = uint32(len(s.b))
	}
}

func (s *record) number(_ string, v int64) {
	if e, ok := s.next(); ok {
		s.b = append(s.b, 1)
		s.b = binary.LittleEndian.AppendUint64(s.b, uint64(v))
		e.to = uint32(len(s.b))
	}
}

func (s *record) missing(string) {
	if e, ok := s.next(); ok {
		s.b = append(s.b, 0)
		e.to = uint32(len(s.b))
	}
}

func (s *record) flag(_ string, v bool) {
	if e, ok := s.next(); ok {
		s.b = append(s.b, 0)
		if v {
			s.b[len(s.b)-1] = 1
		}
		e.to = uint32(len(s.b))
	}
}

func (s *record) instant(_ string, v time.Time) {
	if e, ok := s.next(); ok {
		s.b = binary.LittleEndian.AppendUint64(s.b, uint64(v.Unix()))
		s.b = binary.LittleEndian.AppendUint32(s.b, uint32(v.Nanosecond()))
		e.to = uint32(len(s.b))
	}
}

func (s *record) day(_ string, v time.Time) {
	if e, ok := s.next(); ok {
		year, month, day := v.In(exchange.China).Date()
		s.b = binary.LittleEndian.AppendUint32(s.b, uint32(year))
		s.b = append(s.b, byte(month), byte(day))
		e.to = uint32(len(s.b))
	}
}

func (s *record) list(_ string, n int) {
	var e *extent
	if e, s.take = s.next(); s.take {
		s.b = binary.AppendUvarint(s.b, uint64(n))
		e.to = uint32(len(s.b))
	}
}

func (s *record) item(v string) {
	if s.take {
		s.string(v)
		s.grow()
	}
}

func (s *record) itemID(v uuid.UUID) {
	if s.take {
		s.b = append(s.b, v[:]...)
		s.grow()
	}
}

// grow makes the value of the list reach to its last item.
func (s *record) grow() {
	o := s.open[len(s.open)-1]
	s.ends[o.fact][o.next-1].to = uint32(len(s.b))
}

// selection are the values that a key is made of: some fields, and which facts
// are there.
type selection struct {
	facts  uint64
	fields []selected
}

type selected struct {
	fact  fact
	field int
}

func selectionOf(r *reads) selection {
	s := selection{facts: r.facts}
	for f := range factCount {
		for i := range fieldNames[f] {
			if r.fields[f]&(1<<i) != 0 {
				s.fields = append(s.fields, selected{f, i})
			}
		}
	}
	return s
}

// appendKey adds a record's values to a key.
func (s *selection) appendKey(key []byte, r *record) []byte {
	key = binary.AppendUvarint(key, r.present&s.facts)
	for _, f := range s.fields {
		e := r.ends[f.fact][f.field]
		key = append(key, r.b[e.from:e.to]...)
	}
	return key
}
