package store

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

// rows are what a transaction will write of the tables that every trade writes:
// one statement for each, however many rows.
type rows struct {
	orders       []db.Order
	transactions []db.LedgerTransaction
	entries      []db.LedgerEntry
	unsealed     []db.Unsealed
	requests     []db.Request
	events       []db.Event
	decisions    []db.Decision
	// Rows that change. What they become is in the transaction's memory: a
	// statement must not change a row twice.
	changedOffers []exchange.ID
	changedOrders []exchange.ID
	changedYears  []capacityKey
}

// Mark is a point in what a transaction has queued.
type Mark struct {
	rows   rows
	queued int
	undo   int
}

// Mark notes what is queued now.
func (t *Tx) Mark() Mark { return Mark{rows: t.rows, queued: len(t.queue.list), undo: len(t.undo)} }

// Back drops what was queued since a mark, as if it had never been. What was
// read, and locked, stays so.
func (t *Tx) Back(m Mark) {
	t.rows, t.queue.list = m.rows, t.queue.list[:m.queued]
	for len(t.undo) > m.undo {
		t.undo[len(t.undo)-1]()
		t.undo = t.undo[:len(t.undo)-1]
	}
}

// remember notes what a locked row becomes, so that whoever reads it next in
// this transaction sees it so.
func remember[K comparable, V any](t *Tx, kept map[K]V, key K, value V) {
	before, was := kept[key]
	t.undo = append(t.undo, func() {
		if was {
			kept[key] = before
		} else {
			delete(kept, key)
		}
	})
	kept[key] = value
}

// queueRows turns rows into statements, in a fixed order of tables.
func (t *Tx) queueRows(ctx context.Context) error {
	r := t.rows
	t.rows = rows{}
	if len(r.changedOffers) > 0 {
		if err := t.write.OffersUpdate(ctx, offersUpdate(changed(r.changedOffers, t.memory.offers, offerRow))); err != nil {
			return err
		}
	}
	if len(r.changedOrders) > 0 {
		if err := t.write.OrdersUpdate(ctx, ordersUpdate(changed(r.changedOrders, t.memory.orders, orderRow))); err != nil {
			return err
		}
	}
	for _, c := range changed(r.changedYears, t.memory.capacities, func(c exchange.Capacity) exchange.Capacity { return c }) {
		if err := t.queueCapacity(ctx, c); err != nil {
			return err
		}
	}
	return firstError(
		insert(ctx, r.orders, ordersInsert, t.write.OrdersInsert),
		insert(ctx, r.transactions, transactionsInsert, t.write.TransactionsInsert),
		insert(ctx, r.entries, entriesInsert, t.write.EntriesInsert),
		insert(ctx, r.unsealed, unsealedInsert, func(ctx context.Context, l unsealedLists) error {
			return t.write.UnsealedInsert(ctx, l.HomeList, l.AtList, l.IDList)
		}),
		insert(ctx, r.requests, requestsInsert, t.write.RequestsInsert),
		insert(ctx, r.events, eventsInsert, t.write.EventsInsert),
		insert(ctx, r.decisions, decisionsInsert, t.write.DecisionsInsert),
	)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// changed are the rows of keys, each once, as they are remembered.
func changed[K comparable, V, R any](keys []K, kept map[K]V, row func(V) R) []R {
	seen := make(map[K]bool, len(keys))
	var out []R
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			out = append(out, row(kept[k]))
		}
	}
	return out
}

func insert[R, P any](ctx context.Context, rows []R, lists func([]R) P, exec func(context.Context, P) error) error {
	if len(rows) == 0 {
		return nil
	}
	return exec(ctx, lists(rows))
}

var (
	ordersInsert       = listsOf[db.OrdersInsertParams, db.Order]()
	transactionsInsert = listsOf[db.TransactionsInsertParams, db.LedgerTransaction]()
	entriesInsert      = listsOf[db.EntriesInsertParams, db.LedgerEntry]()
	unsealedInsert     = listsOf[unsealedLists, db.Unsealed]()
	requestsInsert     = listsOf[db.RequestsInsertParams, db.Request]()
	eventsInsert       = listsOf[db.EventsInsertParams, db.Event]()
	decisionsInsert    = listsOf[db.DecisionsInsertParams, db.Decision]()
	offersUpdate       = listsOf[db.OffersUpdateParams, db.Offer]()
	ordersUpdate       = listsOf[db.OrdersUpdateParams, db.Order]()
)

// unsealedLists are the parameters of UnsealedInsert: too few for a type of the
// generator's.
type unsealedLists struct {
	HomeList []string
	AtList   []time.Time
	IDList   []uuid.UUID
}

// listsOf makes the function that turns rows of a generated type into the lists
// of a statement's parameters: the list XList holds every row's X. The nil id
// stands for null. A parameter that no field fits is a defect of a query file.
func listsOf[P, R any]() func([]R) P {
	params, row := reflect.TypeFor[P](), reflect.TypeFor[R]()
	from := make([]int, params.NumField())
	for i := range from {
		name := strings.TrimSuffix(params.Field(i).Name, "List")
		f, ok := row.FieldByName(name)
		element := params.Field(i).Type.Elem()
		if !ok || (f.Type != element && f.Type != reflect.TypeFor[uuid.NullUUID]()) {
			panic(fmt.Sprintf("store: no %s of %s fits %s", name, row, params))
		}
		from[i] = f.Index[0]
	}
	return func(rows []R) P {
		var p P
		lists, values := reflect.ValueOf(&p).Elem(), reflect.ValueOf(rows)
		for i, field := range from {
			list := reflect.MakeSlice(params.Field(i).Type, len(rows), len(rows))
			for n := range rows {
				v := values.Index(n).Field(field)
				if null, ok := v.Interface().(uuid.NullUUID); ok {
					v = reflect.ValueOf(null.UUID)
				}
				list.Index(n).Set(v)
			}
			lists.Field(i).Set(list)
		}
		return p
	}
}
