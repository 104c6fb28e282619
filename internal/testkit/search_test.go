package testkit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// Offers are found by words of their Chinese and English names, over gRPC and over
// HTTP, and nobody finds what the list would not show: a draft, or an offer of an
// alliance without a grant.
func TestASearchFindsByWordsOfBothNamesAndOnlyWhatOneMaySee(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	x.Offer(t, testkit.OfferOptions{})
	zh, en := []rune(offer.GetNameZh()), strings.Fields(offer.GetNameEn())[0]
	overBoth(t, func(t *testing.T, overHTTP bool) {
		find := func(p *testkit.Person, query string) ([]string, fault.Code) {
			out, code := ask[*pb.ListOffersResponse](t.Context(), p, &pb.ListOffersRequest{Query: query}, overHTTP)
			var ids []string
			for _, o := range out.GetOffers() {
				ids = append(ids, o.GetId())
			}
			return ids, code
		}
		for _, query := range []string{string(zh), string(zh[:2]), string(zh[:1]), strings.ToUpper(en), en[:3], string(zh[:2]) + " " + en} {
			if ids, code := find(x.School, query); code != "OK" || !slices.Contains(ids, offer.GetId()) {
				t.Errorf("%q: %v %s", query, ids, code)
			}
			if ids, code := find(x.People["jiangsu-producer"], query); code != "OK" || slices.Contains(ids, offer.GetId()) {
				t.Errorf("%q is found by who may not see it: %s", query, code)
			}
		}
		for _, query := range []string{string(zh[:2]) + " zzz", "龘", en + "zzz"} {
			if ids, code := find(x.School, query); code != "OK" || len(ids) != 0 {
				t.Errorf("%q: %v %s", query, ids, code)
			}
		}
		for _, query := range []string{"%", "，", strings.Repeat("苹", 65)} {
			if _, code := find(x.School, query); code != fault.QueryInvalid {
				t.Errorf("%q: %s", query, code)
			}
		}
		first, _ := ask[*pb.ListOffersResponse](t.Context(), x.School, &pb.ListOffersRequest{Query: en, PageSize: 1}, overHTTP)
		next, code := ask[*pb.ListOffersResponse](t.Context(), x.School, &pb.ListOffersRequest{Query: en, PageSize: 1, PageToken: first.GetNextPageToken()}, overHTTP)
		if code != "OK" || len(next.GetOffers()) != 1 || next.GetOffers()[0].GetId() == first.GetOffers()[0].GetId() {
			t.Errorf("the second page: %v %s", next, code)
		}
		if _, code := ask[*pb.ListOffersResponse](t.Context(), x.School, &pb.ListOffersRequest{Query: "other", PageToken: first.GetNextPageToken()}, overHTTP); code != fault.PageTokenInvalid {
			t.Errorf("the token of another search: %s", code)
		}
	})
	x.CheckInvariants(t)
}

// Offers of a program that knew no search get their terms when the database is
// migrated, as often as that is done; until then a check says which have none.
func TestOffersThatWereThereBeforeGetTheirTerms(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	conn, err := pgx.Connect(t.Context(), x.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "DELETE FROM offer_terms"); err != nil {
		t.Fatal(err)
	}
	found := func() int {
		return len(testkit.Must[*pb.ListOffersResponse](t, x.School, &pb.ListOffersRequest{Query: offer.GetNameZh()}).GetOffers())
	}
	broken := func() bool {
		results, err := x.Store.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Invariant == "search" {
				return len(r.Violations) > 0
			}
		}
		t.Fatal("nothing checks what offers are found by")
		return false
	}
	if found() != 0 || !broken() {
		t.Fatal("terms that are not there find something, or nothing says so")
	}
	for range 2 {
		if _, err := x.Store.MigrateUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found() != 1 || broken() {
			t.Errorf("after migrate up %d are found", found())
		}
	}
	if _, err := conn.Exec(t.Context(), "UPDATE offer_terms SET version = 0, terms = ARRAY['x']"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Store.MigrateUp(t.Context()); err != nil || broken() {
		t.Errorf("terms of an older program stay: %v", err)
	}
}
