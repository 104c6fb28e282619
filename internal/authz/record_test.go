package authz

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// changer passes a question on with one field changed.
type changer struct {
	record
	within []fact
	fields [factCount]int // given so far
	at     fact
	want   int
}

func (c *changer) here() bool {
	f := c.within[len(c.within)-1]
	c.fields[f]++
	return f == c.at && c.fields[f]-1 == c.want
}

func (c *changer) begin(f fact, from any) bool {
	open := c.record.begin(f, from)
	if open {
		c.within = append(c.within, f)
	}
	return open
}

func (c *changer) end() {
	c.within = c.within[:len(c.within)-1]
	c.record.end()
}

func (c *changer) text(name, v string) {
	if c.here() {
		v += "x"
	}
	c.record.text(name, v)
}

func (c *changer) id(name string, v uuid.UUID) {
	if c.here() {
		v[15]++
	}
	c.record.id(name, v)
}

func (c *changer) homeID(name string, v exchange.ID) {
	if c.here() {
		v.UUID[15]++
	}
	c.record.homeID(name, v)
}

func (c *changer) number(name string, v int64) {
	if c.here() {
		v++
	}
	c.record.number(name, v)
}

func (c *changer) flag(name string, v bool) { c.record.flag(name, v != c.here()) }

func (c *changer) instant(name string, v time.Time) {
	if c.here() {
		v = v.Add(1)
	}
	c.record.instant(name, v)
}

func (c *changer) day(name string, v time.Time) {
	if c.here() {
		v = v.AddDate(0, 0, 1)
	}
	c.record.day(name, v)
}

func (c *changer) missing(name string) {
	if c.here() {
		c.record.number(name, 1)
		return
	}
	c.record.missing(name)
}

func (c *changer) list(name string, n int) {
	if c.here() {
		c.record.list(name, n+1)
		c.item("x")
		return
	}
	c.record.list(name, n)
}

// A change of any field that some rule reads is another key; a change of what
// none reads is not. The rules read nearly everything there is.
func TestAChangeOfAnyFactThatIsReadIsAnotherKey(t *testing.T) {
	e, err := New(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	reads := e.current.Load().reads
	follows := selectionOf(reads)
	q := sampleQuestion()
	q.At = time.Now()
	key := func(at fact, field int) string {
		c := changer{record: record{reads: reads}, at: at, want: field}
		q.write(&c)
		return string(follows.appendKey(nil, &c.record))
	}
	var sample record
	sample.of(reads, &q)
	same, read := key(factRoot, -2), 0
	for f := range factCount {
		if len(fieldNames[f]) > maxFields {
			t.Errorf("%v has more fields than %d", factPaths[f], maxFields)
		}
		if key(f, -1) != same {
			t.Errorf("%v: the key is not the same without a change", factPaths[f])
		}
		if sample.present&(1<<f) == 0 {
			continue
		}
		for i, name := range fieldNames[f] {
			is := reads.fields[f]&(1<<i) != 0
			if is {
				read++
			}
			if other := key(f, i) != same; other != is {
				t.Errorf("%v.%s: read %t, another key %t", factPaths[f], name, is, other)
			}
		}
	}
	if read < 50 {
		t.Errorf("%d fields are read: the analysis finds too few", read)
	}
}

// A record that is used again has nothing of the question before.
func TestARecordHasNothingOfTheQuestionBefore(t *testing.T) {
	e, err := New(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	reads := e.current.Load().reads
	follows := selectionOf(reads)
	full, empty := sampleQuestion(), Question{Action: OrderPlace}
	var used, fresh record
	used.of(reads, &full)
	used.of(reads, &empty)
	fresh.of(reads, &empty)
	if got, want := follows.appendKey(nil, &used), follows.appendKey(nil, &fresh); string(got) != string(want) {
		t.Errorf("%q, want %q", got, want)
	}
}
