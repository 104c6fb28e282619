package sealedbid

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
)

func contents(t *rapid.T) Content {
	salt, err := NewSalt()
	if err != nil {
		t.Fatal(err)
	}
	return Content{
		Demand: "32-" + rapid.StringMatching(`[0-9a-f]{8}`).Draw(t, "demand"), Revision: rapid.IntRange(1, 9).Draw(t, "revision"),
		Seller: "s", Product: "p", Certificate: "c", Quantity: rapid.Int64().Draw(t, "quantity"), PriceBasis: "PER_KG",
		PriceFen: rapid.Int64().Draw(t, "price"), LeadDays: rapid.IntRange(0, 9).Draw(t, "lead"),
		Note: rapid.StringMatching(`[a-z<>&"苹果 ]{0,20}`).Draw(t, "note"), Salt: salt,
	}
}

// What a seller seals, the buyer's key opens, and no other; what was changed is
// found by its digest.
func TestWhatIsSealedOpensByItsKeyAloneAndUnchanged(t *testing.T) {
	private, public, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := contents(t)
		text, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := Seal(text, public)
		if err != nil || CheckSealed(sealed) != nil {
			t.Fatalf("%v, %v", err, CheckSealed(sealed))
		}
		if bytes.Contains(sealed, []byte("price_fen")) {
			t.Fatal("the sealed quote shows its content")
		}
		opened, back, err := Open(sealed, private, Digest(sealed), Digest(text))
		c.Format = Format
		if err != nil || back != c || !bytes.Equal(opened, text) {
			t.Fatalf("%v, %v", back, err)
		}
		if _, _, err := Open(sealed, other, Digest(sealed), Digest(text)); !fault.Is(err, fault.QuoteInvalid) {
			t.Fatalf("by another key: %v", err)
		}
		if _, _, err := Open(sealed, private, Digest(sealed), Digest([]byte("else"))); !fault.Is(err, fault.QuoteDiffers) {
			t.Fatalf("with another commitment: %v", err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= 1
		if _, _, err := Open(sealed, private, Digest(text), Digest(text)); !fault.Is(err, fault.QuoteDiffers) {
			t.Fatalf("changed at %d: %v", at, err)
		}
		if _, _, err := Open(sealed, private, Digest(sealed), Digest(text)); err == nil {
			t.Fatalf("changed at %d with its digest: it opens", at)
		}
	})
}

// The statement of a closing does not depend on the order in which quotes are
// read, and on everything else that it says.
func TestAClosingIsOfItsQuotesInNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quotes := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Sealed {
			return Sealed{ID: rapid.StringMatching(`32-[0-9a-f]{8}`).Draw(t, "id"), Digest: "d", Commitment: "c"}
		}), 1, 6, func(s Sealed) string { return s.ID }).Draw(t, "quotes")
		c := Closing{Demand: "32-x", Revision: 1, ClosesAt: time.Unix(5, 0), Quotes: quotes}
		mixed := c
		mixed.Quotes = rapid.Permutation(quotes).Draw(t, "mixed")
		if c.Digest() != mixed.Digest() {
			t.Fatal("the order counts")
		}
		for _, change := range []func(*Closing){
			func(c *Closing) { c.Demand = "32-y" }, func(c *Closing) { c.Revision++ }, func(c *Closing) { c.ClosesAt = c.ClosesAt.Add(1) },
			func(c *Closing) { c.Quotes = c.Quotes[1:] },
			func(c *Closing) { c.Quotes = append([]Sealed{{ID: "61-z", Digest: "d", Commitment: "c"}}, c.Quotes...) },
			func(c *Closing) {
				c.Quotes = append([]Sealed{}, c.Quotes...)
				c.Quotes[0].Digest = "e"
			},
		} {
			other := c
			change(&other)
			if other.Digest() == c.Digest() {
				t.Fatalf("%q is as good as %q", other.Text(), c.Text())
			}
		}
	})
}

func TestOnlyTheOneFormOfAContentIsTaken(t *testing.T) {
	salt, err := NewSalt()
	if err != nil {
		t.Fatal(err)
	}
	good, err := Content{Demand: "32-x", Salt: salt}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"space":    " " + string(good),
		"unknown":  strings.Replace(string(good), `{"format"`, `{"more":1,"format"`, 1),
		"salt":     strings.Replace(string(good), salt, salt[2:], 1),
		"format":   strings.Replace(string(good), "/v1", "/v2", 1),
		"large":    strings.Replace(string(good), "32-x", strings.Repeat("x", MaxContent), 1),
		"not JSON": "price 1",
	} {
		if _, err := Decode([]byte(bad)); !fault.Is(err, fault.QuoteInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckSealed([]byte("not age")); !fault.Is(err, fault.QuoteInvalid) {
		t.Errorf("not sealed: %v", err)
	}
	if err := CheckKey("age1nothing"); !fault.Is(err, fault.DemandKeyInvalid) {
		t.Errorf("not a key: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	good, err := Content{Demand: "32-x", Salt: strings.Repeat("ab", saltBytes)}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"sushaan.exchange/quote/v1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			return
		}
		if again, err := c.Encode(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q comes back as %q, %v", b, again, err)
		}
	})
}
