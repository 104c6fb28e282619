package store

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

// Ahead is what a transaction will want to know of the orders of one province,
// and reads in the round trip that begins it. What is not named here can still
// be read; it takes a round trip more.
type Ahead struct {
	Home     string
	Requests []RequestKey
	Offers   []uuid.UUID // they are locked
	Orders   []uuid.UUID // they are locked, after the offers
	Buyers   []uuid.UUID // members
	Subjects []Subject   // whose roles are read
	Codes    []string    // of divisions
	Day      exchange.Day
}

// Subject is somebody to whom an issuer gives tokens.
type Subject struct {
	Issuer uuid.UUID
	Name   string
}

// RequestKey is by whom and under which id something was asked.
type RequestKey struct{ Actor, ID uuid.UUID }

// memory is what a transaction knows. Locked rows are as this transaction will
// leave them.
type memory struct {
	offers     map[exchange.ID]exchange.Offer
	orders     map[exchange.ID]exchange.Order
	capacities map[capacityKey]exchange.Capacity

	lines        map[exchange.ID]exchange.BankLine
	contracts    map[exchange.ID]exchange.Contract
	consents     map[exchange.ID]exchange.PayerConsent
	requests     map[RequestKey]Request
	roles        map[Subject][]exchange.RoleAssignment // none is an answer too
	products     map[uuid.UUID]exchange.Product
	certificates map[uuid.UUID]exchange.Certificate
	lots         map[exchange.ID]exchange.Lot // held
	held         held
	members      map[uuid.UUID]exchange.Member
	alliances    map[uuid.UUID]exchange.Alliance
	divisions    map[string]exchange.Division
	limits       map[uuid.UUID][]exchange.SpendingLimit // of members; none is an answer too
	spent        map[spentKey]exchange.Spent            // without this transaction's orders
	placed       []placed                               // orders of this transaction
	sent         int                                    // how many of them the database has
	grants       map[[2]uuid.UUID]exchange.Grant        // seller, buyer
	mandates     map[[2]uuid.UUID]exchange.Mandate      // agent, producer
	day          exchange.Day                           // of grants and mandates; empty: none was read
	absent       map[exchange.ID]bool                   // offers and orders that are not there
}

func newMemory() memory {
	return memory{
		lines: map[exchange.ID]exchange.BankLine{}, contracts: map[exchange.ID]exchange.Contract{}, consents: map[exchange.ID]exchange.PayerConsent{},
		offers: map[exchange.ID]exchange.Offer{}, orders: map[exchange.ID]exchange.Order{},
		capacities: map[capacityKey]exchange.Capacity{}, requests: map[RequestKey]Request{}, roles: map[Subject][]exchange.RoleAssignment{},
		products: map[uuid.UUID]exchange.Product{}, certificates: map[uuid.UUID]exchange.Certificate{},
		lots: map[exchange.ID]exchange.Lot{},
		held: held{
			buyers: map[uuid.UUID]exchange.Member{}, alliances: map[uuid.UUID]bool{}, grants: map[[2]uuid.UUID]exchange.Grant{},
		},
		members: map[uuid.UUID]exchange.Member{}, alliances: map[uuid.UUID]exchange.Alliance{},
		limits: map[uuid.UUID][]exchange.SpendingLimit{}, spent: map[spentKey]exchange.Spent{},
		divisions: map[string]exchange.Division{}, grants: map[[2]uuid.UUID]exchange.Grant{},
		mandates: map[[2]uuid.UUID]exchange.Mandate{}, absent: map[exchange.ID]bool{},
	}
}

// begin begins the transaction and reads ahead, all in one round trip.
//
// Requests are read in a transaction of their own, before: inside, PostgreSQL
// would take every batch that looks at the same page of the index for one that
// depends on the others. A request that is committed in between meets the
// primary key when this transaction writes its own.
func (t *Tx) begin(ctx context.Context, level pgx.TxIsoLevel, a *Ahead, plans plans) error {
	p := &pipeline{}
	if a != nil && len(a.Requests) > 0 {
		p.exec("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
		p.read(func(q *db.Queries) error { return t.memory.readRequests(ctx, q, a) })
		p.exec("COMMIT")
	}
	p.exec("BEGIN ISOLATION LEVEL " + string(level) + " READ WRITE")
	if a != nil && plans == planOnce && onCockroachDB(t.conn.Conn()) {
		p.exec("SET LOCAL plan_cache_mode = force_generic_plan")
		p.exec("SET LOCAL disallow_full_table_scans = on")
	}
	if a != nil && len(a.Offers) > 0 {
		t.memory.readFacts(ctx, p, a)
	}
	return p.run(ctx, t.conn)
}

// plans says how CockroachDB plans the statements of a transaction that reads
// ahead. PostgreSQL has it from its connections: see tuneOnce.
type plans int

const (
	// planOnce plans a statement once for all its values, and never so that it
	// scans a whole table: a plan that is made while a table is small would scan,
	// and lock, all of it for ever. A statement that cannot do without is refused
	// (isScanRefused).
	planOnce plans = iota
	// planEach plans a statement for the values that it has, however it reads.
	planEach
)

func onCockroachDB(conn *pgx.Conn) bool {
	return conn.PgConn().ParameterStatus("crdb_version") != ""
}

func (m memory) readRequests(ctx context.Context, q *db.Queries, a *Ahead) error {
	actors, ids := make([]uuid.UUID, len(a.Requests)), make([]uuid.UUID, len(a.Requests))
	for i, r := range a.Requests {
		actors[i], ids[i] = r.Actor, r.ID
	}
	rows, err := q.AheadRequests(ctx, a.Home, actors, ids)
	for _, r := range rows {
		m.requests[RequestKey{r.Actor, r.RequestID}] = requestOf(r)
	}
	return err
}

// readRoles reads the roles of subjects; those whose issuer is disabled have none.
func (m *memory) readRoles(ctx context.Context, q *db.Queries, subjects []Subject) error {
	issuers, names := make([]uuid.UUID, len(subjects)), make([]string, len(subjects))
	for i, s := range subjects {
		issuers[i], names[i], m.roles[s] = s.Issuer, s.Name, nil
	}
	rows, err := q.AheadRoles(ctx, issuers, names)
	for _, r := range rows {
		key := Subject{r.IssuerID, r.Subject}
		m.roles[key] = append(m.roles[key], roleOf(r))
	}
	return err
}

// readFacts locks offers before orders, each in the order of their ids, as
// everywhere, and reads what policy needs to know about them.
func (m *memory) readFacts(ctx context.Context, p *pipeline, a *Ahead) {
	m.day = a.Day
	offerHomes, orderHomes := homesOf(a.Home, a.Offers), homesOf(a.Home, a.Orders)
	if len(a.Subjects) > 0 {
		p.read(func(q *db.Queries) error { return m.readRoles(ctx, q, a.Subjects) })
	}
	if len(a.Buyers) > 0 {
		p.read(func(q *db.Queries) error { return m.readLimits(ctx, q, a.Buyers) })
	}
	for _, ids := range [][]uuid.UUID{a.Offers, a.Orders} {
		for _, id := range ids {
			m.absent[exchange.ID{Home: a.Home, UUID: id}] = true
		}
	}
	present := func(id exchange.ID) exchange.ID { delete(m.absent, id); return id }
	member := func(v exchange.Member) uuid.UUID { return v.ID }
	alliance := func(v exchange.Alliance) uuid.UUID { return v.ID }
	p.read(func(q *db.Queries) error {
		return keep(m.offers, offerOf, func(o exchange.Offer) exchange.ID { return present(o.ID) })(q.AheadOffers(ctx, offerHomes, a.Offers))
	})
	if len(a.Orders) > 0 {
		p.read(func(q *db.Queries) error {
			return keep(m.orders, orderOf, func(o exchange.Order) exchange.ID { return present(o.ID) })(q.AheadOrders(ctx, orderHomes, a.Orders))
		})
	}
	p.read(func(q *db.Queries) error {
		return keep(m.products, productOf, func(v exchange.Product) uuid.UUID { return v.ID })(q.AheadProducts(ctx, offerHomes, a.Offers))
	})
	p.read(func(q *db.Queries) error {
		return keep(m.certificates, certificateOf, func(v exchange.Certificate) uuid.UUID { return v.ID })(q.AheadCertificates(ctx, offerHomes, a.Offers))
	})
	p.read(func(q *db.Queries) error {
		return keep(m.lots, lotOf, func(v exchange.Lot) exchange.ID { return v.ID })(q.AheadLots(ctx, offerHomes, a.Offers))
	})
	p.read(func(q *db.Queries) error {
		return keep(m.members, memberOf, member)(q.AheadSellers(ctx, offerHomes, a.Offers))
	})
	if len(a.Buyers) > 0 {
		m.readHeld(ctx, p, a)
	}
	p.read(func(q *db.Queries) error {
		return keep(m.alliances, allianceOf, alliance)(q.AheadAlliances(ctx, offerHomes, a.Offers, a.Buyers))
	})
	p.read(func(q *db.Queries) error {
		return keep(m.divisions, divisionOf, func(v exchange.Division) string { return v.Code })(q.AheadDivisions(ctx, a.Codes, a.Buyers, offerHomes, a.Offers))
	})
	if len(a.Orders) > 0 {
		p.read(func(q *db.Queries) error {
			return keep(m.members, memberOf, member)(q.AheadOrderBuyers(ctx, orderHomes, a.Orders))
		})
		p.read(func(q *db.Queries) error {
			return keep(m.alliances, allianceOf, alliance)(q.AheadOrderAlliances(ctx, orderHomes, a.Orders))
		})
		p.read(func(q *db.Queries) error {
			return keep(m.grants, grantOf, pairOf)(q.AheadGrants(ctx, db.AheadGrantsParams{
				Homes: offerHomes, Ids: a.Offers, OrderHomes: orderHomes, Orders: a.Orders, Day: string(a.Day),
			}))
		})
	}
	p.read(func(q *db.Queries) error {
		return keep(m.mandates, mandateOf, func(v exchange.Mandate) [2]uuid.UUID { return [2]uuid.UUID{v.Agent, v.Producer} })(
			q.AheadMandates(ctx, offerHomes, a.Offers, string(a.Day)))
	})
}

// homesOf is the province of each of some ids that are at home in one.
func homesOf(home string, ids []uuid.UUID) []string {
	return slices.Repeat([]string{home}, len(ids))
}

// readHeld reads what the buyers of new orders rely on, and holds it until those
// are committed: see HoldMember.
func (m *memory) readHeld(ctx context.Context, p *pipeline, a *Ahead) {
	p.read(func(q *db.Queries) error {
		rows, err := q.AheadBuyers(ctx, a.Buyers)
		for _, r := range rows {
			v := memberOf(r)
			m.members[v.ID], m.held.buyers[v.ID], m.held.alliances[v.Alliance] = v, v, true
		}
		return err
	})
	p.read(func(q *db.Queries) error {
		rows, err := q.AheadHeldGrants(ctx, homesOf(a.Home, a.Offers), a.Offers, a.Buyers)
		for _, r := range rows {
			g := grantOf(r)
			if best, ok := m.held.grants[pairOf(g)]; !ok || g.Before(best, a.Day) {
				m.grants[pairOf(g)], m.held.grants[pairOf(g)] = g, g
			}
		}
		return err
	})
}

func pairOf(g exchange.Grant) [2]uuid.UUID { return [2]uuid.UUID{g.SellerAlliance, g.BuyerAlliance} }

// held is what stays as it is until the transaction ends.
type held struct {
	buyers    map[uuid.UUID]exchange.Member
	alliances map[uuid.UUID]bool              // of the buyers
	grants    map[[2]uuid.UUID]exchange.Grant // to the alliances of the buyers from those of the offers, the best of each pair
}

// keep makes the function that puts rows into a map.
func keep[K comparable, R, V any](into map[K]V, of func(R) V, key func(V) K) func([]R, error) error {
	return func(rows []R, err error) error {
		for _, r := range rows {
			v := of(r)
			into[key(v)] = v
		}
		return err
	}
}

// pipeline collects statements and runs them in one round trip.
type pipeline struct {
	batch pgx.Batch
	reads []func(*db.Queries) error // nil: nothing to read
}

func (p *pipeline) exec(sql string) {
	p.batch.Queue(sql)
	p.reads = append(p.reads, nil)
}

// read adds one generated query. The function is called twice: to learn its
// statement, and to read its rows.
func (p *pipeline) read(f func(*db.Queries) error) {
	before := p.batch.Len()
	_ = f(db.New(asking{&p.batch})) // it has no rows yet
	if p.batch.Len() != before+1 {
		panic("store: a read ahead that is not one statement")
	}
	p.reads = append(p.reads, f)
}

func (p *pipeline) run(ctx context.Context, conn sender) error {
	results := conn.SendBatch(ctx, &p.batch)
	for _, read := range p.reads {
		var err error
		if read == nil {
			_, err = results.Exec()
		} else {
			err = read(db.New(answering{results}))
		}
		if err != nil {
			_ = results.Close() // the first error is the one that matters
			return err
		}
	}
	return results.Close()
}

// sender is a connection that runs statements in one round trip.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// asking notes a statement and answers nothing.
type asking struct{ batch *pgx.Batch }

func (a asking) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errQueued
}

func (a asking) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	a.batch.Queue(sql, args...)
	return nil, errQueued
}

func (a asking) QueryRow(context.Context, string, ...any) pgx.Row { return errRow{} }

// answering gives a noted statement its rows.
type answering struct{ results pgx.BatchResults }

func (a answering) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errQueued
}

func (a answering) Query(context.Context, string, ...any) (pgx.Rows, error) { return a.results.Query() }

func (a answering) QueryRow(context.Context, string, ...any) pgx.Row { return errRow{} }

// Kept is the request that was committed under a key, if it was read ahead.
func (t *Tx) Kept(k RequestKey) (Request, bool) {
	r, ok := t.memory.requests[k]
	return r, ok
}

// recalled is what a transaction remembers, or else reads.
func recalled[K comparable, V any](kept map[K]V, key K, read func() (V, error)) (V, error) {
	if v, ok := kept[key]; ok {
		return v, nil
	}
	return read()
}

// RolesOf lists the roles of somebody to whom an issuer gives tokens.
func (t *Tx) RolesOf(ctx context.Context, issuer uuid.UUID, subject string) ([]exchange.RoleAssignment, error) {
	return recalled(t.memory.roles, Subject{issuer, subject}, func() ([]exchange.RoleAssignment, error) {
		return t.Reader.RolesOf(ctx, issuer, subject)
	})
}

// Product reads a product.
func (t *Tx) Product(ctx context.Context, id uuid.UUID) (exchange.Product, error) {
	return recalled(t.memory.products, id, func() (exchange.Product, error) { return t.Reader.Product(ctx, id) })
}

// Certificate reads a certificate.
func (t *Tx) Certificate(ctx context.Context, id uuid.UUID) (exchange.Certificate, error) {
	return recalled(t.memory.certificates, id, func() (exchange.Certificate, error) { return t.Reader.Certificate(ctx, id) })
}

// Member reads a member.
func (t *Tx) Member(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	return recalled(t.memory.members, id, func() (exchange.Member, error) { return t.Reader.Member(ctx, id) })
}

// Alliance reads an alliance.
func (t *Tx) Alliance(ctx context.Context, id uuid.UUID) (exchange.Alliance, error) {
	return recalled(t.memory.alliances, id, func() (exchange.Alliance, error) { return t.Reader.Alliance(ctx, id) })
}

// Division reads a division by its code.
func (t *Tx) Division(ctx context.Context, code string) (exchange.Division, error) {
	return recalled(t.memory.divisions, code, func() (exchange.Division, error) { return t.Reader.Division(ctx, code) })
}

// BestGrant reads the grant between two alliances that holds on a day, or else
// the latest that did not.
func (t *Tx) BestGrant(ctx context.Context, seller, buyer uuid.UUID, on exchange.Day) (exchange.Grant, error) {
	_, knowsSeller := t.memory.alliances[seller]
	_, knowsBuyer := t.memory.alliances[buyer]
	if on != t.memory.day || !knowsSeller || !knowsBuyer {
		return t.Reader.BestGrant(ctx, seller, buyer, on)
	}
	return recalled(t.memory.grants, [2]uuid.UUID{seller, buyer}, func() (exchange.Grant, error) { return exchange.Grant{}, ErrNotFound })
}

// BestMandate reads the mandate of a producer for an agent that holds on a day,
// or else the latest that did not.
func (t *Tx) BestMandate(ctx context.Context, agent, producer uuid.UUID, on exchange.Day) (exchange.Mandate, error) {
	if on != t.memory.day {
		return t.Reader.BestMandate(ctx, agent, producer, on)
	}
	return recalled(t.memory.mandates, [2]uuid.UUID{agent, producer}, func() (exchange.Mandate, error) {
		return t.Reader.BestMandate(ctx, agent, producer, on)
	})
}
