package app

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// A page token is taken back as it was given, by the list that gave it and by
// no other.
func FuzzPageToken(f *testing.F) {
	pin := pinOf("order", store.Narrow{"state": "PLACED"})
	key := store.Key{At: time.Date(2026, 11, 24, 4, 0, 0, 123456000, time.UTC), ID: uuid.MustParse("0f3c0000-0000-4000-8000-000000000001")}
	for _, s := range []string{"", "zzz", "e30", writeToken(key, pin), writeToken(key, "other"), writeToken(key, pin) + "="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := readToken(s, pin)
		switch {
		case s == "":
			if got != nil || err != nil {
				t.Errorf("no token gives %v, %v", got, err)
			}
		case err != nil:
			if !fault.Is(err, fault.PageTokenInvalid) {
				t.Errorf("%q: %v", s, err)
			}
		default:
			again, err := readToken(writeToken(*got, pin), pin)
			if err != nil || !again.At.Equal(got.At) || again.ID != got.ID || again.Line != got.Line {
				t.Errorf("%+v comes back as %+v, %v", got, again, err)
			}
			if _, err := readToken(s, pinOf("order", store.Narrow{"state": "SHIPPED"})); err == nil {
				t.Errorf("%q passes for another list", s)
			}
		}
	})
}

// A position is taken back as it was given.
func FuzzPosition(f *testing.F) {
	for _, s := range []string{"", "zzz", writePosition(time.Unix(0, 0)), writePosition(time.Date(2026, 11, 24, 4, 0, 0, 1, time.UTC))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := readPosition(s)
		if err != nil {
			if !fault.Is(err, fault.PageTokenInvalid) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if again, err := readPosition(writePosition(at)); err != nil || !again.Equal(at) {
			t.Errorf("%s comes back as %s, %v", at, again, err)
		}
	})
}
