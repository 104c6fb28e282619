package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ocds"
	"github.com/sushaan/exchange/internal/store"
)

// ExportOCDS asks for a page of contracting processes in the words of OCDS 1.1.
type ExportOCDS struct {
	Paging
	Prefix   string // of the publisher's ocids
	Records  bool   // records instead of releases
	From, To string // days on which orders were placed
}

// Exported is a page of processes, each a JSON text.
type Exported struct {
	Page[[]byte]
	AsOf time.Time
}

// ExportOCDS tells the orders that the caller may see and that became contracts,
// the newest first. A page may have fewer than were asked for.
func (a *App) ExportOCDS(ctx context.Context, c ExportOCDS) (Exported, error) {
	out := Exported{AsOf: a.now()}
	if c.Prefix == "" {
		return out, fault.InField("ocid_prefix", fault.TextInvalid)
	}
	days, err := span("from", c.From, "to", c.To)
	if err != nil {
		return out, err
	}
	query := func(ctx context.Context, l store.List) ([]exchange.Order, error) {
		l.Narrow, l.From = nil, days.From.Start()
		if days.To != "" {
			l.To = days.To.Plus(1).Start()
		}
		return a.store.ListOrders(ctx, l)
	}
	page, err := list(ctx, a, authz.Order, c.Paging, store.Narrow{"from": c.From, "to": c.To}, query, func(o exchange.Order) store.Key {
		return store.Key{At: o.CreatedAt, ID: o.ID.UUID}
	})
	if err != nil {
		return out, err
	}
	out.Next = page.Next
	e := exporting{app: a, members: map[uuid.UUID]exchange.Member{}, products: map[uuid.UUID]exchange.Product{}}
	if e.principal, err = PrincipalOf(ctx); err != nil {
		return out, err
	}
	processes, err := e.processes(ctx, page.Items)
	if err != nil {
		return out, err
	}
	for _, p := range processes {
		var v any = ocds.ReleaseOf(c.Prefix, p)
		if c.Records {
			v = ocds.RecordOf(c.Prefix, p)
		}
		text, err := json.Marshal(v)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, text)
	}
	return out, nil
}

// exporting is a page that is being made. What several orders share is read once.
type exporting struct {
	app       *App
	principal exchange.Principal
	members   map[uuid.UUID]exchange.Member
	products  map[uuid.UUID]exchange.Product
}

func (e *exporting) processes(ctx context.Context, orders []exchange.Order) ([]ocds.Process, error) {
	var list []ocds.Process
	var ids []exchange.ID
	for _, o := range orders {
		if !ocds.Contracted(o) {
			continue
		}
		p := ocds.Process{Order: o}
		var err error
		if p.Product, err = e.product(ctx, o.Product); err != nil {
			return nil, err
		}
		if p.Buyer, err = e.member(ctx, o.Buyer); err != nil {
			return nil, err
		}
		if p.Payer, err = e.member(ctx, o.PayerID()); err != nil {
			return nil, err
		}
		if p.Seller, err = e.member(ctx, o.Seller); err != nil {
			return nil, err
		}
		list, ids = append(list, p), append(ids, o.ID)
	}
	payments, err := e.app.store.PaymentsOf(ctx, ids)
	for i := range list {
		list[i].Payments = payments[list[i].Order.ID]
	}
	return list, err
}

func (e *exporting) product(ctx context.Context, id uuid.UUID) (exchange.Product, error) {
	if p, known := e.products[id]; known {
		return p, nil
	}
	p, err := e.app.store.Product(ctx, id)
	e.products[id] = p
	return p, err
}

// member reads a member. One that the caller may not see keeps its id alone.
func (e *exporting) member(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	if m, known := e.members[id]; known {
		return m, nil
	}
	m, err := e.app.store.Member(ctx, id)
	if err != nil {
		return m, err
	}
	visible, err := e.app.policy.Visible(ctx, authz.Member, e.principal, e.app.now(), memberAttributes(m))
	if !visible {
		m = exchange.Member{ID: id}
	}
	e.members[id] = m
	return m, err
}
