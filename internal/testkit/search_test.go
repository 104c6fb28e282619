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

// So are products, in a catalogue that everybody sees, also those of one producer.
func TestTheCatalogueIsSearchedByWordsOfBothNames(t *testing.T) {
	x := testkit.New(t)
	create := func(zh, en string) *pb.Product {
		return testkit.Must[*pb.CreateProductResponse](t, x.Cooperative, &pb.CreateProductRequest{
			NameZh: zh, NameEn: en, Category: pb.Category_CATEGORY_TEA, OriginCode: x.CooperativeCounty, BaseUnit: pb.BaseUnit_BASE_UNIT_G, SalesUnit: "盒", UnitQuantity: 500,
		}).GetProduct()
	}
	first := create("雁翎红茶（春茶）", "Yanling Hongcha, spring")
	second := create("雁翎绿茶", "Yanling Lvcha")
	overBoth(t, func(t *testing.T, overHTTP bool) {
		find := func(in *pb.ListProductsRequest) ([]string, fault.Code) {
			out, code := ask[*pb.ListProductsResponse](t.Context(), x.School, in, overHTTP)
			var ids []string
			for _, p := range out.GetProducts() {
				ids = append(ids, p.GetId())
			}
			return ids, code
		}
		for query, want := range map[string][]string{
			"雁翎": {second.GetId(), first.GetId()}, "翎红": {first.GetId()}, "YANLING 春茶": {first.GetId()}, "lv": {second.GetId()}, "雁翎 龙井": nil, "anling": nil,
		} {
			if ids, code := find(&pb.ListProductsRequest{Query: query}); code != "OK" || !slices.Equal(ids, want) {
				t.Errorf("%q: %v %s, want %v", query, ids, code, want)
			}
		}
		if ids, code := find(&pb.ListProductsRequest{Query: "雁翎", ProducerMemberId: first.GetProducerMemberId()}); code != "OK" || len(ids) != 2 {
			t.Errorf("of its producer: %v %s", ids, code)
		}
		if ids, code := find(&pb.ListProductsRequest{Query: "雁翎", ProducerMemberId: x.School.Member}); code != "OK" || len(ids) != 0 {
			t.Errorf("of another: %v %s", ids, code)
		}
		for _, query := range []string{"%", "，", strings.Repeat("茶", 65)} {
			if _, code := find(&pb.ListProductsRequest{Query: query}); code != fault.QueryInvalid {
				t.Errorf("%q: %s", query, code)
			}
		}
		page, _ := ask[*pb.ListProductsResponse](t.Context(), x.School, &pb.ListProductsRequest{Query: "雁翎", PageSize: 1}, overHTTP)
		next, code := ask[*pb.ListProductsResponse](t.Context(), x.School, &pb.ListProductsRequest{Query: "雁翎", PageSize: 1, PageToken: page.GetNextPageToken()}, overHTTP)
		if code != "OK" || len(next.GetProducts()) != 1 || next.GetProducts()[0].GetId() != first.GetId() || next.GetNextPageToken() != "" {
			t.Errorf("the second page: %v %s", next, code)
		}
		if _, code := find(&pb.ListProductsRequest{Query: "翎红", PageToken: page.GetNextPageToken()}); code != fault.PageTokenInvalid {
			t.Errorf("the token of another search: %s", code)
		}
	})
	x.CheckInvariants(t)
}

// Offers and products of a program that knew no search get their terms when the database is
// migrated, as often as that is done; until then a check says which have none.
func TestWhatWasThereBeforeSearchGetsItsTerms(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	conn, err := pgx.Connect(t.Context(), x.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("DELETE FROM offer_terms")
	exec("DELETE FROM product_terms")
	found := func() (offers, products int) {
		return len(testkit.Must[*pb.ListOffersResponse](t, x.School, &pb.ListOffersRequest{Query: offer.GetNameZh()}).GetOffers()),
			len(testkit.Must[*pb.ListProductsResponse](t, x.School, &pb.ListProductsRequest{Query: offer.GetNameZh()}).GetProducts())
	}
	broken := func() (broken int) {
		results, err := x.Store.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Invariant == "search" && len(r.Violations) > 0 {
				broken++
			}
		}
		return broken
	}
	if offers, products := found(); offers != 0 || products != 0 || broken() != 2 {
		t.Fatalf("terms that are not there find %d and %d, or nothing says so (%d do)", offers, products, broken())
	}
	for range 2 {
		if _, err := x.Store.MigrateUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if offers, products := found(); offers != 1 || products != 1 || broken() != 0 {
			t.Errorf("after migrate up %d and %d are found", offers, products)
		}
	}
	exec("UPDATE offer_terms SET version = 0, terms = ARRAY['x']")
	exec("UPDATE product_terms SET version = 0, terms = ARRAY['x']")
	if _, err := x.Store.MigrateUp(t.Context()); err != nil || broken() != 0 {
		t.Errorf("terms of an older program stay: %v", err)
	}
}
