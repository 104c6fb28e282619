package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func issuerOf(r db.Issuer) exchange.Issuer {
	return exchange.Issuer{
		ID: r.ID, URL: r.Url, Alliance: r.AllianceID.UUID, Authority: r.AuthorityID.UUID, JWKS: r.Jwks, JWKSURL: r.JwksUrl,
		Disabled: r.Disabled, CreatedAt: r.CreatedAt.UTC(),
	}
}

// Issuer reads an issuer.
func (r Reader) Issuer(ctx context.Context, id uuid.UUID) (exchange.Issuer, error) {
	row, err := r.q.IssuerGet(ctx, id)
	return mapRow(row, err, issuerOf)
}

// IssuerByURL reads an issuer by the iss claim of its tokens.
func (r Reader) IssuerByURL(ctx context.Context, url string) (exchange.Issuer, error) {
	row, err := r.q.IssuerByURL(ctx, url)
	return mapRow(row, err, issuerOf)
}

// LockIssuer reads an issuer that is going to be changed.
func (t *Tx) LockIssuer(ctx context.Context, id uuid.UUID) (exchange.Issuer, error) {
	row, err := t.q.IssuerLock(ctx, id)
	return mapRow(row, err, issuerOf)
}

// InsertIssuer queues a new issuer.
func (t *Tx) InsertIssuer(ctx context.Context, i exchange.Issuer) error {
	return t.write.IssuerInsert(ctx, db.IssuerInsertParams{
		ID: i.ID, Url: i.URL, AllianceID: nullUUID(i.Alliance), AuthorityID: nullUUID(i.Authority), Jwks: i.JWKS,
		JwksUrl: i.JWKSURL, Disabled: i.Disabled, CreatedAt: i.CreatedAt,
	})
}

// UpdateIssuer queues an issuer's keys and whether it is disabled.
func (t *Tx) UpdateIssuer(ctx context.Context, i exchange.Issuer) error {
	_, err := t.write.IssuerUpdate(ctx, i.JWKS, i.JWKSURL, i.Disabled, i.ID)
	return err
}

func roleOf(r db.Role) exchange.RoleAssignment {
	return exchange.RoleAssignment{
		ID: r.ID, Issuer: r.IssuerID, Alliance: r.AllianceID.UUID, Subject: r.Subject, Member: r.MemberID.UUID,
		Role: exchange.Role(r.Role), CreatedAt: r.CreatedAt.UTC(),
	}
}

// maxRoles bounds the roles of one subject.
const maxRoles = 100

// RolesOf lists the roles of an issuer's subject.
func (r Reader) RolesOf(ctx context.Context, issuer uuid.UUID, subject string) ([]exchange.RoleAssignment, error) {
	rows, err := r.q.RolesOfSubject(ctx, issuer, subject, maxRoles)
	return mapRows(rows, err, roleOf)
}

// Role reads a role assignment.
func (r Reader) Role(ctx context.Context, id uuid.UUID) (exchange.RoleAssignment, error) {
	row, err := r.q.RoleGet(ctx, id)
	return mapRow(row, err, roleOf)
}

// InsertRole queues a new role assignment.
func (t *Tx) InsertRole(ctx context.Context, a exchange.RoleAssignment) error {
	return t.write.RoleInsert(ctx, db.RoleInsertParams{
		ID: a.ID, IssuerID: a.Issuer, AllianceID: nullUUID(a.Alliance), Subject: a.Subject, MemberID: nullUUID(a.Member),
		Role: string(a.Role), CreatedAt: a.CreatedAt,
	})
}

// DeleteRole queues the end of a role assignment. Its event keeps what it was.
func (t *Tx) DeleteRole(ctx context.Context, id uuid.UUID) error {
	_, err := t.write.RoleDelete(ctx, id)
	return err
}

var (
	issuers = table{from: "issuers", time: "created_at", id: "id", filters: same("id", "alliance_id", "authority_id")}
	roles   = table{from: "roles", time: "created_at", id: "id", filters: same("id", "issuer_id", "alliance_id", "subject", "member_id")}
)

// ListIssuers lists issuers, the newest first.
func (r Reader) ListIssuers(ctx context.Context, l List) ([]exchange.Issuer, error) {
	return list(ctx, r, issuers, l, issuerOf)
}

// ListRoles lists role assignments, the newest first.
func (r Reader) ListRoles(ctx context.Context, l List) ([]exchange.RoleAssignment, error) {
	return list(ctx, r, roles, l, roleOf)
}
