package authz

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// keySink writes what the rules read of a question, and nothing else, so that
// two questions have the same key just when the rules cannot tell them apart.
// The key is the facts themselves, not a digest of them: keys cannot collide.
type keySink struct {
	reads *reads
	b     []byte
	mask  uint64 // fields that are read and not yet given, the next one lowest
	take  bool   // items of the list
	fact  fact
	ends  *[factCount]extent // where each fact is in b; nil: not asked for
}

// extent is where a fact's own fields are in a key. A fact that is not there, or
// that nobody reads, has none.
type extent struct{ from, to int32 }

func (s *keySink) begin(f fact, _ any) bool {
	s.close()
	s.fact, s.mask = f, s.reads.fields[f]
	if s.ends != nil {
		s.ends[f].from = int32(len(s.b))
	}
	if s.reads.facts&(1<<f) != 0 {
		s.b = append(s.b, 1)
	}
	return true
}

// close ends the fields of the fact that is being given: what follows are facts
// within it, or the next.
func (s *keySink) close() {
	if s.ends != nil && s.ends[s.fact].to == 0 {
		s.ends[s.fact].to = int32(len(s.b))
	}
}

func (s *keySink) end() { s.close() }

func (s *keySink) absent(f fact) {
	s.close()
	if s.reads.facts&(1<<f) != 0 {
		s.b = append(s.b, 0)
	}
}

// next says whether the next field is read.
func (s *keySink) next() bool {
	read := s.mask&1 != 0
	s.mask >>= 1
	return read
}

func (s *keySink) bytes(v string) {
	s.b = binary.AppendUvarint(s.b, uint64(len(v)))
	s.b = append(s.b, v...)
}

func (s *keySink) text(_, v string) {
	if s.next() {
		s.bytes(v)
	}
}

func (s *keySink) id(_ string, v uuid.UUID) {
	if s.next() {
		s.b = append(s.b, v[:]...)
	}
}

func (s *keySink) homeID(_ string, v exchange.ID) {
	if s.next() {
		s.bytes(v.Home)
		s.b = append(s.b, v.UUID[:]...)
	}
}

func (s *keySink) number(_ string, v int64) {
	if s.next() {
		s.b = append(s.b, 1)
		s.b = binary.LittleEndian.AppendUint64(s.b, uint64(v))
	}
}

func (s *keySink) missing(string) {
	if s.next() {
		s.b = append(s.b, 0)
	}
}

func (s *keySink) flag(_ string, v bool) {
	switch {
	case !s.next():
	case v:
		s.b = append(s.b, 1)
	default:
		s.b = append(s.b, 0)
	}
}

func (s *keySink) instant(_ string, v time.Time) {
	if s.next() {
		s.b = binary.LittleEndian.AppendUint64(s.b, uint64(v.Unix()))
		s.b = binary.LittleEndian.AppendUint32(s.b, uint32(v.Nanosecond()))
	}
}

func (s *keySink) day(_ string, v time.Time) {
	if s.next() {
		year, month, day := v.In(exchange.China).Date()
		s.b = binary.LittleEndian.AppendUint32(s.b, uint32(year))
		s.b = append(s.b, byte(month), byte(day))
	}
}

func (s *keySink) list(_ string, n int) {
	if s.take = s.next(); s.take {
		s.b = binary.AppendUvarint(s.b, uint64(n))
	}
}

func (s *keySink) item(v string) {
	if s.take {
		s.bytes(v)
	}
}

func (s *keySink) itemID(v uuid.UUID) {
	if s.take {
		s.b = append(s.b, v[:]...)
	}
}
