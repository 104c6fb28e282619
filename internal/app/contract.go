package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// maxIndexPrices bounds the index prices of one contract that are read: the latest.
const maxIndexPrices = 1000

// ProposeContract proposes a forward contract, as one of its sides.
type ProposeContract struct {
	Meta
	BuyerID, SellerID        string // empty: the caller's own member
	ProductID, CertificateID string
	Variety                  string
	SeasonFrom, SeasonTo     string
	LeadDays                 int
	Schedule                 []exchange.Delivery // its days as they were written
	ToleranceBP, FloorFen    int64
	Index                    string
	DepositFen               int64
	DepositRelease           exchange.DepositRelease
}

// CallOffContract orders a part of a contract.
type CallOffContract struct {
	Meta
	ID            string
	Quantity      int64
	ConsigneeCode string
	DeliverBy     string
	Reserve       bool
	Purpose       exchange.Purpose
	ReservePlanID string
	ForOthers
}

// RecordIndexPrice records what the index of a contract said on a day.
type RecordIndexPrice struct {
	Meta
	ID, Day  string
	PriceFen int64
	Source   string
}

// ClaimContract claims force majeure, or the other side's default.
type ClaimContract struct {
	Meta
	ID     string
	Kind   exchange.ClaimKind
	Reason string
}

// ResolveContractClaim ends the open claim of a contract.
type ResolveContractClaim struct {
	Meta
	ID      string
	Outcome exchange.ClaimState
	Reason  string
}

// ListContracts narrows a list of contracts.
type ListContracts struct {
	Paging
	State exchange.ContractState
}

// contractAttributes are the fields by which policy says who sees a contract: those
// of an order whose goods go to the buyer.
func contractAttributes(c exchange.Contract) map[string]any {
	return map[string]any{
		"buyer_id": c.Buyer.String(), "seller_id": c.Seller.String(), "buyer_alliance_id": c.BuyerAlliance.String(),
		"seller_alliance_id": c.SellerAlliance.String(), "seller_division": c.SellerDivision, "consignee": c.BuyerDivision,
		"buyer_class": string(c.BuyerClass), "state": string(c.State),
	}
}

// ProposeContract proposes a contract. It lives in its seller's home.
func (a *App) ProposeContract(ctx context.Context, c ProposeContract) (Result[exchange.Contract], error) {
	var none Result[exchange.Contract]
	p, err := PrincipalOf(ctx)
	if err != nil {
		return none, err
	}
	season, err := span("season_from", c.SeasonFrom, "season_to", c.SeasonTo)
	if err != nil {
		return none, err
	}
	schedule := make([]exchange.Delivery, len(c.Schedule))
	for i, d := range c.Schedule {
		if d.Day, err = day("schedule.day", string(d.Day)); err != nil {
			return none, err
		}
		schedule[i] = d
	}
	home, err := a.homeOfSeller(ctx, p, c.SellerID)
	if err != nil {
		return none, err
	}
	in := intent{Meta: c.Meta, action: authz.ContractPropose, home: home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Contract, error) {
		q, err := u.loadProposal(ctx, c)
		if err != nil {
			return exchange.Contract{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Contract{}, err
		}
		contract, err := exchange.ProposeContract(exchange.ContractTerms{
			Proposer: *u.principal.Member, Buyer: *q.Buyer, Seller: *q.Seller, Product: *q.Product, Certificate: q.Certificate,
			Variety: c.Variety, Season: season, LeadDays: c.LeadDays, Schedule: schedule, ToleranceBP: c.ToleranceBP,
			FloorFen: c.FloorFen, Index: c.Index, DepositFen: c.DepositFen, DepositRelease: c.DepositRelease,
		}, u.at)
		if err != nil {
			return contract, err
		}
		job := exchange.Job{Home: home, Kind: exchange.ContractSeason, Subject: contract.ID.UUID, Due: season.To.Plus(1).Start()}
		return contract, errors.Join(u.InsertContract(ctx, contract), u.InsertJob(ctx, job), u.contractEvent(ctx, "contract.proposed", contract))
	})
}

// homeOfSeller is the province of the seller that is named, or of the caller.
func (a *App) homeOfSeller(ctx context.Context, p exchange.Principal, seller string) (string, error) {
	if seller == "" {
		return homeOf(p), nil
	}
	id, err := exchange.ParseUUID("seller_member_id", seller)
	if err != nil {
		return "", err
	}
	m, err := found(a.store.Member(ctx, id))("member", id)
	return m.Home(), err
}

// loadProposal reads what policy needs to know of a contract that is proposed: both
// sides, the grant between them, and the goods.
func (u *unit) loadProposal(ctx context.Context, c ProposeContract) (authz.Question, error) {
	own, err := u.ownMember(ctx)
	if err != nil {
		return authz.Question{}, err
	}
	buyer, seller, err := u.sides(ctx, c.BuyerID, c.SellerID)
	if err != nil {
		return authz.Question{}, err
	}
	product, err := target(ctx, u, u.app.products(), "product_id", c.ProductID, u.Product)
	if err != nil {
		return authz.Question{}, err
	}
	certificate, err := optionalUUID("certificate_id", c.CertificateID)
	if err != nil {
		return authz.Question{}, err
	}
	contract := exchange.Contract{
		ProposedBy: own.Side, Buyer: buyer.ID, BuyerDivision: buyer.Division, Seller: seller.ID, SellerDivision: seller.Division,
		Product: product.ID, Certificate: certificate, State: exchange.ContractProposed,
	}
	q := authz.Question{Action: authz.ContractPropose, Contract: &contract}
	return q, u.loadContracted(ctx, &q, contract)
}

// loadContracted reads a contract's sides, the grant between them, and its goods.
func (u *unit) loadContracted(ctx context.Context, q *authz.Question, c exchange.Contract) error {
	if err := u.loadGoods(ctx, q, c.Product, c.Certificate, &exchange.Member{ID: c.Seller}); err != nil {
		return err
	}
	q.Consignee = c.BuyerDivision
	return u.loadBuyer(ctx, q, c.Buyer)
}

// loadContract locks a contract and reads the facts about it. One that the caller
// may not see does not exist for the caller.
func (u *unit) loadContract(ctx context.Context, id exchange.ID, action string) (authz.Question, error) {
	c, err := found(u.LockContract(ctx, id))("contract", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Contract, contractAttributes(c), id)
	}
	if err != nil {
		return authz.Question{}, err
	}
	q := authz.Question{Action: action, Contract: &c}
	return q, u.loadContracted(ctx, &q, c)
}

func (u *unit) contractEvent(ctx context.Context, kind string, c exchange.Contract) error {
	return u.event(ctx, "contract", kind, c.ID.UUID, c)
}

// stepContract is what the steps of a contract share that do not touch its offer.
func (a *App) stepContract(ctx context.Context, meta Meta, id string, command any, action, kind string,
	step func(ctx context.Context, u *unit, q authz.Question) (exchange.Contract, error),
) (Result[exchange.Contract], error) {
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return Result[exchange.Contract]{}, err
	}
	in := intent{Meta: meta, action: action, home: key.Home, command: command}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Contract, error) {
		q, err := u.loadContract(ctx, key, action)
		if err != nil {
			return exchange.Contract{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Contract{}, err
		}
		c, err := step(ctx, u, q)
		if err != nil {
			return c, err
		}
		return c, errors.Join(u.UpdateContract(ctx, c), u.contractEvent(ctx, kind, c))
	})
}

// SignContract signs what the other side proposed, and makes its offer.
func (a *App) SignContract(ctx context.Context, c Step) (Result[exchange.Contract], error) {
	return a.stepContract(ctx, c.Meta, c.ID, c, authz.ContractSign, "contract.signed", func(ctx context.Context, u *unit, q authz.Question) (exchange.Contract, error) {
		if q.Certificate != nil {
			capacity, err := u.openCapacity(ctx, q.Contract.ID.Home, *q.Certificate, exchange.DayOf(u.at).Year(), true)
			if err != nil {
				return exchange.Contract{}, err
			}
			q.Capacity = &capacity
		}
		contract, offer, capacity, err := exchange.SignContract(*q.Contract, *q.Product, q.Capacity, u.at)
		if err != nil {
			return contract, err
		}
		errs := []error{u.InsertOffer(ctx, offer), u.offerEvent(ctx, "offer.published", offer)}
		if capacity != nil {
			errs = append(errs, u.UpdateCapacity(ctx, *capacity))
		}
		return contract, errors.Join(errs...)
	})
}

// DeclineContract refuses a proposal, or takes one's own back.
func (a *App) DeclineContract(ctx context.Context, c Step) (Result[exchange.Contract], error) {
	return a.stepContract(ctx, c.Meta, c.ID, c, authz.ContractDecline, "contract.declined", func(_ context.Context, u *unit, q authz.Question) (exchange.Contract, error) {
		return exchange.DeclineContract(*q.Contract, c.Reason, u.at)
	})
}

// ClaimContract claims force majeure, or after the season the other side's default.
func (a *App) ClaimContract(ctx context.Context, c ClaimContract) (Result[exchange.Contract], error) {
	return a.stepContract(ctx, c.Meta, c.ID, c, authz.ContractClaim, "contract.claimed", func(_ context.Context, u *unit, q authz.Question) (exchange.Contract, error) {
		by := exchange.Buyer
		if u.principal.Member.ID == q.Contract.Seller {
			by = exchange.Seller
		}
		return exchange.ClaimOn(*q.Contract, c.Kind, by, c.Reason, u.app.limits.ClaimWindow, u.at)
	})
}

// RecordIndexPrice records what the index of a contract said on a day, once.
func (a *App) RecordIndexPrice(ctx context.Context, c RecordIndexPrice) (Result[exchange.IndexPrice], error) {
	var none Result[exchange.IndexPrice]
	key, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return none, err
	}
	on, err := day("day", c.Day)
	if err != nil {
		return none, err
	}
	in := intent{Meta: c.Meta, action: authz.ContractObserve, home: key.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.IndexPrice, error) {
		q, err := u.loadContract(ctx, key, in.action)
		if err != nil {
			return exchange.IndexPrice{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.IndexPrice{}, err
		}
		p := exchange.IndexPrice{Day: on, PriceFen: c.PriceFen, Source: c.Source, RecordedBy: u.principal.Actor()}
		if p, err = exchange.ObserveIndex(*q.Contract, p, u.at); err != nil {
			return p, err
		}
		err = errors.Join(u.InsertIndexPrice(ctx, p), u.event(ctx, "index_price", "contract.index_recorded", key.UUID, p))
		return p, errors.Join(err, u.unique(ctx, "index price", p.Day))
	})
}

// CallOffContract orders a part of a contract at the price of the day: an order on
// the contract's offer, decided as any other.
func (a *App) CallOffContract(ctx context.Context, c CallOffContract) (Result[exchange.Order], error) {
	contract, err := a.GetContract(ctx, c.ID)
	if err != nil {
		return Result[exchange.Order]{}, err
	}
	if contract.Offer.IsZero() {
		return Result[exchange.Order]{}, fault.New(fault.WrongState, "noun", "contract", "id", contract.ID, "state", contract.State, "step", "call off")
	}
	return a.buy(ctx, purchase{
		PlaceOrder: PlaceOrder{
			Meta: c.Meta, OfferID: contract.Offer.String(), Quantity: c.Quantity, ConsigneeCode: c.ConsigneeCode, DeliverBy: c.DeliverBy,
			Reserve: c.Reserve, Purpose: c.Purpose, ReservePlanID: c.ReservePlanID, ForOthers: c.ForOthers,
		},
		way: exchange.Forward, wayID: contract.ID.UUID, command: c,
		facts: func(ctx context.Context, u *unit, q *authz.Question) error {
			return u.callOff(ctx, q, contract.ID, c.Quantity)
		},
	})
}

// callOff gives the offer of a contract the price of the day. The offer is locked,
// and whatever ends the contract locks it too.
func (u *unit) callOff(ctx context.Context, q *authz.Question, contract exchange.ID, quantity int64) error {
	c, err := u.Contract(ctx, contract)
	if err != nil {
		return err
	}
	observed, err := u.IndexPrices(ctx, contract, maxIndexPrices)
	if err != nil {
		return err
	}
	*q.Offer, err = exchange.CallOff(c, *q.Offer, quantity, observed, u.at)
	return err
}

// releaseDeposit lets the deposit of a contract pay its share of what was accepted
// of a call-off.
func (u *unit) releaseDeposit(ctx context.Context, change exchange.Change) (exchange.Change, error) {
	if change.Order.Way != exchange.Forward {
		return change, nil
	}
	id := exchange.ID{Home: change.Order.ID.Home, UUID: change.Order.WayID}
	c, err := u.LockContract(ctx, id)
	if err != nil {
		return change, err
	}
	after, change := exchange.ReleaseDeposit(c, change, u.newID, u.at)
	if after.ReleasedFen == c.ReleasedFen {
		return change, nil
	}
	return change, errors.Join(u.UpdateContract(ctx, after), u.contractEvent(ctx, "contract.deposit_released", after))
}

// endings are how a contract ends, with its offer: by its season, or by a claim.

// ResolveContractClaim ends a claim.
func (a *App) ResolveContractClaim(ctx context.Context, c ResolveContractClaim) (Result[exchange.Contract], error) {
	return a.endContract(ctx, c.Meta, c.ID, c, func(ctx context.Context, u *unit, q authz.Question) (exchange.Ending, error) {
		open := *q.Contract
		q.Action, q.Contract.Claim.State = authz.ContractResolve, c.Outcome
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Ending{}, err
		}
		return exchange.ResolveClaim(open, c.Outcome, c.Reason, u.newID, u.at)
	})
}

// endSeason is the job of a contract's season.
func endSeason(ctx context.Context, a *App, j exchange.Job) (next time.Time, err error) {
	id := exchange.ID{Home: j.Home, UUID: j.Subject}
	_, err = a.endContract(ctx, Meta{}, id.String(), id, func(ctx context.Context, u *unit, q authz.Question) (e exchange.Ending, err error) {
		var f exchange.Fulfilment
		if !q.Contract.Offer.IsZero() {
			if f, err = u.Fulfilment(ctx, q.Contract.Offer); err != nil {
				return e, err
			}
		}
		e = exchange.EndSeason(*q.Contract, f, a.limits.ClaimWindow, a.newID, u.at)
		if next = e.Next; e.Kind == "" {
			return e, nil
		}
		q.Action = authz.ContractEnd
		_, err = u.decide(ctx, q)
		return e, err
	})
	return next, err
}

// endContract is what the steps share that may end a contract: its offer is locked
// before it, as before orders, and ends with it.
func (a *App) endContract(ctx context.Context, meta Meta, id string, command any,
	step func(ctx context.Context, u *unit, q authz.Question) (exchange.Ending, error),
) (Result[exchange.Contract], error) {
	var none Result[exchange.Contract]
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return none, err
	}
	known, err := found(a.store.Contract(ctx, key))("contract", key)
	if err != nil {
		return none, err
	}
	in := intent{Meta: meta, action: authz.ContractResolve, home: key.Home, command: command}
	if !known.Offer.IsZero() {
		in.lanes = []string{known.Offer.String()}
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Contract, error) {
		if !known.Offer.IsZero() {
			if _, err := u.LockOffer(ctx, known.Offer); err != nil {
				return exchange.Contract{}, err
			}
		}
		q, err := u.loadContract(ctx, key, in.action)
		if err != nil {
			return exchange.Contract{}, err
		}
		if q.Contract.Offer != known.Offer {
			// It was signed since it was looked at; its offer must be locked first.
			return exchange.Contract{}, fault.New(fault.Contention)
		}
		e, err := step(ctx, u, q)
		if err != nil || e.Kind == "" {
			return e.Contract, err
		}
		return e.Contract, u.ended(ctx, e)
	})
}

// ended queues what a step that may end a contract does.
func (u *unit) ended(ctx context.Context, e exchange.Ending) error {
	errs := []error{u.UpdateContract(ctx, e.Contract), u.contractEvent(ctx, e.Kind, e.Contract), u.postAll(ctx, e.Transactions)}
	if e.CloseOffer {
		errs = append(errs, u.closeContracted(ctx, e.Contract))
	}
	return errors.Join(errs...)
}

// closeContracted ends the offer of a contract, if time has not done so, and gives
// back to the certificate what was not called off.
func (u *unit) closeContracted(ctx context.Context, c exchange.Contract) error {
	if c.Offer.IsZero() {
		return nil
	}
	offer, err := u.LockOffer(ctx, c.Offer)
	if err != nil || offer.Closed() {
		return err
	}
	q := authz.Question{Offer: &offer}
	if c.Certificate != uuid.Nil {
		certificate, err := u.Certificate(ctx, c.Certificate)
		if err != nil {
			return err
		}
		q.Certificate = &certificate
	}
	if err := u.loadCapacity(ctx, &q); err != nil {
		return err
	}
	if offer, err = u.endOffer(ctx, q, exchange.OfferWithdrawn, "contract "+c.ID.String()+" is "+string(c.State)); err != nil {
		return err
	}
	return errors.Join(u.UpdateOffer(ctx, offer), u.offerEvent(ctx, "offer.withdrawn", offer))
}

// GetContract reads a contract that the caller may see.
func (a *App) GetContract(ctx context.Context, id string) (exchange.Contract, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Contract{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Contract{}, err
	}
	c, err := found(a.store.Contract(ctx, key))("contract", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Contract, contractAttributes(c), key)
	}
	if err != nil {
		return exchange.Contract{}, err
	}
	return c, nil
}

// ListContracts lists the contracts that the caller may see, the newest first.
func (a *App) ListContracts(ctx context.Context, c ListContracts) (Page[exchange.Contract], error) {
	return list(ctx, a, authz.Contract, c.Paging, store.Narrow{"state": string(c.State)}, a.store.ListContracts,
		func(c exchange.Contract) store.Key { return store.Key{At: c.CreatedAt, ID: c.ID.UUID} })
}

// ListIndexPrices lists the index prices of a contract that the caller may see.
func (a *App) ListIndexPrices(ctx context.Context, contract string) ([]exchange.IndexPrice, error) {
	c, err := a.GetContract(ctx, contract)
	if err != nil {
		return nil, err
	}
	return a.store.IndexPrices(ctx, c.ID, maxIndexPrices)
}

// explainNewContract asks about a contract of a product between two members, one of
// them the caller's.
func explainNewContract(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	own, err := u.ownMember(ctx)
	if err != nil {
		return authz.Question{}, err
	}
	proposal := ProposeContract{ProductID: c.ProductID, CertificateID: c.CertificateID, BuyerID: c.MemberID}
	if own.Side == exchange.Buyer {
		proposal.BuyerID, proposal.SellerID = "", c.MemberID
	}
	return u.loadProposal(ctx, proposal)
}

// explainContract asks about a step of a contract. What may be asked about is what
// may be seen now. Resolving is asked about as upholding.
func explainContract(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("contract_id", c.ContractID)
	if err != nil {
		return authz.Question{}, err
	}
	now, err := found(u.Contract(ctx, id))("contract", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Contract, contractAttributes(now), id)
	}
	if err != nil {
		return authz.Question{}, err
	}
	q, err := u.loadContract(ctx, id, c.Action)
	if err == nil && c.Action == authz.ContractResolve {
		q.Contract.Claim.State = exchange.ClaimUpheld
	}
	return q, err
}
