package ledger

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func anOrder(fen int64) Order {
	return Order{
		Home: "61", Parties: Parties{Buyer: uuid.New(), Seller: uuid.New()}, CommitmentTx: uuid.New(),
		CommitmentFen: fen, OrderedQuantity: fen,
	}
}

// I4, and design §10: whatever part is accepted and however it is paid, every
// transaction balances, the accounts return to zero, and each measure is what
// was contracted, accepted and settled.
func TestPostingsBalanceAndReturnToZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(1, math.MaxInt64).Draw(t, "amount")
		accepted := rapid.Int64Range(0, amount).Draw(t, "accepted")
		o, at := anOrder(amount), time.Unix(0, 0)
		book := []Transaction{Confirm(o, uuid.New(), at)}
		if accepted > 0 {
			book = append(book, Accept(o, uuid.New(), at, accepted, accepted, 0))
		}
		if rest := amount - accepted; rest > 0 {
			book = append(book, Release(o, uuid.New(), at, rest, rest, "short"))
		}
		for left := accepted; left > 0; {
			part := rapid.Int64Range(max(1, left/2), left).Draw(t, "part")
			book = append(book, BuyerPays(o, uuid.New(), at, part, "b"), SellerIsPaid(o, uuid.New(), at, part, 0, "b"))
			left -= part
		}
		balances, measures := map[Account]int64{}, map[Measure]int64{}
		for _, tx := range book {
			if err := tx.Validate(); err != nil {
				t.Fatalf("%s: %v", tx.Kind, err)
			}
			for _, e := range tx.Entries {
				balances[e.Account] += e.AmountFen
				measures[e.Measure] += e.MeasureFen
			}
		}
		for account, fen := range balances {
			if fen != 0 {
				t.Errorf("%s stands at %d", account.Kind, fen)
			}
		}
		for _, m := range []Measure{Contracted, Accepted, Settled} {
			if measures[m] != accepted {
				t.Errorf("%s is %d, want %d", m, measures[m], accepted)
			}
		}
	})
}

func TestAReleasedCommitmentReversesItsConfirmation(t *testing.T) {
	o := anOrder(100)
	for _, tx := range []Transaction{Release(o, uuid.New(), time.Unix(0, 0), 1, 1, ""), Accept(o, uuid.New(), time.Unix(0, 0), 1, 1, 0)} {
		if tx.Reverses != o.CommitmentTx {
			t.Errorf("%s reverses %s", tx.Kind, tx.Reverses)
		}
	}
}

func TestWhatMustNotBeWrittenIsRefused(t *testing.T) {
	a, b := account(Bank, Exchange), account(ClearingBuyer, "m")
	rows := []struct {
		name    string
		entries []Entry
		want    error
	}{
		{"nothing", nil, ErrEmpty},
		{"one line", []Entry{{Account: a, AmountFen: 1}}, ErrEmpty},
		{"a line of zero", []Entry{{Account: a}, {Account: b}}, ErrEmpty},
		{"not balanced", []Entry{{Account: a, AmountFen: 2}, {Account: b, AmountFen: -1}}, ErrUnbalanced},
		{"two currencies", []Entry{{Account: a, AmountFen: 1}, {Account: Account{Bank, "m", "USD"}, AmountFen: -1}}, ErrUnbalanced},
		{"beyond int64", []Entry{{Account: a, AmountFen: math.MaxInt64}, {Account: b, AmountFen: 1}}, ErrOverflow},
		{"a measure without its name", []Entry{{Account: a, AmountFen: 1, MeasureFen: 1}, {Account: b, AmountFen: -1}}, ErrMeasure},
		{"a measure of another amount", []Entry{{Account: a, AmountFen: 1, Measure: Settled, MeasureFen: 2}, {Account: b, AmountFen: -1}}, ErrMeasure},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if err := (Transaction{Entries: r.entries}).Validate(); !errors.Is(err, r.want) {
				t.Errorf("%v, want %v", err, r.want)
			}
		})
	}
}

func TestABalanceIsTheSumOfItsEntriesAndNeverWrapsAround(t *testing.T) {
	a := account(Bank, Exchange)
	if sum, err := Balance([]Entry{{Account: a, AmountFen: 3}, {Account: account(Bank, "x"), AmountFen: 9}, {Account: a, AmountFen: -1}}, a); sum != 2 || err != nil {
		t.Errorf("%d, %v", sum, err)
	}
	if _, err := Balance([]Entry{{Account: a, AmountFen: math.MinInt64}, {Account: a, AmountFen: -1}}, a); !errors.Is(err, ErrOverflow) {
		t.Errorf("%v", err)
	}
}
