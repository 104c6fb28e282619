package seal_test

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func newKey(t testing.TB) (note.Signer, proof.Keys) {
	t.Helper()
	private, public, err := proof.NewKey(rand.Reader, testkit.LogName)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := proof.ParseSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := proof.ParseKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, key
}

func newSealer(t testing.TB, s *store.Store, batch int) (*seal.Sealer, proof.Keys) {
	t.Helper()
	signer, key := newKey(t)
	return seal.New(s, seal.Config{Signer: proof.Always(signer), Batch: batch, Interval: time.Millisecond, Lease: 200 * time.Millisecond}), key
}

// day0 is a fixed beginning, so that a failure can be repeated.
var day0 = time.Date(2025, 11, 20, 0, 0, 0, 0, time.UTC)

// anOrder is an order of the given choices, and every transaction of its life
// at the given times.
func anOrder(pick func(n int) int, at func() time.Time) []ledger.Transaction {
	one := func(list ...string) string { return list[pick(len(list))] }
	home := one("61", "32")
	o := ledger.Order{
		Home: home, Parties: ledger.Parties{Buyer: uuid.New(), Seller: uuid.New(), BuyerAlliance: uuid.New(), SellerAlliance: uuid.New()},
		Dims: ledger.Dimensions{
			Order: uuid.New(), Direction: one("SN_TO_JS", "JS_TO_SN", "INTRA"), SellerCounty: one("610621", "610124", "320684", "610928", "610981"),
			BuyerCounty: one("320115", "610102", "320585"), Category: one("TEA", "MEAT"), BuyerClass: one("BUDGET_UNIT_SCHOOL", "MILITARY", "SOE"),
			Channel: one("PLATFORM", "HALL"), Scheme: one("", "CONSUMPTION_AID_2024"),
		},
		CommitmentTx: uuid.New(), CommitmentFen: int64(10 + pick(1_000_000)), OrderedQuantity: 1000,
	}
	accepted := int64(1 + pick(int(o.CommitmentFen)))
	ts := []ledger.Transaction{ledger.Confirm(o, o.CommitmentTx, at()), ledger.Accept(o, uuid.New(), at(), accepted, 900, 0)}
	if rest := o.CommitmentFen - accepted; rest > 0 {
		ts = append(ts, ledger.Release(o, uuid.New(), at(), rest, 100, "short"))
	}
	for left := accepted; left > 0; {
		part := max(1, left/2)
		ts = append(ts, ledger.BuyerPays(o, uuid.New(), at(), part, "b"), ledger.SellerIsPaid(o, uuid.New(), at(), part, 100, "b"))
		left -= part
		if left < 5 {
			break
		}
	}
	return ts[:1+pick(len(ts))]
}

func randomOrder() []ledger.Transaction {
	return anOrder(mathrand.IntN, func() time.Time {
		return day0.Add(time.Duration(mathrand.IntN(60*24)) * time.Hour).Truncate(time.Microsecond)
	})
}

func write(ctx context.Context, s *store.Store, ts ...ledger.Transaction) error {
	return s.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, l := range ts {
			if err := tx.InsertTransaction(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

func wantSound(t interface {
	Errorf(string, ...any)
	Fatal(...any)
}, s *store.Store,
) {
	results, err := seal.Check(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, v := range r.Violations {
			t.Errorf("%s (%s): %s", r.Invariant, r.What, v)
		}
	}
}

func size(t testing.TB, s *store.Store) int64 {
	t.Helper()
	c, err := s.LastCheckpoint(t.Context())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return c.Size
}

func once(t testing.TB, s *seal.Sealer, want int) {
	t.Helper()
	if n, err := s.Once(t.Context()); err != nil || n != want {
		t.Fatalf("%d sealed, want %d: %v", n, want, err)
	}
}

// I5, and "done when" of the issue: however transactions come and are sealed,
// late ones and odd batches included, the roll-ups, the whole tree and its root
// are what the entries give when all is made anew.
func TestRollUpsAndTreeAreAFunctionOfTheLedger(t *testing.T) {
	fewer(t, "40")
	s := testkit.Store(t)
	loadPlaces(t, s)
	signer, _ := newKey(t)
	var held []ledger.Transaction // of orders that go on later
	rapid.Check(t, func(r *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "pick") }
		at := func() time.Time { return day0.Add(time.Duration(pick(90*24*60)) * time.Minute) }
		for range rapid.IntRange(1, 3).Draw(r, "orders") {
			held = append(held, anOrder(pick, at)...)
		}
		for range min(len(held), rapid.IntRange(1, 9).Draw(r, "written")) {
			i := pick(len(held))
			if err := write(t.Context(), s, held[i]); err != nil {
				r.Fatal(err)
			}
			held = append(held[:i], held[i+1:]...)
		}
		sealer := seal.New(s, seal.Config{Signer: proof.Always(signer), Batch: rapid.IntRange(1, 7).Draw(r, "batch"), Lease: time.Nanosecond})
		for range rapid.IntRange(0, 3).Draw(r, "batches") {
			if _, err := sealer.Once(t.Context()); err != nil {
				r.Fatal(err)
			}
		}
		wantSound(r, s)
		for range 4 {
			wantSameVolumes(r, t, s)
		}
		wantTheEntriesOfACell(r, t, s)
	})
}

// A transaction that commits late, with a time long past, is sealed all the
// same. CockroachDB lets the sealer wait for it, PostgreSQL does not.
func TestALateCommitIsSealed(t *testing.T) {
	s := testkit.Store(t)
	sealer, _ := newSealer(t, s, 100)
	late := randomOrder()[:1]
	late[0].At = day0.AddDate(-1, 0, 0)
	sealed := make(chan error, 1)
	begun := false
	err := s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := errors.Join(tx.InsertTransaction(ctx, late[0]), tx.Flush(ctx)); err != nil || begun {
			return err
		}
		begun = true
		// Another commits and is sealed while this one is open.
		if err := write(ctx, s, randomOrder()[0]); err != nil {
			return err
		}
		go func() {
			_, err := sealer.Once(t.Context())
			sealed <- err
		}()
		select {
		case err := <-sealed:
			sealed <- err
		case <-time.After(time.Second):
		}
		return nil
	})
	if err := errors.Join(err, <-sealed); err != nil {
		t.Fatal(err)
	}
	if _, err := sealer.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := size(t, s); n != 2 {
		t.Errorf("%d are sealed", n)
	}
	wantSound(t, s)
}

func TestOneSealerIsActiveAndAnotherTakesOver(t *testing.T) {
	url := testkit.Migrated(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	signer := signerOf(t)
	first := seal.New(s, seal.Config{Signer: proof.Always(signer), Batch: 1, Lease: time.Hour})
	second := seal.New(s, seal.Config{Signer: proof.Always(signer), Batch: 1, Lease: time.Hour})
	if err := write(t.Context(), s, randomOrder()[0], randomOrder()[0], randomOrder()[0]); err != nil {
		t.Fatal(err)
	}
	once(t, first, 1)
	once(t, second, 0) // the first holds the lease
	testkit.Exec(t, url, `UPDATE seal_lease SET held_until = now() - interval '1 second'`)
	once(t, second, 1) // it was silent for longer than the lease
	once(t, first, 0)
	// One that ends in order gives the lease away at once.
	ctx, stop := context.WithCancel(t.Context())
	stop()
	second.Run(ctx)
	once(t, first, 1)
	wantSound(t, s)
}

// "Done when" of the issue, the half inside a process: sealers that are cut off
// at any moment, under load, leave no gap, seal nothing twice, and lose nothing.
func TestSealersCutOffUnderLoadRepeatNothingAndLoseNothing(t *testing.T) {
	s := testkit.Store(t)
	signer, key := newKey(t)
	ctx, stop := context.WithCancel(t.Context())
	var sealers, writers sync.WaitGroup
	for range 3 {
		sealers.Go(func() {
			for ctx.Err() == nil {
				life, cut := context.WithTimeout(ctx, time.Duration(1+mathrand.IntN(60))*time.Millisecond)
				seal.New(s, seal.Config{Signer: proof.Always(signer), Batch: 17, Interval: time.Millisecond, Lease: 30 * time.Millisecond}).Run(life)
				cut()
			}
		})
	}
	const orders = 60
	written := make([]int, 2)
	for w := range written {
		writers.Go(func() {
			for range orders {
				ts := randomOrder()
				for _, l := range ts {
					if err := write(t.Context(), s, l); err != nil {
						t.Error(err)
					}
				}
				written[w] += len(ts)
			}
		})
	}
	writers.Wait()
	stop()
	sealers.Wait()
	last := seal.New(s, seal.Config{Signer: proof.Always(signer), Lease: time.Second})
	time.Sleep(50 * time.Millisecond)
	for n := 1; n > 0; {
		var err error
		if n, err = last.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := size(t, s), int64(written[0]+written[1]); got != want {
		t.Errorf("%d are sealed of %d", got, want)
	}
	wantSound(t, s)
	c, err := s.LastCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proof.OpenCheckpoint(c.Note, key); err != nil {
		t.Error(err)
	}
}

// A key of another name would make a log that nobody can verify: with it nothing
// is sealed, and the key that follows of the same name goes on.
func TestALogIsSealedByKeysOfItsNameAlone(t *testing.T) {
	s := testkit.Store(t)
	once := func(name string) (int, error) {
		for _, l := range randomOrder() {
			if err := write(t.Context(), s, l); err != nil {
				t.Fatal(err)
			}
		}
		private, _, err := proof.NewKey(rand.Reader, name)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := proof.ParseSigner(private)
		if err != nil {
			t.Fatal(err)
		}
		return seal.New(s, seal.Config{Signer: proof.Always(signer), Lease: time.Nanosecond}).Once(t.Context())
	}
	if n, err := once("a.example/ledger"); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	sealed := size(t, s)
	if n, err := once("b.example/ledger"); n != 0 || err == nil || !strings.Contains(err.Error(), "the ledger's log is a.example/ledger") || size(t, s) != sealed {
		t.Errorf("%d of another name: %v", n, err)
	}
	if n, err := once("a.example/ledger"); n == 0 || err != nil {
		t.Errorf("%d of its name: %v", n, err)
	}
	wantSound(t, s)
}

// A receipt of every transaction verifies, with a log that has kept nodes, and
// so does the way between any two checkpoints.
func TestEveryReceiptVerifiesAndEveryCheckpointLeadsToTheLast(t *testing.T) {
	s := testkit.Store(t)
	sealer, key := newSealer(t, s, 300)
	var all []ledger.Transaction
	for len(all) < 900 {
		all = append(all, randomOrder()...)
	}
	for part := range slices.Chunk(all, 50) {
		if err := write(t.Context(), s, part...); err != nil {
			t.Fatal(err)
		}
	}
	for range len(all)/300 + 1 {
		if _, err := sealer.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(all); i += 13 {
		l := all[i]
		r, err := seal.Receipt(t.Context(), s.Reader, exchange.ID{Home: l.Home, UUID: l.ID})
		if err != nil {
			t.Fatal(err)
		}
		leaf, c, err := r.Verify(key)
		if err != nil || c.Size != int64(len(all)) || leaf.Kind != string(l.Kind) || leaf.Entries[0].AmountFen != l.Entries[0].AmountFen {
			t.Fatalf("%+v, %+v, %v", leaf, c, err)
		}
	}
	checkpoints, err := s.Checkpoints(t.Context(), 0, int64(len(all)), 100)
	if err != nil || len(checkpoints) < 3 {
		t.Fatalf("%d checkpoints, %v", len(checkpoints), err)
	}
	for _, c := range checkpoints {
		p, err := seal.Consistency(t.Context(), s.Reader, c.Size, 0)
		if err != nil {
			t.Fatal(err)
		}
		if from, _, err := p.Verify(key); err != nil || from.Size != c.Size {
			t.Fatalf("from %d: %v", c.Size, err)
		}
	}
	wantSound(t, s)
}

func TestWhatSomebodyPutThereThatDoesNotBalanceIsNotSealedAndStopsNobody(t *testing.T) {
	s := testkit.Store(t)
	sealer, _ := newSealer(t, s, 100)
	good, bad := randomOrder()[:1], randomOrder()[:1]
	bad[0].Entries[0].AmountFen++
	bad[0].Entries[0].MeasureFen = 0
	bad[0].Entries[0].Measure = ""
	if err := write(t.Context(), s, bad[0], good[0]); err != nil {
		t.Fatal(err)
	}
	once(t, sealer, 1)
	once(t, sealer, 0)
	n, err := s.UnsealedCount(t.Context(), 10)
	if err != nil || n != 1 {
		t.Errorf("%d wait, %v", n, err)
	}
}

// A tamper test: each kind of row of the ledger and of the log is changed
// directly in SQL. The check finds each and names it.
func TestEveryKindOfTamperingIsFoundAndNamed(t *testing.T) {
	const one = `(SELECT transaction_id FROM seals WHERE position = 4)`
	rows := []struct{ name, sql, want string }{
		{"an amount", `UPDATE ledger_entries SET amount_fen = amount_fen + sign(amount_fen)::bigint, measure = '', measure_fen = 0, measure_quantity = 0 WHERE transaction_id = ` + one, "at position 4 is not what was sealed"},
		{"a county of an entry", `UPDATE ledger_entries SET seller_county = '610102' WHERE line = 0 AND transaction_id = ` + one, "at position 4 is not what was sealed"},
		{"a memo", `UPDATE ledger_transactions SET memo = 'x' WHERE id = ` + one, "at position 4 is not what was sealed"},
		{"the time of a transaction", `UPDATE ledger_transactions SET at = at + interval '1 second' WHERE id = ` + one, "at position 4 is not what was sealed"},
		{"a deleted entry", `DELETE FROM ledger_entries WHERE line = 1 AND transaction_id = ` + one, "at position 4 is not what was sealed"},
		{"a deleted transaction", `DELETE FROM ledger_transactions WHERE id = ` + one, "at position 4 is gone"},
		{"a deleted seal", `DELETE FROM seals WHERE position = 4`, "no seal at position 4"},
		{"reordered transactions", `UPDATE seals SET position = CASE position WHEN 4 THEN 1005 ELSE 1004 END WHERE position IN (4, 5); UPDATE seals SET position = position - 1000 WHERE position > 1000`, "at position 4 is not what was sealed"},
		{"an invented transaction", `INSERT INTO ledger_transactions SELECT home, '00000000-0000-4000-8000-000000000001', kind, order_id, reverses, at, memo, buyer_id, seller_id, buyer_alliance_id, seller_alliance_id, seller_county, buyer_county, buyer_class FROM ledger_transactions WHERE id = ` + one, "00000000-0000-4000-8000-000000000001 is neither sealed nor waiting"},
		{"an invented seal", `INSERT INTO seals SELECT (SELECT max(position) + 1 FROM seals), home, '00000000-0000-4000-8000-000000000001', leaf_hash, sealed_at FROM seals WHERE position = 4`, "00000000-0000-4000-8000-000000000001 at position"},
		{"a leaf hash", `UPDATE seals SET leaf_hash = (SELECT leaf_hash FROM seals WHERE position = 5) WHERE position = 4`, "at position 4 is not what was sealed"},
		{"a transaction to seal that is not there", `INSERT INTO unsealed VALUES ('61', now(), '00000000-0000-4000-8000-000000000001')`, "00000000-0000-4000-8000-000000000001 waits to be sealed but is not in the ledger"},
		{"entries of nothing", `UPDATE ledger_entries SET transaction_id = '00000000-0000-4000-8000-000000000001' WHERE transaction_id = ` + one, "entries of"},
		{"a root", `UPDATE checkpoints SET root = (SELECT leaf_hash FROM seals WHERE position = 1) WHERE size = 7`, "checkpoint 7 has another root"},
		{"a note", `UPDATE checkpoints SET note = (SELECT max(note) FROM checkpoints WHERE size > 7) WHERE size = 7`, "checkpoint 7 does not say what its note says"},
		{"a frontier", `UPDATE checkpoints SET frontier = '\x00' WHERE size = 7`, "checkpoint 7 has another frontier"},
		{"the last checkpoint", `DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)`, "its last checkpoint is of"},
		{"a node", `UPDATE seal_nodes SET hash = (SELECT leaf_hash FROM seals WHERE position = 1)`, "node 0 of level 8 is not the log's"},
		{"a deleted node", `DELETE FROM seal_nodes`, "node 0 of level 8 is not kept"},
		{"a roll-up", `UPDATE volumes SET fen = fen + 1 WHERE rollup = 'month'`, "month 20"},
		{"the orders of a roll-up", `UPDATE volumes SET orders = orders + 1 WHERE rollup = 'pair'`, "pair 20"},
		{"a deleted roll-up", `DELETE FROM volumes WHERE rollup = 'sellers'`, "sellers 20"},
		{"a strange roll-up", `UPDATE volumes SET rollup = 'mine' WHERE rollup = 'buyers'`, "roll-up mine is not one of this program"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			url := testkit.Migrated(t)
			s, err := store.Open(t.Context(), store.Config{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			signer := signerOf(t)
			first := seal.New(s, seal.Config{Signer: proof.Always(signer), Batch: 7, Lease: time.Nanosecond})
			rest := seal.New(s, seal.Config{Signer: proof.Always(signer)})
			var all []ledger.Transaction
			for len(all) < 260 {
				all = append(all, randomOrder()...)
			}
			if err := write(t.Context(), s, all...); err != nil {
				t.Fatal(err)
			}
			once(t, first, 7)
			once(t, rest, len(all)-7)
			wantSound(t, s)
			testkit.Exec(t, url, r.sql)
			results, err := seal.Check(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, c := range results {
				found = append(found, c.Violations...)
			}
			if text := strings.Join(found, "\n"); !strings.Contains(text, r.want) {
				t.Errorf("no %q in\n%s", r.want, text)
			}
		})
	}
}

func signerOf(t testing.TB) note.Signer {
	signer, _ := newKey(t)
	return signer
}

// The sealer does not go on from a log that was changed.
func TestASealerDoesNotSignOnTopOfAChangedLog(t *testing.T) {
	url := testkit.Migrated(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	sealer, _ := newSealer(t, s, 1)
	if err := write(t.Context(), s, randomOrder()[0], randomOrder()[0]); err != nil {
		t.Fatal(err)
	}
	once(t, sealer, 1)
	testkit.Exec(t, url, `UPDATE checkpoints SET frontier = root || substr(frontier, 33), root = substr(root, 1, 31) || '\x00'`)
	if _, err := sealer.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "does not lead to its root") {
		t.Errorf("%v", err)
	}
	if n := fmt.Sprint(size(t, s)); n != "1" {
		t.Errorf("the log grew to %s", n)
	}
}

// fewer lowers the number of rapid's checks where each is many statements.
func fewer(t *testing.T, checks string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue {
		return // somebody asked for a number
	}
	if err := f.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
}
