package exchange

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sushaan/exchange/internal/fault"
)

// An id has one spelling: what is read is written the same.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{
		"", "61-", "61-0f3c0000-0000-4000-8000-000000000001", "44-0f3c0000-0000-4000-8000-000000000001",
		"61-0F3C0000-0000-4000-8000-000000000001", "61-{0f3c0000-0000-4000-8000-000000000001}", "32-\xff", strings.Repeat("6", 1000),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID("id", s)
		if err == nil && id.String() != s {
			t.Errorf("%q is read as %s", s, id)
		}
		if err == nil {
			return
		}
		e, ok := fault.As(err)
		if !ok || e.Code != fault.IDMalformed || !utf8.ValidString(e.Error()) {
			t.Errorf("%q: %v", s, err)
		}
	})
}

// One character changed is found by the check digit, or is no longer of the
// alphabet.
func FuzzCreditCode(f *testing.F) {
	for _, s := range []string{"12320115MB0000027B", "91610000X23456789A", "", "123201150000000000", "一二三四五六七八九十一二三四五六七八"} {
		f.Add(s, uint8(3), byte('7'))
	}
	f.Fuzz(func(t *testing.T, s string, at uint8, c byte) {
		if err := CheckCreditCode("credit_code", s); err != nil {
			if !fault.Is(err, fault.CreditCodeInvalid) || !utf8.ValidString(err.Error()) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		changed := []byte(s)
		changed[int(at)%len(s)] = c
		if string(changed) != s && CheckCreditCode("credit_code", string(changed)) == nil {
			t.Errorf("%s passes, and so does %s", s, changed)
		}
	})
}

// A day is read from its one form, and days compare as they follow each other.
func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"2026-11-24", "2024-02-29", "2026-02-29", "0000-01-01", "2026-1-1", "", "2026-11-24 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDay(s)
		if err != nil {
			return
		}
		if string(d) != s || DayOf(d.Start()) != d {
			t.Errorf("%q is read as %s, which begins on %s", s, d, DayOf(d.Start()))
		}
		if next := d.Plus(1); s < "9999" && next <= d {
			t.Errorf("the day after %s is %s", d, next)
		}
	})
}
