package ocds

import (
	"encoding/json"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/exchange"
)

func TestAnAmountIsADecimalNumberExactToTheFen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64().Draw(t, "fen")
		text, err := json.Marshal(cny(fen))
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Amount json.Number `json:"amount"`
		}
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		got, ok := new(big.Rat).SetString(v.Amount.String())
		if want := big.NewRat(fen, 100); !ok || got.Cmp(want) != 0 {
			t.Errorf("%d fen is %s", fen, text)
		}
	})
}

func aProcess(s exchange.OrderState) Process {
	at := time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)
	id := exchange.ID{Home: "61", UUID: uuid.New()}
	return Process{
		Order: exchange.Order{
			ID: id, Offer: exchange.ID{Home: "61", UUID: uuid.New()}, Product: uuid.New(), State: s, Quantity: 1000, AmountFen: 6205,
			CommitmentTx: uuid.New(), CreatedAt: at, UpdatedAt: at, Category: exchange.TourismService,
		},
		Product: exchange.Product{NameZH: "苹果", BaseUnit: exchange.Gram},
		Buyer:   exchange.Member{ID: uuid.New(), NameZH: "学校", CreditCode: "x"}, Seller: exchange.Member{ID: uuid.New()},
		Payments: []exchange.Payment{{ID: uuid.New(), Order: id, AmountFen: 5, At: at}, {Kind: exchange.PaidBack, ID: uuid.New(), Order: id, AmountFen: 1, At: at}},
	}
}

// Words of the standard's closed lists, as its documentation has them.
var (
	contractWords = []string{"pending", "active", "cancelled", "terminated"}
	awardWords    = []string{"pending", "active", "cancelled", "unsuccessful"}
	tagWords      = []string{"award", "contract", "implementation", "contractTermination"}
)

func TestEveryStateIsAWordOfTheStandard(t *testing.T) {
	for _, s := range []exchange.OrderState{
		exchange.OrderConfirmed, exchange.OrderShipped, exchange.OrderDelivered, exchange.OrderAccepted, exchange.OrderPartAccepted,
		exchange.OrderRejected, exchange.OrderSettled, exchange.OrderCancelled, exchange.OrderDisputed, exchange.OrderRefunding, exchange.OrderRefunded,
	} {
		r := ReleaseOf("ocds-213czf", aProcess(s))
		if !slices.Contains(contractWords, r.Contracts[0].Status) || !slices.Contains(awardWords, r.Awards[0].Status) {
			t.Errorf("%s: contract %s, award %s", s, r.Contracts[0].Status, r.Awards[0].Status)
		}
		for _, tag := range r.Tag {
			if !slices.Contains(tagWords, tag) {
				t.Errorf("%s has the tag %s", s, tag)
			}
		}
		if r.Contracts[0].AwardID != r.Awards[0].ID || r.Buyer.ID != r.Parties[0].ID || r.Tender.MainProcurementCategory != "services" {
			t.Errorf("%s: %+v", s, r)
		}
	}
}

func TestMoneyThatGoesBackIsPaidByTheSeller(t *testing.T) {
	p := aProcess(exchange.OrderRefunding)
	list := ReleaseOf("ocds-213czf", p).Contracts[0].Implementation.Transactions
	if list[0].Payer.ID != p.Buyer.ID.String() || list[1].Payer.ID != p.Seller.ID.String() || list[1].Payee.ID != p.Buyer.ID.String() {
		t.Errorf("%+v", list)
	}
	r := RecordOf("ocds-213czf", p)
	if r.OCID != "ocds-213czf-"+p.Order.ID.String() || len(r.Releases) != 1 || !slices.Equal(r.CompiledRelease.Tag, []string{"compiled"}) ||
		slices.Contains(r.Releases[0].Tag, "compiled") {
		t.Errorf("%+v", r)
	}
	if r.Releases[0].Parties[1].Identifier != nil || r.Releases[0].Parties[0].Identifier.ID != "x" {
		t.Errorf("identifiers: %+v", r.Releases[0].Parties)
	}
}

func TestAPackageIsJSON(t *testing.T) {
	head, err := Head("https://x.example/a\"b", "出版者", "releases", time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Package
		Releases []Release `json:"releases"`
	}
	if err := json.Unmarshal(append(head, "]}"...), &p); err != nil || p.Version != "1.1" || p.Publisher.Name != "出版者" || p.PublishedDate != "1970-01-01T00:00:00Z" {
		t.Errorf("%s: %v", head, err)
	}
}
