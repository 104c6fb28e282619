package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func allianceOf(r db.Alliance) exchange.Alliance {
	return exchange.Alliance{
		ID: r.ID, NameZH: r.NameZh, NameEN: r.NameEn, Side: exchange.Side(r.Side), Home: r.Home, CreatedAt: r.CreatedAt.UTC(),
	}
}

// timeOf is zero where the column is null.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func grantOf(r db.Grant) exchange.Grant {
	return exchange.Grant{
		ID: r.ID, SellerAlliance: r.SellerAllianceID, BuyerAlliance: r.BuyerAllianceID, Valid: spanOf(r.ValidFrom, r.ValidTo),
		RevokedAt: timeOf(r.RevokedAt), RevokeReason: r.RevokeReason, CreatedAt: r.CreatedAt.UTC(),
	}
}

func mandateOf(r db.Mandate) exchange.Mandate {
	return exchange.Mandate{
		ID: r.ID, Producer: r.ProducerID, Agent: r.AgentID, Valid: spanOf(r.ValidFrom, r.ValidTo),
		RevokedAt: timeOf(r.RevokedAt), RevokeReason: r.RevokeReason, CreatedAt: r.CreatedAt.UTC(),
	}
}

// Alliance reads an alliance.
func (r Reader) Alliance(ctx context.Context, id uuid.UUID) (exchange.Alliance, error) {
	row, err := r.q.AllianceGet(ctx, id)
	return mapRow(row, err, allianceOf)
}

// InsertAlliance queues a new alliance.
func (t *Tx) InsertAlliance(ctx context.Context, a exchange.Alliance) error {
	return t.write.AllianceInsert(ctx, db.AllianceInsertParams{
		ID: a.ID, NameZh: a.NameZH, NameEn: a.NameEN, Side: string(a.Side), Home: a.Home, CreatedAt: a.CreatedAt,
	})
}

// Grant reads a grant.
func (r Reader) Grant(ctx context.Context, id uuid.UUID) (exchange.Grant, error) {
	row, err := r.q.GrantGet(ctx, id)
	return mapRow(row, err, grantOf)
}

// LockGrant reads a grant that is going to be changed.
func (t *Tx) LockGrant(ctx context.Context, id uuid.UUID) (exchange.Grant, error) {
	row, err := t.q.GrantLock(ctx, id)
	return mapRow(row, err, grantOf)
}

// InsertGrant queues a new grant.
func (t *Tx) InsertGrant(ctx context.Context, g exchange.Grant) error {
	return t.write.GrantInsert(ctx, db.GrantInsertParams{
		ID: g.ID, SellerAllianceID: g.SellerAlliance, BuyerAllianceID: g.BuyerAlliance,
		ValidFrom: string(g.Valid.From), ValidTo: string(g.Valid.To), CreatedAt: g.CreatedAt,
	})
}

// RevokeGrant queues a grant's revocation.
func (t *Tx) RevokeGrant(ctx context.Context, g exchange.Grant) error {
	_, err := t.write.GrantRevoke(ctx, &g.RevokedAt, g.RevokeReason, g.ID)
	return err
}

// BestGrant reads the grant between two alliances that holds on a day, or else
// the latest that did not, so that policy can say why.
func (r Reader) BestGrant(ctx context.Context, seller, buyer uuid.UUID, on exchange.Day) (exchange.Grant, error) {
	row, err := r.q.GrantBest(ctx, seller, buyer, string(on))
	return mapRow(row, err, grantOf)
}

// HoldGrant reads the same grant for an order that relies on it: see HoldMember.
func (t *Tx) HoldGrant(ctx context.Context, seller, buyer uuid.UUID, on exchange.Day) (exchange.Grant, error) {
	_, knowsSeller := t.memory.alliances[seller]
	if on == t.memory.day && knowsSeller && t.memory.held.alliances[buyer] {
		return recalled(t.memory.held.grants, [2]uuid.UUID{seller, buyer}, func() (exchange.Grant, error) { return exchange.Grant{}, ErrNotFound })
	}
	row, err := t.q.GrantHold(ctx, seller, buyer, string(on))
	return mapRow(row, err, grantOf)
}

// GrantAsOf reads the grant between two alliances as it was at a past time, the
// day of which is given: what was revoked later still held.
func (r Reader) GrantAsOf(ctx context.Context, seller, buyer uuid.UUID, at time.Time, on exchange.Day) (exchange.Grant, error) {
	row, err := r.q.GrantAsOf(ctx, seller, buyer, at, string(on))
	g, err := mapRow(row, err, grantOf)
	if g.RevokedAt.After(at) {
		g.RevokedAt, g.RevokeReason = time.Time{}, ""
	}
	return g, err
}

// maxGranting bounds how many seller alliances can have granted one buyer
// alliance their offers.
const maxGranting = 1000

// GrantedTo lists the seller alliances whose grants to a buyer alliance hold on
// a day.
func (r Reader) GrantedTo(ctx context.Context, buyer uuid.UUID, on exchange.Day) ([]uuid.UUID, error) {
	ids, err := r.q.GrantedTo(ctx, buyer, string(on), maxGranting)
	return ids, readError(err)
}

// Mandate reads a mandate.
func (r Reader) Mandate(ctx context.Context, id uuid.UUID) (exchange.Mandate, error) {
	row, err := r.q.MandateGet(ctx, id)
	return mapRow(row, err, mandateOf)
}

// LockMandate reads a mandate that is going to be changed.
func (t *Tx) LockMandate(ctx context.Context, id uuid.UUID) (exchange.Mandate, error) {
	row, err := t.q.MandateLock(ctx, id)
	return mapRow(row, err, mandateOf)
}

// InsertMandate queues a new mandate.
func (t *Tx) InsertMandate(ctx context.Context, m exchange.Mandate) error {
	return t.write.MandateInsert(ctx, db.MandateInsertParams{
		ID: m.ID, ProducerID: m.Producer, AgentID: m.Agent, ValidFrom: string(m.Valid.From), ValidTo: string(m.Valid.To),
		CreatedAt: m.CreatedAt,
	})
}

// RevokeMandate queues a mandate's revocation.
func (t *Tx) RevokeMandate(ctx context.Context, m exchange.Mandate) error {
	_, err := t.write.MandateRevoke(ctx, &m.RevokedAt, m.RevokeReason, m.ID)
	return err
}

// BestMandate reads the mandate of a producer for an agent that holds on a day,
// or else the latest that did not.
func (r Reader) BestMandate(ctx context.Context, agent, producer uuid.UUID, on exchange.Day) (exchange.Mandate, error) {
	row, err := r.q.MandateBest(ctx, agent, producer, string(on))
	return mapRow(row, err, mandateOf)
}

// MandateAsOf reads the mandate of a producer for an agent as it was at a past
// time: what was revoked later still held.
func (r Reader) MandateAsOf(ctx context.Context, agent, producer uuid.UUID, at time.Time, on exchange.Day) (exchange.Mandate, error) {
	row, err := r.q.MandateAsOf(ctx, agent, producer, at, string(on))
	m, err := mapRow(row, err, mandateOf)
	if m.RevokedAt.After(at) {
		m.RevokedAt, m.RevokeReason = time.Time{}, ""
	}
	return m, err
}

var (
	alliances = table{from: "alliances", time: "created_at", id: "id", filters: same("id", "side", "home")}
	grants    = table{from: "grants", time: "created_at", id: "id", filters: same("id", "seller_alliance_id", "buyer_alliance_id")}
	mandates  = table{from: "mandates", time: "created_at", id: "id", filters: same("id", "producer_id", "agent_id")}
)

// ListAlliances lists alliances, the newest first.
func (r Reader) ListAlliances(ctx context.Context, l List) ([]exchange.Alliance, error) {
	return list(ctx, r, alliances, l, allianceOf)
}

// ListGrants lists grants, the newest first.
func (r Reader) ListGrants(ctx context.Context, l List) ([]exchange.Grant, error) {
	return list(ctx, r, grants, l, grantOf)
}

// ListMandates lists mandates, the newest first.
func (r Reader) ListMandates(ctx context.Context, l List) ([]exchange.Mandate, error) {
	return list(ctx, r, mandates, l, mandateOf)
}
