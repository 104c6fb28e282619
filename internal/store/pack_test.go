package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsPackedIsUnpackedAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		document, err := json.Marshal(rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "document"))
		if err != nil {
			t.Fatal(err)
		}
		if got := unpack(pack(document)); !bytes.Equal(got, document) {
			t.Fatalf("%q became %q", document, got)
		}
	})
}

func TestADocumentLikeTheDictionaryIsPackedToAThird(t *testing.T) {
	var samples []json.RawMessage
	if err := json.Unmarshal(packDictionary, &samples); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		changed := bytes.ReplaceAll(s, []byte("1a"), []byte("7e"))
		if got := pack(changed); len(got) > len(changed)/3 {
			t.Errorf("%d bytes became %d: %s", len(changed), len(got), changed[:60])
		}
	}
}

func TestWhatWasKeptUnpackedOrIsBrokenStaysAsItIs(t *testing.T) {
	broken := slices.Concat(pack(packDictionary)[:6], []byte{1, 2, 3})
	for _, kept := range [][]byte{nil, []byte("{}"), []byte(`{"Value":null}`), broken, {packMark}, {packMark, 255, 255, 255, 255, 255}} {
		if got := unpack(kept); !bytes.Equal(got, kept) {
			t.Errorf("%q became %q", kept, got)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add(pack(packDictionary))
	f.Add(pack(packDictionary)[:6])
	f.Fuzz(func(t *testing.T, kept []byte) {
		if got := unpack(kept); len(got) > mostUnpacked && len(got) > len(kept) {
			t.Errorf("%d bytes became %d", len(kept), len(got))
		}
	})
}
