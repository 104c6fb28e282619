package testkit_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

var (
	planOffers = flag.Int("plan-offers", 6000, "offers among which plans are looked at")
	planOrders = flag.Int("plan-orders", 12_000, "orders among which plans are looked at")
)

// fillOffers are offers of 200 sellers. The first three quarters of the sellers
// are of alliance 0 and offered last, so that who may see none of theirs finds
// nothing among the newest.
const fillOffers = `INSERT INTO offers (home, id, seller_id, seller_alliance_id, seller_division, product_id, scheme, name_zh, name_en,
	category, origin, base_unit, sales_unit, unit_quantity, quantity, taken, moq, price_basis, price_fen, season_from, season_to,
	lead_days, auto_confirm, state, state_reason, capacity_year, created_at, updated_at)
SELECT '61', md5('offer' || n::text)::uuid, md5('seller' || s::text)::uuid, md5('alliance' || (CASE WHEN s < 150 THEN 0 ELSE 1 + s % 7 END)::text)::uuid,
	CASE WHEN s < 150 THEN '610629' WHEN s % 2 = 0 THEN '610621' ELSE '610124' END, md5('product' || s::text)::uuid, 'CONSUMPTION_AID_2024', '', '',
	CASE WHEN n % 97 = 0 THEN 'TEA' ELSE 'FRESH_FRUIT' END, CASE WHEN s < 150 THEN '610629' WHEN s % 2 = 0 THEN '610621' ELSE '610124' END,
	'GRAM', 'kg', 1000, 1000, 0, 1000, 'PER_SALES_UNIT', 100, '2026-01-01', '2027-01-01', 1, true,
	CASE WHEN n % 50 = 0 THEN 'DRAFT' WHEN n % 10 = 1 THEN 'WITHDRAWN' ELSE 'PUBLISHED' END, '', 2026,
	timestamptz '2026-01-01' + n * interval '1 second', timestamptz '2026-01-01'
FROM (SELECT n, CASE WHEN n < $1::int / 3 THEN 150 + n % 50 ELSE n % 150 END AS s FROM generate_series(1, $1::int) n) g`

// fillOrders are orders of 300 buyers. The first tenth is of buyer 0 and seller
// 0, a thousandth of it still waiting.
const fillOrders = `INSERT INTO orders (home, id, offer_id, product_id, buyer_id, buyer_alliance_id, buyer_class, seller_id, seller_alliance_id,
	seller_division, consignee, category, scheme, state, state_reason, quantity, accepted, rejected, short, price_fen, unit_quantity, per_kg,
	amount_fen, accepted_fen, paid_fen, direction, collaboration, counts_to_reserve, needs_approval, channel, reserve, deliver_by, hold_until,
	waybill, policy_revision, created_at, updated_at)
SELECT '61', md5('order' || n::text)::uuid, md5('offer' || b::text)::uuid, md5('product' || b::text)::uuid, md5('buyer' || b::text)::uuid,
	md5('buyers' || (CASE WHEN b = 0 THEN 0 ELSE 1 END)::text)::uuid, 'SOE', md5('seller' || b::text)::uuid,
	md5('alliance' || (CASE WHEN b = 0 THEN 1 ELSE 0 END)::text)::uuid, '610629', '320115', 'FRESH_FRUIT', 'CONSUMPTION_AID_2024',
	CASE WHEN n % 1000 = 3 THEN 'PLACED' ELSE 'CONFIRMED' END, '', 1000, 0, 0, 0, 100, 1000, false, 100, 0, 0, 'SN_TO_JS', true, false, false, 'DIRECT',
	false, '2026-12-01', timestamptz '2027-01-01', '', 'x', timestamptz '2026-01-01' + n * interval '1 second', timestamptz '2026-01-01'
FROM (SELECT n, CASE WHEN n < $1::int / 10 THEN 0 ELSE 1 + n % 299 END AS b FROM generate_series(1, $1::int) n) g`

// fillTerms gives each offer a term that all have, one that few have, and two that
// many have and none has both of.
const fillTerms = `INSERT INTO offer_terms (home, offer_id, terms, version)
SELECT home, id, ARRAY['all', 'half' || (n % 2)::text, CASE WHEN n % 100 = 7 THEN 'few' ELSE 'most' END], 1
FROM (SELECT home, id, extract(epoch FROM created_at - timestamptz '2026-01-01')::int AS n FROM offers) o WHERE $1::int > 0`

// fillReliefs declare one in forty offers for the relief zone of June 2026, and
// as many, and as many again, for months that are over. One in ten was withdrawn
// later in June.
const fillReliefs = `INSERT INTO relief_declarations (home, id, offer_id, seller_id, seller_alliance_id, seller_division, category, origin, base_unit, offered_at,
	days_of_stock, before_offer_id, before_fen, before_days, price_fen, drop_bp, first_day, last_day, state, state_reason, opened_at, ended_at)
SELECT o.home, md5(o.id::text || m::text)::uuid, o.id, o.seller_id, o.seller_alliance_id, o.seller_division, o.category, o.origin, o.base_unit, o.created_at,
	40, o.id, 200, 10, 100, 5000, '2026-0' || m::text || '-01', '2026-0' || m::text || '-28', CASE WHEN m < 6 THEN 'OVER' WHEN n % 400 = 3 THEN 'WITHDRAWN' ELSE 'OPEN' END, '',
	timestamptz '2026-01-10' + m * interval '20 days', CASE WHEN m < 6 THEN timestamptz '2026-02-28' + m * interval '20 days'
		WHEN n % 400 = 3 THEN timestamptz '2026-06-20' END
FROM (SELECT *, extract(epoch FROM created_at - timestamptz '2026-01-01')::int AS n FROM offers) o CROSS JOIN generate_series(4, 6) m
WHERE o.n % 40 = 3 AND $1::int > 0`

// fillStandings are standing orders of 300 buyers, the first tenth of buyer 0, one in
// twenty of them paused, and fillRuns a run of each, of which one in twenty was denied.
const (
	fillStandings = `INSERT INTO standing_orders (home, id, buyer_id, buyer_alliance_id, seller_id, product_id, offer_id, follow, take_short, quantity, consignee,
	delivery_days, reserve, purpose, every, every_days, weekdays, day_of_month, first_run, until, cap_quantity, cap_fen, issuer, subject, state,
	state_reason, next_run, last_run, runs, orders, ordered, ordered_fen, created_at, updated_at)
SELECT '61', md5('standing' || n::text)::uuid, md5('buyer' || b::text)::uuid, md5('buyers' || (CASE WHEN b = 0 THEN 0 ELSE 1 END)::text)::uuid,
	md5('seller' || b::text)::uuid, md5('product' || b::text)::uuid, md5('offer' || b::text)::uuid, false, false, 1000, '320115', 0, false, 'CANTEEN', 'DAYS', 7, '', 0,
	'2026-01-01', '2026-12-31', 100000, 0, md5('issuer')::uuid, 's', CASE WHEN n % 20 = 3 THEN 'PAUSED' ELSE 'ACTIVE' END, '', '', '', 1, 1, 1000, 100,
	timestamptz '2026-01-01' + n * interval '1 second', timestamptz '2026-01-01'
FROM (SELECT n, CASE WHEN n < $1::int / 10 THEN 0 ELSE 1 + n % 299 END AS b FROM generate_series(1, $1::int) n) g`
	fillRuns = `INSERT INTO standing_runs (home, standing_id, n, id, buyer_id, buyer_alliance_id, planned, made_on, state, reasons, quantity, ordered, amount_fen, created_at)
SELECT home, id, 1, id, buyer_id, buyer_alliance_id, '2026-01-01', '2026-01-01', CASE WHEN state = 'PAUSED' THEN 'DENIED' ELSE 'ORDERED' END, '[]', 1000, 1000, 100,
	created_at
FROM standing_orders WHERE $1::int > 0`
)

// inZone is a time in June 2026.
var inZone = time.Date(2026, 6, 15, 4, 0, 0, 0, time.UTC)

// fillMembers are the 200 sellers of fillOffers, and fillProducts as many products
// of theirs as there are offers, with the terms that fillTerms gives offers.
const (
	fillAlliance = `INSERT INTO alliances (id, name_zh, name_en, side, home, created_at)
SELECT md5('alliance0')::uuid, 'a', '', 'SELLER', '61', timestamptz '2026-01-01' WHERE $1::int > 0`
	fillMembers = `INSERT INTO members (id, alliance_id, side, credit_code, name_zh, name_en, class, division, state, state_reason, admitted_at)
SELECT md5('seller' || s::text)::uuid, md5('alliance0')::uuid, 'SELLER', s::text, '', '', 'COOPERATIVE', '610629', 'ACTIVE', '', timestamptz '2026-01-01'
FROM generate_series(0, 199) s WHERE $1::int > 0`
	fillProducts = `INSERT INTO products (id, producer_id, name_zh, name_en, category, origin, base_unit, sales_unit, unit_quantity, catch_weight,
	reference_fen, storage, created_at)
SELECT md5('goods' || n::text)::uuid, md5('seller' || (CASE WHEN n < $1::int / 3 THEN 150 + n % 50 ELSE n % 150 END)::text)::uuid, '', '', 'FRESH_FRUIT',
	'610629', 'G', 'kg', 1000, false, 0, '', timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, $1::int) n`
	fillProductTerms = `INSERT INTO product_terms (product_id, terms, version)
SELECT id, ARRAY['all', 'half' || (n % 2)::text, CASE WHEN n % 100 = 7 THEN 'few' ELSE 'most' END], 1
FROM (SELECT id, extract(epoch FROM created_at - timestamptz '2026-01-01')::int AS n FROM products) p WHERE $1::int > 0`
)

// named is the id that the filled tables have for a name.
func named(t *testing.T, conn *pgx.Conn, name string) uuid.UUID {
	t.Helper()
	var id string
	if err := conn.QueryRow(t.Context(), "SELECT md5($1::text)::uuid::text", name).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return uuid.MustParse(id)
}

// looked is one list that somebody opens.
type looked struct {
	name   string
	noun   authz.Noun
	who    exchange.Principal
	list   store.List // its filter is policy's
	factor int        // rows read for one row of a page, at most
	rows   int        // at least, so that the list shows something
}

// Lists that people open are read in the order of an index: whatever the role,
// and however many rows others have, no table is gone through and nothing is
// sorted but a few pages' rows.
func TestListsReadAboutAPageWhateverTheRoleAndHoweverManyRowsThereAre(t *testing.T) {
	ctx := t.Context()
	policy, err := authz.New(ctx, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var url string
	last := &lastQuery{}
	s := testkit.Store(t, func(c *store.Config) { c.Tracer, url = last, c.URL })
	conn := filled(t, s, url)
	everything := map[authz.Noun][]seenRow{}
	for noun, n := range map[authz.Noun]int{authz.Offer: *planOffers, authz.Order: *planOrders, authz.Product: *planOffers, authz.Standing: *planOffers, authz.Run: *planOffers} {
		everything[noun] = page(t, s, noun, store.List{Filter: exchange.AllowAll{}, Limit: min(n, 100_000)})
	}
	zoned := declaredIn(t, conn)
	for _, l := range everyList(t, conn) {
		if l.list.Filter, err = policy.Filter(ctx, l.noun, l.who, time.Now()); err != nil {
			t.Fatal(err)
		}
		l.list.Limit = 51
		got := page(t, s, l.noun, l.list)
		wantFewRows(t, conn, l, last)
		if *planOrders > 100_000 {
			continue // all of them would not be in memory
		}
		// What is put together is what one condition on all rows gives.
		having := havingTerms(t, conn, l.list.Terms)
		want := slices.DeleteFunc(slices.Clone(everything[l.noun]), func(r seenRow) bool {
			return !r.in(l.list) || (having != nil && !having[r.key.ID])
		})
		if !l.list.Zone.IsZero() {
			want = zoneFirst(want, zoned, l.list.After != nil)
		}
		want = want[:min(len(want), 51)]
		if len(want) < l.rows || !slices.EqualFunc(got, want, func(a, b seenRow) bool { return a.key == b.key }) {
			t.Errorf("%s: %d rows, want %d, at least %d, and the same", l.name, len(got), len(want), l.rows)
		}
	}
}

// declaredIn are the offers that are in the relief zone of inZone.
func declaredIn(t *testing.T, conn *pgx.Conn) map[uuid.UUID]bool {
	t.Helper()
	rows, _ := conn.Query(t.Context(), "SELECT offer_id::text FROM relief_declarations WHERE first_day = '2026-06-01'")
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(ids) < 100 {
		t.Fatalf("%d offers are declared, %v", len(ids), err)
	}
	zoned := map[uuid.UUID]bool{}
	for _, id := range ids {
		zoned[uuid.MustParse(id)] = true
	}
	return zoned
}

// zoneFirst puts rows of the relief zone before the others, or leaves them out where
// the zone is behind the page.
func zoneFirst(rows []seenRow, zoned map[uuid.UUID]bool, behind bool) (out []seenRow) {
	for _, part := range []bool{true, false} {
		for _, r := range rows {
			if zoned[r.key.ID] == part && (!part || !behind) {
				out = append(out, r)
			}
		}
	}
	return out
}

// seenRow is a row of a list: its key, and what policy knows of it.
type seenRow struct {
	key    store.Key
	fields map[string]any
}

func (r seenRow) in(l store.List) bool {
	for field, value := range l.Narrow {
		if r.fields[field] != value {
			return false
		}
	}
	if l.After != nil && r.key.At.After(l.After.At) { // its id is the greatest that there is
		return false
	}
	admits, known := exchange.Admits(l.Filter, r.fields)
	return admits && known
}

// havingTerms are the offers and products that have all of some terms; nil: there are no terms.
func havingTerms(t *testing.T, conn *pgx.Conn, terms []string) map[uuid.UUID]bool {
	t.Helper()
	if len(terms) == 0 {
		return nil
	}
	rows, _ := conn.Query(t.Context(), `SELECT offer_id::text FROM offer_terms WHERE terms @> $1::text[]
UNION ALL SELECT product_id::text FROM product_terms WHERE terms @> $1::text[]`, terms)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	having := map[uuid.UUID]bool{}
	for _, id := range ids {
		having[uuid.MustParse(id)] = true
	}
	return having
}

func page(t *testing.T, s *store.Store, noun authz.Noun, l store.List) []seenRow {
	t.Helper()
	var rows []seenRow
	add := func(at time.Time, id uuid.UUID, fields map[string]any) {
		rows = append(rows, seenRow{store.Key{At: at, ID: id}, fields})
	}
	var err error
	switch noun {
	case authz.Product:
		var page []exchange.Product
		page, err = s.ListProducts(t.Context(), l)
		for _, p := range page {
			add(p.CreatedAt, p.ID, map[string]any{"producer_id": p.Producer.String(), "origin": p.Origin, "category": string(p.Category)})
		}
	case authz.Standing:
		var page []exchange.StandingOrder
		page, err = s.ListStandingOrders(t.Context(), l)
		for _, o := range page {
			add(o.CreatedAt, o.ID.UUID, map[string]any{"buyer_id": o.Buyer.String(), "buyer_alliance_id": o.BuyerAlliance.String(), "state": string(o.State)})
		}
	case authz.Run:
		var page []exchange.StandingRun
		page, err = s.ListStandingRuns(t.Context(), l)
		for _, r := range page {
			add(r.CreatedAt, r.ID, map[string]any{
				"buyer_id": r.Buyer.String(), "buyer_alliance_id": r.BuyerAlliance.String(), "state": string(r.State), "standing_id": r.Standing.UUID.String(),
			})
		}
	case authz.Order:
		var page []exchange.Order
		page, err = s.ListOrders(t.Context(), l)
		for _, o := range page {
			add(o.CreatedAt, o.ID.UUID, map[string]any{
				"home": o.ID.Home, "buyer_id": o.Buyer.String(), "seller_id": o.Seller.String(), "buyer_alliance_id": o.BuyerAlliance.String(),
				"seller_alliance_id": o.SellerAlliance.String(), "seller_division": o.SellerDivision, "consignee": o.Consignee,
				"buyer_class": string(o.BuyerClass), "state": string(o.State),
			})
		}
	default:
		var page []store.ZonedOffer
		page, err = listOffers(t.Context(), s, l)
		for _, o := range page {
			add(o.CreatedAt, o.ID.UUID, map[string]any{
				"home": o.ID.Home, "seller_id": o.Seller.String(), "seller_alliance_id": o.SellerAlliance.String(), "seller_division": o.SellerDivision,
				"origin": o.Origin, "state": string(o.State), "category": string(o.Category), "reserved_for_id": o.ReservedFor.String(),
			})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func listOffers(ctx context.Context, s *store.Store, l store.List) (all []store.ZonedOffer, err error) {
	if !l.Zone.IsZero() {
		return s.ListOffersZoned(ctx, l)
	}
	page, err := s.ListOffers(ctx, l)
	for _, o := range page {
		all = append(all, store.ZonedOffer{Offer: o})
	}
	return all, err
}

// lastQuery remembers the last statement that was sent, and whether it is planned
// once for all values.
type lastQuery struct {
	query pgx.TraceQueryStartData
	once  bool
	paged bool
}

func (l *lastQuery) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	l.query, l.once, l.paged = q, store.PlannedOnce(ctx), store.Paged(ctx)
	return ctx
}

func (*lastQuery) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// filled fills the tables, and gives a connection that is as the server's are.
func filled(t *testing.T, s *store.Store, url string) *pgx.Conn {
	t.Helper()
	divisions, err := reference.Divisions()
	if err != nil {
		t.Fatal(err)
	}
	pairings, err := reference.Pairings()
	if err == nil {
		err = s.LoadReference(t.Context(), divisions, pairings)
	}
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	for _, fill := range []struct {
		sql string
		n   int
	}{{fillOffers, *planOffers}, {fillTerms, *planOffers}, {fillReliefs, 1}, {fillOrders, *planOrders},
		{fillStandings, *planOffers}, {fillRuns, 1},
		{fillAlliance, 1}, {fillMembers, 1}, {fillProducts, *planOffers}, {fillProductTerms, *planOffers}} {
		if _, err := conn.Exec(t.Context(), fill.sql, fill.n); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"offers", "offer_terms", "relief_declarations", "standing_orders", "standing_runs", "orders", "divisions", "products", "product_terms"} {
		if _, err := conn.Exec(t.Context(), "ANALYZE "+table); err != nil {
			t.Fatal(err)
		}
	}
	// CockroachDB knows neither, and needs neither.
	_, _ = conn.Exec(t.Context(), "SET enable_seqscan = off; SET jit = off")
	return conn
}

func everyList(t *testing.T, conn *pgx.Conn) []looked {
	t.Helper()
	id := func(name string) uuid.UUID { return named(t, conn, name) }
	member := func(name, alliance string, side exchange.Side, roles ...exchange.Role) exchange.Principal {
		return exchange.Principal{
			Subject: "s", Roles: roles, Alliance: &exchange.Alliance{ID: id(alliance), Side: side},
			Member: &exchange.Member{ID: id(name), Alliance: id(alliance), Side: side, State: exchange.MemberActive},
		}
	}
	authority := func(kind exchange.JurisdictionKind, role exchange.Role, codes ...string) exchange.Principal {
		return exchange.Principal{Subject: "s", Roles: []exchange.Role{role}, Authority: &exchange.Authority{
			ID: uuid.New(), Jurisdiction: exchange.Jurisdiction{Kind: kind, Codes: codes},
		}}
	}
	buyer := member("buyer0", "buyers0", exchange.Buyer, exchange.BuyerMember)
	buyer.GrantedBy = []uuid.UUID{id("alliance3"), id("alliance5")}
	everywhere := member("buyer1", "buyers1", exchange.Buyer, exchange.BuyerMember)
	for n := range 8 {
		everywhere.GrantedBy = append(everywhere.GrantedBy, id(fmt.Sprintf("alliance%d", n)))
	}
	seller := member("seller151", "alliance5", exchange.Seller, exchange.SellerMember)
	early := &store.Key{At: time.Date(2026, 1, 1, 0, *planOffers/4/60, 0, 0, time.UTC), ID: uuid.Max}
	narrow := func(pairs ...string) store.List { return store.List{Narrow: store.Narrow{pairs[0]: pairs[1]}} }
	return []looked{
		{"a buyer", authz.Offer, buyer, store.List{}, 2, 51},
		{"a buyer, published", authz.Offer, buyer, narrow("state", "PUBLISHED"), 2, 51},
		{"a buyer, on a later page", authz.Offer, buyer, store.List{After: early}, 2, 51},
		{"a buyer, of a rare category", authz.Offer, buyer, narrow("category", "TEA"), 2, 1},
		{"a buyer whom everybody grants", authz.Offer, everywhere, store.List{}, 2, 51},
		{"a buyer, what all have", authz.Offer, buyer, store.List{Terms: []string{"all"}}, 4, 51},
		{"a buyer, what few have", authz.Offer, everywhere, store.List{Terms: []string{"all", "few"}}, 100, 51},
		{"a buyer, what none has", authz.Offer, buyer, store.List{Terms: []string{"half0", "half1"}}, 1, 0},
		{"a buyer, the relief zone first", authz.Offer, everywhere, store.List{Zone: inZone}, 16, 51},
		{"a buyer, the zone that few see", authz.Offer, buyer, store.List{Zone: inZone}, 16, 51},
		{"a buyer, the zone of a rare category", authz.Offer, buyer, store.List{Zone: inZone, Narrow: store.Narrow{"category": "TEA"}}, 16, 1},
		{"a buyer, the zone of a seller", authz.Offer, buyer, store.List{Zone: inZone, Narrow: store.Narrow{"seller_id": id("seller163").String()}}, 16, 9},
		{"a buyer, behind the zone", authz.Offer, buyer, store.List{Zone: inZone, After: &store.Key{At: early.At, ID: uuid.Max, Rest: true}}, 8, 51},
		{"a buyer, what few have, zone first", authz.Offer, everywhere, store.List{Zone: inZone, Terms: []string{"all", "few"}}, 100, 51},
		{"an auditor, what all have", authz.Offer, authority(exchange.AllJurisdiction, exchange.Auditor), store.List{Terms: []string{"all"}}, 4, 51},
		{"a seller", authz.Offer, seller, store.List{}, 2, 1},
		{"a seller, drafts", authz.Offer, member("seller150", "alliance4", exchange.Seller, exchange.SellerMember), narrow("state", "DRAFT"), 2, 1},
		{"a seller's secretary", authz.Offer, member("seller151", "alliance5", exchange.Seller, exchange.SellerSecretary), store.List{}, 2, 51},
		{"a county", authz.Offer, authority(exchange.CountyJurisdiction, exchange.CountyAuthority, "610621"), store.List{}, 4, 51},
		{"a pair", authz.Offer, authority(exchange.PairJurisdiction, exchange.CoordinationTeam, "610100", "320500"), store.List{}, 30, 51},
		{"an auditor", authz.Offer, authority(exchange.AllJurisdiction, exchange.Auditor), store.List{}, 2, 51},
		{"the catalogue", authz.Product, buyer, store.List{}, 2, 51},
		{"the catalogue, on a later page", authz.Product, buyer, store.List{After: early}, 2, 51},
		{"the catalogue of a producer", authz.Product, buyer, narrow("producer_id", id("seller151").String()), 2, 40},
		{"the catalogue, what all have", authz.Product, buyer, store.List{Terms: []string{"all"}}, 4, 51},
		{"the catalogue, what few have", authz.Product, buyer, store.List{Terms: []string{"all", "few"}}, 100, 51},
		{"the catalogue, what none has", authz.Product, buyer, store.List{Terms: []string{"half0", "half1"}}, 1, 0},
		{"a buyer's orders", authz.Order, buyer, store.List{}, 2, 51},
		{"a buyer's orders that wait", authz.Order, buyer, narrow("state", "PLACED"), 2, 1},
		{"a seller's orders", authz.Order, member("seller0", "alliance1", exchange.Seller, exchange.SellerMember), store.List{}, 2, 51},
		{"a seller's orders that wait", authz.Order, member("seller0", "alliance1", exchange.Seller, exchange.SellerMember), narrow("state", "PLACED"), 2, 1},
		{"orders of a buyers' alliance", authz.Order, member("buyer0", "buyers0", exchange.Buyer, exchange.BuyerSecretary), store.List{}, 3, 51},
		{"orders of a sellers' alliance", authz.Order, member("seller0", "alliance1", exchange.Seller, exchange.SellerSecretary), store.List{}, 3, 51},
		{"an auditor's orders", authz.Order, authority(exchange.AllJurisdiction, exchange.Auditor), store.List{}, 2, 51},
		{"a buyer's standing orders", authz.Standing, buyer, store.List{}, 2, 51},
		{"a buyer's standing orders that are paused", authz.Standing, buyer, narrow("state", "PAUSED"), 2, 1},
		{"standing orders of a buyers' alliance", authz.Standing, member("buyer0", "buyers0", exchange.Buyer, exchange.BuyerSecretary), store.List{}, 3, 51},
		{"an auditor's standing orders", authz.Standing, authority(exchange.AllJurisdiction, exchange.Auditor), store.List{}, 2, 51},
		{"a buyer's runs", authz.Run, buyer, store.List{}, 2, 51},
		{"a buyer's runs that were denied", authz.Run, buyer, narrow("state", "DENIED"), 2, 1},
		{"the runs of a standing order", authz.Run, buyer, narrow("standing_id", id("standing3").String()), 2, 1},
		{"an auditor's runs", authz.Run, authority(exchange.AllJurisdiction, exchange.Auditor), store.List{}, 2, 51},
		{"a commission's orders", authz.Order, authority(exchange.AllJurisdiction, exchange.ReformCommission), store.List{}, 2, 51},
	}
}

// planNode is a node of a plan, as EXPLAIN gives it in JSON.
type planNode struct {
	Type     string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Rows     float64    `json:"Actual Rows"`
	Loops    float64    `json:"Actual Loops"`
	Filtered float64    `json:"Rows Removed by Filter"`
	Plans    []planNode `json:"Plans"`
}

// read counts the rows that the scans of a plan read, and those that it sorted.
func (n planNode) read() (rows, sorted float64, scans []string) {
	for _, child := range n.Plans {
		r, s, names := child.read()
		if strings.Contains(n.Type, "Sort") {
			s += child.Rows * child.Loops
		}
		rows, sorted, scans = rows+r, sorted+s, append(scans, names...)
	}
	if n.Relation != "" && n.Relation != "divisions" {
		rows += (n.Rows + n.Filtered) * n.Loops
		scans = append(scans, n.Type+" of "+n.Relation)
	}
	return rows, sorted, scans
}

// explained is the plan by which PostgreSQL runs a statement as the server sends it.
func explained(t *testing.T, conn *pgx.Conn, last *lastQuery) (text string, err error) {
	t.Helper()
	const explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
	if !last.once {
		err = conn.QueryRow(t.Context(), explain+last.query.SQL, last.query.Args...).Scan(&text)
		return text, err
	}
	values := make([]string, len(last.query.Args))
	for i, v := range last.query.Args {
		values[i] = literal(v)
	}
	const name = "planned_once"
	if _, err := conn.Prepare(t.Context(), name, last.query.SQL); err != nil {
		return "", err
	}
	if _, err := conn.Exec(t.Context(), "SET plan_cache_mode = force_generic_plan; SET enable_bitmapscan = off; SET enable_material = off"); err != nil {
		return "", err
	}
	err = conn.QueryRow(t.Context(), explain+"EXECUTE "+name+"("+strings.Join(values, ", ")+")", pgx.QueryExecModeSimpleProtocol).Scan(&text)
	_, reset := conn.Exec(t.Context(), "RESET plan_cache_mode; RESET enable_bitmapscan; RESET enable_material")
	return text, errors.Join(err, reset, conn.Deallocate(t.Context(), name))
}

// literal is a value of a list's statement as SQL.
func literal(v any) string {
	switch v := v.(type) {
	case int:
		return fmt.Sprint(v)
	case time.Time:
		return "'" + v.Format(time.RFC3339Nano) + "'"
	case []string:
		return "'{" + strings.Join(v, ",") + "}'"
	case []uuid.UUID:
		texts := make([]string, len(v))
		for i, id := range v {
			texts[i] = id.String()
		}
		return literal(texts)
	default:
		return fmt.Sprintf("'%v'", v)
	}
}

var decoded = regexp.MustCompile(`(?m)^(planning time|execution time|rows decoded from KV): .*$`)

// decodedRows is how many rows a statement read, of everything.
var decodedRows = regexp.MustCompile(`(?m)^rows decoded from KV: ([0-9,]+) `)

// partialWhole is a scan of a whole partial index: of what is declared for the relief
// zone now, or of the few rows that are reserved or paid by another. CockroachDB goes
// through it where it expects that to be less than asking for each value. How much it
// reads counts as all else does.
var partialWhole = regexp.MustCompile(`\(partial index\)[^\n]*\n[^\n]*spans: FULL SCAN\n`)

// CockroachDB reads rows by the batch, so that a page may read more of them there, for
// each of its own: 30, or 300 where what is in the relief zone is left out of each
// branch (decision 26).
const fewest, fewestZoned = 30, 300

// analyzed is what CockroachDB did for a statement, as a server's connection for
// pages runs it. EXPLAIN ANALYZE takes no parameters there.
func analyzed(t *testing.T, conn *pgx.Conn, last *lastQuery) (string, error) {
	t.Helper()
	name := "analyzed"
	if _, err := conn.Prepare(t.Context(), name, last.query.SQL); err != nil {
		return "", err
	}
	values := make([]string, len(last.query.Args))
	for i, v := range last.query.Args {
		values[i] = literal(v)
	}
	if _, err := conn.Exec(t.Context(), "SET disallow_full_table_scans = "+strconv.FormatBool(last.paged)); err != nil {
		return "", err
	}
	arguments := ""
	if len(values) > 0 {
		arguments = "(" + strings.Join(values, ", ") + ")"
	}
	rows, _ := conn.Query(t.Context(), "EXPLAIN ANALYZE EXECUTE "+name+arguments, pgx.QueryExecModeSimpleProtocol)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	_, reset := conn.Exec(t.Context(), "RESET disallow_full_table_scans")
	return strings.Join(lines, "\n"), errors.Join(err, reset, conn.Deallocate(t.Context(), name))
}

// termsRead is what a plan went through to find rows by their terms, however many
// have them.
var termsRead = regexp.MustCompile(`• scan\n[^•]*?KV rows decoded: ([0-9,]+)\n[^•]*?table: (?:offer|product)_terms@`)

// readRows is how many rows a plan of CockroachDB read, beside what it found by terms. It
// says nothing where there were none, and does not count what an apply-join ran: the
// branches of a city's counties.
func readRows(plan string) (n int, known bool) {
	all := decodedRows.FindStringSubmatch(plan)
	if all == nil {
		return 0, strings.Contains(plan, "execution time")
	}
	count := func(text string) int {
		n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
		known = known && err == nil
		return n
	}
	known = true
	n = count(all[1])
	for _, terms := range termsRead.FindAllStringSubmatch(plan, -1) {
		n -= count(terms[1])
	}
	return n, known
}

func wantFewRows(t *testing.T, conn *pgx.Conn, l looked, last *lastQuery) {
	t.Helper()
	st := last.query
	if conn.PgConn().ParameterStatus("crdb_version") != "" {
		plan, err := analyzed(t, conn, last)
		t.Logf("%-32s %s", l.name, strings.Join(decoded.FindAllString(plan, 3), ", "))
		rows, known := readRows(plan)
		least := fewest
		if !l.list.Zone.IsZero() {
			least = fewestZoned
		}
		if most := max(l.factor, least) * 51; err != nil || !known || rows > most || (rows == 0 && l.rows > 0) ||
			strings.Contains(partialWhole.ReplaceAllString(plan+"\n", ""), "FULL SCAN\n") {
			t.Errorf("%s: %v, %d rows read, at most %d\n%s\n%s", l.name, err, rows, most, st.SQL, plan)
		}
		return
	}
	text, err := explained(t, conn, last)
	if err != nil {
		t.Fatalf("%s: %v\n%s", l.name, err, st.SQL)
	}
	var plans []struct {
		Plan planNode
		Time float64 `json:"Execution Time"`
	}
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	rows, sorted, scans := plans[0].Plan.read()
	limit := float64(l.factor * 51)
	t.Logf("%-32s %5.0f rows read, %4.0f sorted, %6.2f ms, %s", l.name, rows, sorted, plans[0].Time, strings.Join(distinct(scans), ", "))
	if rows > limit || sorted > limit || slices.ContainsFunc(scans, func(s string) bool { return strings.Contains(s, "Seq Scan") }) {
		t.Errorf("%s: %.0f rows read, %.0f sorted, at most %.0f:\n%s\n%s", l.name, rows, sorted, limit, st.SQL, text)
	}
}

func distinct(names []string) []string {
	count := map[string]int{}
	for _, n := range names {
		count[n]++
	}
	var out []string
	for _, n := range slices.Sorted(maps.Keys(count)) {
		out = append(out, fmt.Sprintf("%d × %s", count[n], n))
	}
	return out
}
