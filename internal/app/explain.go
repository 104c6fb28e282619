package app

import (
	"context"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// What the actions on the directory, on certificates and on accounts would read.
// Who may not see what an action is about is answered as if it did not exist.

func explainAdmission(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	a, err := target(ctx, u, u.app.alliances(), "alliance_id", c.AllianceID, u.Alliance)
	return authz.Question{Alliance: &a, Member: &exchange.Member{Alliance: a.ID, Side: a.Side}}, err
}

func explainMember(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	m, err := target(ctx, u, u.app.members(), "member_id", c.MemberID, u.LockMember)
	return authz.Question{Member: &m}, err
}

func explainNewGrant(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	seller, err := target(ctx, u, u.app.alliances(), "seller_alliance_id", c.SellerAllianceID, u.Alliance)
	if err != nil {
		return authz.Question{}, err
	}
	buyer, err := target(ctx, u, u.app.alliances(), "buyer_alliance_id", c.BuyerAllianceID, u.Alliance)
	return authz.Question{
		SellerAlliance: &seller, BuyerAlliance: &buyer,
		Grant: &exchange.Grant{SellerAlliance: seller.ID, BuyerAlliance: buyer.ID},
	}, err
}

func explainGrant(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	g, err := target(ctx, u, u.app.grants(), "grant_id", c.GrantID, u.Grant)
	return authz.Question{Grant: &g}, err
}

func explainNewMandate(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	producer, err := target(ctx, u, u.app.members(), "producer_member_id", c.ProducerMemberID, u.Member)
	if err != nil {
		return authz.Question{}, err
	}
	agent, err := target(ctx, u, u.app.members(), "agent_member_id", c.AgentMemberID, u.Member)
	return authz.Question{Mandate: &exchange.Mandate{Producer: producer.ID, Agent: agent.ID}}, err
}

func explainMandate(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	m, err := target(ctx, u, u.app.mandates(), "mandate_id", c.MandateID, u.Mandate)
	return authz.Question{Mandate: &m}, err
}

// explainNewIssuer asks about an issuer of an alliance or of an authority.
func explainNewIssuer(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	if c.AuthorityID != "" {
		a, err := target(ctx, u, u.app.authorities(), "authority_id", c.AuthorityID, u.Authority)
		return u.explainFounding(ctx, exchange.Issuer{Authority: a.ID}, err)
	}
	a, err := target(ctx, u, u.app.alliances(), "alliance_id", c.AllianceID, u.Alliance)
	return u.explainFounding(ctx, exchange.Issuer{Alliance: a.ID}, err)
}

func (u *unit) explainFounding(ctx context.Context, v exchange.Issuer, err error) (authz.Question, error) {
	if err == nil {
		v.Founding, err = u.founding(ctx, v)
	}
	return authz.Question{Issuer: &v}, err
}

func explainIssuer(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	i, err := target(ctx, u, u.app.issuers(), "issuer_id", c.IssuerID, u.Issuer)
	return authz.Question{Issuer: &i}, err
}

func explainNewRole(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	q, err := explainIssuer(ctx, u, c)
	if err != nil || c.MemberID == "" {
		return q, err
	}
	m, err := target(ctx, u, u.app.members(), "member_id", c.MemberID, u.Member)
	q.Member = &m
	return q, err
}

func explainRole(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	r, err := target(ctx, u, u.app.roles(), "role_assignment_id", c.AssignmentID, u.Role)
	if err != nil {
		return authz.Question{}, err
	}
	i, err := u.Issuer(ctx, r.Issuer)
	return authz.Question{Issuer: &i, Assignment: &r}, err
}

func explainNewProduct(ctx context.Context, u *unit, _ Explain) (authz.Question, error) {
	producer, err := u.ownMember(ctx)
	return authz.Question{Product: &exchange.Product{Producer: producer.ID}}, err
}

func explainNewCertificate(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	if _, err := u.ownMember(ctx); err != nil {
		return authz.Question{}, err
	}
	p, err := target(ctx, u, u.app.products(), "product_id", c.ProductID, u.Product)
	return authz.Question{Product: &p, Certificate: &exchange.Certificate{
		Scheme: c.Scheme, Product: p.ID, Producer: p.Producer, Origin: p.Origin,
	}}, err
}

func explainCertificate(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	// What may be asked about is what may be seen now, whatever it was then.
	now, err := target(ctx, u, u.app.certificates(), "certificate_id", c.CertificateID, u.Tx.Certificate)
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadCertificate(ctx, now.ID, c.Action)
}

func explainNewLot(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	if _, err := u.ownMember(ctx); err != nil {
		return authz.Question{}, err
	}
	p, err := target(ctx, u, u.app.products(), "product_id", c.ProductID, u.Product)
	return authz.Question{Product: &p, Lot: &exchange.Lot{Product: p.ID, Origin: p.Origin, State: exchange.LotOpen}}, err
}

func explainLot(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("lot_id", c.LotID)
	if err != nil {
		return authz.Question{}, err
	}
	// What may be asked about is what may be seen now, whatever it was then.
	if _, err := u.seenLot(ctx, id, u.Lot); err != nil {
		return authz.Question{}, err
	}
	return u.loadLot(ctx, id, c.Action)
}

// explainAccount asks about looking into an account: the caller's own, a
// member's, or the exchange's.
func explainAccount(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	if c.AccountOwner == ledger.Exchange {
		return authz.Question{}, nil
	}
	if c.AccountOwner == "" && u.principal.Member != nil {
		c.AccountOwner = u.principal.Member.ID.String()
	}
	m, err := target(ctx, u, u.app.members(), "account_owner", c.AccountOwner, u.Member)
	return authz.Question{Member: &m}, err
}
