package proof

import (
	"bytes"
	"maps"
	"testing"

	"github.com/sushaan/exchange/internal/fault"
)

// aPack is a small signed pack of a log.
func aPack(t testing.TB, l *aLog) Pack {
	t.Helper()
	root, err := l.tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := Checkpoint{Size: l.tree.Size(), Root: root}.Sign(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	m := Manifest{
		Period: "2026-10", FirstDay: "2026-10-01", LastDay: "2026-10-31", Position: l.tree.Size(), Checkpoint: checkpoint,
		Method: []MethodText{{"a", "b <&>", "苹果"}}, Files: []PackFile{{Name: "tables/a.csv", Ledger: true}, {Name: "b.md"}},
	}
	pack, err := SignPack(m, Pack{"tables/a.csv": []byte("x,y\r\n1,2\r\n"), "b.md": []byte("# b\n")}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

func TestAPackVerifiesByTheKeyAloneAndIsTheSameBytes(t *testing.T) {
	l := newLog(t, 5)
	first, err := aPack(t, l).Zip()
	if err != nil {
		t.Fatal(err)
	}
	again, err := aPack(t, l).Zip()
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the same inputs give other bytes, %v", err)
	}
	pack, err := OpenPack(first)
	if err != nil {
		t.Fatal(err)
	}
	m, c, err := pack.Verify(l.key)
	if err != nil || m.Period != "2026-10" || c.Size != 5 || len(m.Files) != 2 {
		t.Errorf("%+v %+v %v", m, c, err)
	}
	if _, _, err := pack.Verify(newLog(t, 5).key); !fault.Is(err, fault.SubmissionInvalid) {
		t.Errorf("by another key: %v", err)
	}
}

// A pack that a later key signs of what an earlier one sealed is believed by both
// keys, and one that a key signs of a log after its end is not.
func TestAPackIsBelievedByTheKeysThatWereTheLogs(t *testing.T) {
	l, next := newLog(t, 5), newLog(t, 0)
	old := aPack(t, l)
	m, err := ReadManifest(old[ManifestFile])
	if err != nil {
		t.Fatal(err)
	}
	pack, err := SignPack(m, Pack{"tables/a.csv": old["tables/a.csv"], "b.md": old["b.md"]}, next.signer)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(line string) Keys {
		k, err := ParseKeys(next.public, line)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if m, c, err := pack.Verify(keys(l.public + " until=5")); err != nil || m.By == c.By || m.By != next.key.String() || c.By != l.key.String() {
		t.Errorf("%s %s %v", m.By, c.By, err)
	}
	if _, _, err := pack.Verify(next.key); !fault.Is(err, fault.CheckpointInvalid) {
		t.Errorf("without the key of before: %v", err)
	}
	if _, _, err := old.Verify(keys(l.public + " until=4")); !fault.Is(err, fault.SubmissionInvalid) {
		t.Errorf("after its end: %v", err)
	}
}

// Whatever is changed in a pack, taken out of it or put into it is told.
func TestAChangedPackDoesNotVerify(t *testing.T) {
	l := newLog(t, 5)
	for _, name := range aPack(t, l).Names() {
		for i := range aPack(t, l)[name] {
			pack := maps.Clone(aPack(t, l))
			pack[name] = bytes.Clone(pack[name])
			pack[name][i] ^= 1
			if _, _, err := pack.Verify(l.key); err == nil {
				t.Fatalf("bit 0 of byte %d of %s can be changed", i, name)
			}
		}
		pack := maps.Clone(aPack(t, l))
		delete(pack, name)
		if _, _, err := pack.Verify(l.key); !fault.Is(err, fault.SubmissionInvalid) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	pack := aPack(t, l)
	pack["more.csv"] = nil
	if _, _, err := pack.Verify(l.key); !fault.Is(err, fault.SubmissionInvalid) {
		t.Errorf("with one more file: %v", err)
	}
}

func TestACutZipIsToldSo(t *testing.T) {
	whole, err := aPack(t, newLog(t, 3)).Zip()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
		if _, err := OpenPack(whole[:n]); !fault.Is(err, fault.SubmissionInvalid) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	changed := bytes.Replace(whole, []byte("x,y"), []byte("x,z"), 1)
	if _, err := OpenPack(changed); !fault.Is(err, fault.SubmissionInvalid) {
		t.Errorf("a file whose sum does not fit: %v", err)
	}
}

// A note that signs a submission is no checkpoint, and no checkpoint signs one.
func TestASubmissionsNoteIsNoCheckpoint(t *testing.T) {
	l := newLog(t, 5)
	pack := aPack(t, l)
	if _, err := OpenCheckpoint(string(pack[NoteFile]), l.key); !fault.Is(err, fault.CheckpointInvalid) {
		t.Errorf("%v", err)
	}
	m, err := ReadManifest(pack[ManifestFile])
	if err != nil {
		t.Fatal(err)
	}
	pack[NoteFile] = []byte(m.Checkpoint)
	if _, _, err := pack.Verify(l.key); !fault.Is(err, fault.SubmissionInvalid) {
		t.Errorf("%v", err)
	}
}

func FuzzOpenPack(f *testing.F) {
	l := newLog(f, 3)
	whole, err := aPack(f, l).Zip()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, b []byte) {
		pack, err := OpenPack(b)
		if err != nil {
			if !fault.Is(err, fault.SubmissionInvalid) {
				t.Errorf("%v", err)
			}
			return
		}
		// The key is of this run: nothing but what was signed here verifies.
		if m, _, err := pack.Verify(l.key); err == nil && m.Period != "2026-10" {
			t.Errorf("%+v", m)
		}
	})
}
