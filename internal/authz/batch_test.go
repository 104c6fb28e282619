package authz_test

import (
	"reflect"
	"testing"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// What is decided together is decided as it would be one by one, whether the
// questions are about one offer or about anything.
func TestABatchDecidesWhatOneByOneDoes(t *testing.T) {
	e := engine(t)
	given := map[fault.Code]int{}
	for seed := range uint64(40) {
		w := newWorld(seed)
		questions := append(w.orders(20), w.question(), w.question(), w.question())
		questions = append(questions, w.orders(5)...)
		questions = append(questions, questions[0], questions[21])
		batch, err := e.DecideBatch(t.Context(), questions)
		if err != nil || len(batch) != len(questions) {
			t.Fatalf("seed %d: %d decisions, %v", seed, len(batch), err)
		}
		for i, q := range questions {
			one, err := e.Decide(t.Context(), &q)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(one, batch[i]) {
				t.Fatalf("seed %d, question %d: alone %+v, in the batch %+v", seed, i, one, batch[i])
			}
			for _, d := range one.Denials {
				given[d.Code]++
			}
			if one.Allow {
				given["allowed"]++
			}
		}
	}
	for _, code := range []fault.Code{
		"allowed", fault.RoleMissing, fault.NotMember, fault.MemberSuspended, fault.NoGrant, fault.CertMissing, fault.CertNotInForce,
		fault.CertExpiresBeforeArrive, fault.Not832Origin, fault.AgentNoMandate, fault.ClassNotAllowed, fault.RestrictedGoods,
		fault.IntraProvince, fault.PolicyUndefined,
	} {
		if given[code] == 0 {
			t.Errorf("no question was answered by %s: the test shows nothing of it", code)
		}
	}
}

func TestABatchOfNothingIsNothing(t *testing.T) {
	if d, err := engine(t).DecideBatch(t.Context(), nil); err != nil || len(d) != 0 {
		t.Errorf("%v, %v", d, err)
	}
}

func TestABatchOfOrdersOnOneOfferIsAllowed(t *testing.T) {
	e, questions := engine(t), orders256()
	questions[7].Buyer.State = "SUSPENDED"
	decisions, err := e.DecideBatch(t.Context(), questions)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range decisions {
		if d.Allow == (i == 7) {
			t.Errorf("order %d: %+v", i, d.Denials)
		}
	}
}

// Who soft-closed a year is told by who asks: questions of several callers on one
// year are not answered alike.
func TestABatchTellsCallersOfOnePeriodApart(t *testing.T) {
	e := uncached(t)
	closer := exchange.Principal{Subject: "a", Roles: []exchange.Role{exchange.ReformCommission}}
	other := closer
	other.Subject = "b"
	year := &exchange.Period{ID: "2026", SoftClosedBy: closer.Person()}
	var questions []authz.Question
	for _, p := range []exchange.Principal{other, closer, other, closer} {
		questions = append(questions, authz.Question{Action: authz.PeriodClose, At: day, Principal: p, Period: year})
	}
	got, err := e.DecideBatch(t.Context(), questions)
	if err != nil {
		t.Fatal(err)
	}
	for i := range questions {
		if want := i%2 == 0; got[i].Allow != want {
			t.Errorf("question %d: allowed is %v, want %v: %v", i, got[i].Allow, want, got[i].Denials)
		}
	}
}
