package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func memberOf(r db.Member) exchange.Member {
	return exchange.Member{
		ID: r.ID, Alliance: r.AllianceID, Side: exchange.Side(r.Side), CreditCode: r.CreditCode, NameZH: r.NameZh,
		NameEN: r.NameEn, Class: exchange.MemberClass(r.Class), Division: r.Division, State: exchange.MemberState(r.State),
		StateReason: r.StateReason, AdmittedAt: r.AdmittedAt.UTC(),
	}
}

// Member reads a member.
func (r Reader) Member(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	row, err := r.q.MemberGet(ctx, id)
	return mapRow(row, err, memberOf)
}

// MemberByCode reads a member of an alliance by its credit code.
func (r Reader) MemberByCode(ctx context.Context, alliance uuid.UUID, code string) (exchange.Member, error) {
	row, err := r.q.MemberByCode(ctx, alliance, code)
	return mapRow(row, err, memberOf)
}

// HoldMember reads a member that an order relies on: it stays as it is until the
// order is committed. Serializable alone would let the order commit after a
// change that it did not see.
func (t *Tx) HoldMember(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	return recalled(t.memory.held.buyers, id, func() (exchange.Member, error) {
		row, err := t.q.MemberHold(ctx, id)
		return mapRow(row, err, memberOf)
	})
}

// LockMember reads a member that is going to be changed.
func (t *Tx) LockMember(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	row, err := t.q.MemberLock(ctx, id)
	return mapRow(row, err, memberOf)
}

// InsertMember queues a new member.
func (t *Tx) InsertMember(ctx context.Context, m exchange.Member) error {
	return t.write.MemberInsert(ctx, db.MemberInsertParams{
		ID: m.ID, AllianceID: m.Alliance, Side: string(m.Side), CreditCode: m.CreditCode, NameZh: m.NameZH, NameEn: m.NameEN,
		Class: string(m.Class), Division: m.Division, State: string(m.State), StateReason: m.StateReason, AdmittedAt: m.AdmittedAt,
	})
}

// UpdateMember queues a member's state.
func (t *Tx) UpdateMember(ctx context.Context, m exchange.Member) error {
	_, err := t.write.MemberUpdate(ctx, string(m.State), m.StateReason, m.ID)
	return err
}

func authorityOf(r db.Authority) exchange.Authority {
	return exchange.Authority{
		ID: r.ID, NameZH: r.NameZh, NameEN: r.NameEn, CreatedAt: r.CreatedAt.UTC(),
		Jurisdiction: exchange.Jurisdiction{Kind: exchange.JurisdictionKind(r.JurisdictionKind), Codes: r.JurisdictionCodes},
	}
}

// Authority reads an authority.
func (r Reader) Authority(ctx context.Context, id uuid.UUID) (exchange.Authority, error) {
	row, err := r.q.AuthorityGet(ctx, id)
	return mapRow(row, err, authorityOf)
}

// InsertAuthority queues a new authority.
func (t *Tx) InsertAuthority(ctx context.Context, a exchange.Authority) error {
	return t.write.AuthorityInsert(ctx, db.AuthorityInsertParams{
		ID: a.ID, NameZh: a.NameZH, NameEn: a.NameEN, JurisdictionKind: string(a.Jurisdiction.Kind),
		JurisdictionCodes: append([]string{}, a.Jurisdiction.Codes...), CreatedAt: a.CreatedAt,
	})
}

var (
	members     = table{from: "members", time: "admitted_at", id: "id", filters: same("id", "alliance_id", "side", "class", "division")}
	authorities = table{from: "authorities", time: "created_at", id: "id", filters: same("id")}
)

// ListMembers lists members, the latest admitted first.
func (r Reader) ListMembers(ctx context.Context, l List) ([]exchange.Member, error) {
	return list(ctx, r, members, l, memberOf)
}

// ListAuthorities lists authorities, the newest first.
func (r Reader) ListAuthorities(ctx context.Context, l List) ([]exchange.Authority, error) {
	return list(ctx, r, authorities, l, authorityOf)
}
