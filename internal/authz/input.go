package authz

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// object is a JSON object of the policy's input. Numbers are int64, so that no
// amount ever becomes a floating point number on its way to a rule.
type object = map[string]any

// input writes a question as the policy's input document (policies/README.md).
// Names of people and organisations, tokens and keys are never in it: rules do
// not need them, and the input is logged.
func (q Question) input() object {
	in := object{
		"action":    q.Action,
		"at":        q.At.UTC().Format(time.RFC3339Nano),
		"day":       string(exchange.DayOf(q.At)),
		"principal": principalInput(q.Principal),
	}
	put(in, "buyer", q.Buyer, memberInput)
	put(in, "seller", q.Seller, memberInput)
	put(in, "buyer_alliance", q.BuyerAlliance, allianceInput)
	put(in, "seller_alliance", q.SellerAlliance, allianceInput)
	put(in, "offer", q.Offer, offerInput)
	put(in, "product", q.Product, productInput)
	put(in, "origin", q.Origin, divisionInput)
	put(in, "certificate", q.Certificate, certificateInput)
	put(in, "capacity", q.Capacity, capacityInput)
	put(in, "grant", q.Grant, grantInput)
	put(in, "mandate", q.Mandate, mandateInput)
	put(in, "pairing", q.Pairing, pairingInput)
	put(in, "order", q.Order, orderInput)
	put(in, "alliance", q.Alliance, allianceInput)
	put(in, "member", q.Member, memberInput)
	put(in, "authority", q.Authority, authorityInput)
	put(in, "issuer", q.Issuer, issuerInput)
	put(in, "assignment", q.Assignment, assignmentInput)
	if q.Consignee != "" {
		in["consignee"] = object{"division": q.Consignee, "province": exchange.Province(q.Consignee)}
	}
	return in
}

func put[T any](in object, name string, fact *T, write func(T) object) {
	if fact != nil {
		in[name] = write(*fact)
	}
}

// idText is empty for the nil id: a rule compares with it like with any other.
func idText(u uuid.UUID) string {
	if u == uuid.Nil {
		return ""
	}
	return u.String()
}

func texts[T ~string](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func principalInput(p exchange.Principal) object {
	in := object{"system": p.System, "subject": p.Subject, "roles": texts(p.Roles)}
	granted := make([]any, len(p.GrantedBy))
	for i, id := range p.GrantedBy {
		granted[i] = id.String()
	}
	in["granted_by"] = granted
	put(in, "member", p.Member, memberInput)
	put(in, "alliance", p.Alliance, allianceInput)
	put(in, "authority", p.Authority, authorityInput)
	return in
}

func memberInput(m exchange.Member) object {
	return object{
		"id": idText(m.ID), "alliance_id": idText(m.Alliance), "side": string(m.Side), "class": string(m.Class),
		"division": m.Division, "state": string(m.State),
	}
}

func allianceInput(a exchange.Alliance) object {
	return object{"id": idText(a.ID), "side": string(a.Side), "home": a.Home}
}

func authorityInput(a exchange.Authority) object {
	return object{
		"id":           idText(a.ID),
		"jurisdiction": object{"kind": string(a.Jurisdiction.Kind), "codes": texts(a.Jurisdiction.Codes)},
	}
}

func issuerInput(i exchange.Issuer) object {
	return object{"id": idText(i.ID), "alliance_id": idText(i.Alliance), "authority_id": idText(i.Authority), "disabled": i.Disabled}
}

func assignmentInput(a exchange.RoleAssignment) object {
	return object{"id": idText(a.ID), "issuer_id": idText(a.Issuer), "member_id": idText(a.Member), "role": string(a.Role)}
}

func divisionInput(d exchange.Division) object {
	return object{"code": d.Code, "poverty56": d.Poverty56}
}

func productInput(p exchange.Product) object {
	return object{
		"id": idText(p.ID), "producer_id": idText(p.Producer), "category": string(p.Category), "origin": p.Origin,
		"unit_quantity": p.UnitQuantity, "reference_fen": p.ReferenceFen,
	}
}

func certificateInput(c exchange.Certificate) object {
	return object{
		"id": idText(c.ID), "product_id": idText(c.Product), "producer_id": idText(c.Producer), "scheme": string(c.Scheme),
		"origin": c.Origin, "state": string(c.State), "valid_from": string(c.Valid.From), "valid_to": string(c.Valid.To),
	}
}

func capacityInput(c exchange.Capacity) object {
	return object{"quantity_left": c.Quantity - c.TakenQuantity, "value_fen_left": c.ValueFen - c.TakenValueFen}
}

func grantInput(g exchange.Grant) object {
	return object{
		"id": idText(g.ID), "seller_alliance_id": idText(g.SellerAlliance), "buyer_alliance_id": idText(g.BuyerAlliance),
		"valid_from": string(g.Valid.From), "valid_to": string(g.Valid.To), "revoked": !g.RevokedAt.IsZero(),
	}
}

func mandateInput(m exchange.Mandate) object {
	return object{
		"id": idText(m.ID), "producer_id": idText(m.Producer), "agent_id": idText(m.Agent),
		"valid_from": string(m.Valid.From), "valid_to": string(m.Valid.To), "revoked": !m.RevokedAt.IsZero(),
	}
}

func pairingInput(p exchange.Pairing) object {
	return object{"js_city": p.JSCity, "js_unit": p.JSUnit, "sn_city": p.SNCity, "sn_county": p.SNCounty}
}

func offerInput(o exchange.Offer) object {
	in := object{
		"id": o.ID.String(), "seller_id": idText(o.Seller), "seller_alliance_id": idText(o.SellerAlliance),
		"seller_division": o.SellerDivision, "product_id": idText(o.Product), "certificate_id": idText(o.Certificate),
		"scheme": string(o.Scheme), "category": string(o.Category), "origin": o.Origin, "state": string(o.State),
		"quantity": o.Quantity, "remaining": o.Remaining(), "price_fen": o.PriceFen, "price_basis": string(o.PriceBasis),
		"season_from": string(o.Season.From), "season_to": string(o.Season.To),
	}
	// An amount that cannot be computed is left out: rules on it then do not
	// hold, and the domain refuses the offer with AMOUNT_OVERFLOW.
	if v, err := o.ValueFen(o.Quantity); err == nil {
		in["value_fen"] = v
	}
	if v, err := o.ValueFen(o.UnitQuantity); err == nil {
		in["unit_price_fen"] = v
	}
	return in
}

func orderInput(o exchange.Order) object {
	return object{
		"id": o.ID.String(), "offer_id": o.Offer.String(), "buyer_id": idText(o.Buyer), "seller_id": idText(o.Seller),
		"state": string(o.State), "quantity": o.Quantity, "amount_fen": o.AmountFen, "deliver_by": string(o.DeliverBy),
		"reserve": o.Reserve, "channel": string(o.Channel),
	}
}
