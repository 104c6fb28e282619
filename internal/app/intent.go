package app

import (
	"context"
	"errors"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// RecordIntent records what a buyer and a seller of a fair mean to trade.
type RecordIntent struct {
	Meta
	Fair, Day          string
	BuyerID, SellerID  string // empty: the caller's own member
	ProductID          string
	Quantity, ValueFen int64
	Note               string
}

// MatchIntent notes which contract came of an intent.
type MatchIntent struct {
	Meta
	ID, ContractID string
}

// ListIntents narrows a list of intents.
type ListIntents struct {
	Paging
	State exchange.IntentState
	Fair  string
}

// intentAttributes are the fields by which policy says who sees an intent: those of
// an order whose goods go to the buyer.
func intentAttributes(v exchange.Intent) map[string]any {
	return map[string]any{
		"buyer_id": v.Buyer.String(), "seller_id": v.Seller.String(), "buyer_alliance_id": v.BuyerAlliance.String(),
		"seller_alliance_id": v.SellerAlliance.String(), "seller_division": v.SellerDivision, "consignee": v.BuyerDivision,
		"buyer_class": string(v.BuyerClass), "state": string(v.State),
	}
}

// RecordIntent records an intent, in the seller's home. It changes no stock and no
// ledger.
func (a *App) RecordIntent(ctx context.Context, c RecordIntent) (Result[exchange.Intent], error) {
	var none Result[exchange.Intent]
	p, err := PrincipalOf(ctx)
	if err != nil {
		return none, err
	}
	on, err := day("day", c.Day)
	if err != nil {
		return none, err
	}
	home, err := a.homeOfSeller(ctx, p, c.SellerID)
	if err != nil {
		return none, err
	}
	in := intent{Meta: c.Meta, action: authz.IntentRecord, home: home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Intent, error) {
		q, err := u.loadIntended(ctx, c)
		if err != nil {
			return exchange.Intent{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Intent{}, err
		}
		v := exchange.Intent{Fair: c.Fair, Day: on, Quantity: c.Quantity, ValueFen: c.ValueFen, Note: c.Note}
		if v, err = exchange.RecordIntent(v, *q.Buyer, *q.Seller, *q.Product, u.at); err != nil {
			return v, err
		}
		return v, errors.Join(u.InsertIntent(ctx, v), u.intentEvent(ctx, "intent.recorded", v))
	})
}

// loadIntended reads the sides and the product of an intent that is recorded.
func (u *unit) loadIntended(ctx context.Context, c RecordIntent) (authz.Question, error) {
	buyer, seller, err := u.sides(ctx, c.BuyerID, c.SellerID)
	if err != nil {
		return authz.Question{}, err
	}
	product, err := target(ctx, u, u.app.products(), "product_id", c.ProductID, u.Product)
	v := exchange.Intent{Buyer: buyer.ID, BuyerDivision: buyer.Division, Seller: seller.ID, SellerDivision: seller.Division}
	return authz.Question{Action: authz.IntentRecord, Buyer: &buyer, Seller: &seller, Product: &product, Intent: &v}, err
}

// sides reads the two sides of a contract or an intent. One that is not named is the
// caller's own member.
func (u *unit) sides(ctx context.Context, buyerID, sellerID string) (buyer, seller exchange.Member, err error) {
	read := func(field, id string) (exchange.Member, error) {
		if id == "" {
			return u.ownMember(ctx)
		}
		return target(ctx, u, u.app.members(), field, id, u.Member)
	}
	if buyer, err = read("buyer_member_id", buyerID); err != nil {
		return buyer, seller, err
	}
	if seller, err = read("seller_member_id", sellerID); err != nil {
		return buyer, seller, err
	}
	return buyer, seller, exchange.CheckSides(buyer, seller)
}

func (u *unit) intentEvent(ctx context.Context, kind string, v exchange.Intent) error {
	return u.event(ctx, "intent", kind, v.ID.UUID, v)
}

// MatchIntent notes which contract came of an intent, once.
func (a *App) MatchIntent(ctx context.Context, c MatchIntent) (Result[exchange.Intent], error) {
	id, err := exchange.ParseID("contract_id", c.ContractID)
	if err != nil {
		return Result[exchange.Intent]{}, err
	}
	return a.stepIntent(ctx, c.Meta, c.ID, c, authz.IntentMatch, "intent.matched", func(ctx context.Context, u *unit, v exchange.Intent) (exchange.Intent, error) {
		contract, err := found(u.Contract(ctx, id))("contract", id)
		if err == nil {
			err = a.visible(ctx, u.principal, authz.Contract, contractAttributes(contract), id)
		}
		if err != nil {
			return v, err
		}
		return exchange.MatchIntent(v, contract, u.at)
	})
}

// WithdrawIntent notes that nothing came of an intent.
func (a *App) WithdrawIntent(ctx context.Context, c Step) (Result[exchange.Intent], error) {
	return a.stepIntent(ctx, c.Meta, c.ID, c, authz.IntentWithdraw, "intent.withdrawn", func(_ context.Context, u *unit, v exchange.Intent) (exchange.Intent, error) {
		return exchange.WithdrawIntent(v, c.Reason, u.at)
	})
}

func (a *App) stepIntent(ctx context.Context, meta Meta, id string, command any, action, kind string,
	step func(ctx context.Context, u *unit, v exchange.Intent) (exchange.Intent, error),
) (Result[exchange.Intent], error) {
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return Result[exchange.Intent]{}, err
	}
	in := intent{Meta: meta, action: action, home: key.Home, command: command}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Intent, error) {
		q, err := u.loadIntent(ctx, key, action, u.LockIntent)
		if err != nil {
			return exchange.Intent{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Intent{}, err
		}
		v, err := step(ctx, u, *q.Intent)
		if err != nil {
			return v, err
		}
		err = errors.Join(u.UpdateIntent(ctx, v), u.intentEvent(ctx, kind, v))
		return v, errors.Join(err, u.unique(ctx, "intent of contract", v.Contract))
	})
}

// loadIntent reads an intent. One that the caller may not see does not exist for
// the caller.
func (u *unit) loadIntent(ctx context.Context, id exchange.ID, action string, read func(context.Context, exchange.ID) (exchange.Intent, error)) (authz.Question, error) {
	v, err := found(read(ctx, id))("intent", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Intent, intentAttributes(v), id)
	}
	return authz.Question{Action: action, Intent: &v}, err
}

// GetIntent reads an intent that the caller may see.
func (a *App) GetIntent(ctx context.Context, id string) (exchange.Intent, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Intent{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Intent{}, err
	}
	v, err := found(a.store.Intent(ctx, key))("intent", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Intent, intentAttributes(v), key)
	}
	if err != nil {
		return exchange.Intent{}, err
	}
	return v, nil
}

// ListIntents lists the intents that the caller may see, the newest first.
func (a *App) ListIntents(ctx context.Context, c ListIntents) (Page[exchange.Intent], error) {
	return list(ctx, a, authz.Intent, c.Paging, store.Narrow{"state": string(c.State), "fair": c.Fair}, a.store.ListIntents,
		func(v exchange.Intent) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID.UUID} })
}

// explainNewIntent asks about an intent with another member; an authority's is
// between two others, and is asked about by them.
func explainNewIntent(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	own, err := u.ownMember(ctx)
	if err != nil {
		return authz.Question{}, err
	}
	in := RecordIntent{ProductID: c.ProductID, BuyerID: c.MemberID}
	if own.Side == exchange.Buyer {
		in.BuyerID, in.SellerID = "", c.MemberID
	}
	return u.loadIntended(ctx, in)
}

func explainIntent(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("intent_id", c.IntentID)
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadIntent(ctx, id, c.Action, u.Intent)
}
