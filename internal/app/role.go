package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// AssignRole gives a role to a subject of an issuer.
type AssignRole struct {
	Meta
	IssuerID, Subject, MemberID string
	Role                        exchange.Role
}

// ListRoles pages through role assignments.
type ListRoles struct{ Paging }

func (a *App) roles() noun[exchange.RoleAssignment] {
	return noun[exchange.RoleAssignment]{authz.Role, a.store.Role, a.store.ListRoles, roleAttributes,
		func(v exchange.RoleAssignment) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

func roleAttributes(v exchange.RoleAssignment) map[string]any {
	return map[string]any{
		"id": v.ID.String(), "issuer_id": v.Issuer.String(), "alliance_id": uuidText(v.Alliance), "subject": v.Subject,
		"member_id": uuidText(v.Member),
	}
}

// AssignRole gives a role to a subject of an issuer.
func (a *App) AssignRole(ctx context.Context, c AssignRole) (Result[exchange.RoleAssignment], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.RoleAssign, c)
	if err != nil {
		return Result[exchange.RoleAssignment]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.RoleAssignment, error) {
		v := exchange.RoleAssignment{ID: uuid.New(), Subject: c.Subject, Role: c.Role, CreatedAt: u.at}
		issuer, err := target(ctx, u, a.issuers(), "issuer_id", c.IssuerID, u.Issuer)
		if err != nil {
			return v, err
		}
		var member *exchange.Member
		if c.MemberID != "" {
			m, err := target(ctx, u, a.members(), "member_id", c.MemberID, u.Member)
			if err != nil {
				return v, err
			}
			member = &m
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Issuer: &issuer, Member: member, Assignment: &v}); err != nil {
			return v, err
		}
		if v, err = exchange.NewAssignment(v, issuer, member); err != nil {
			return v, err
		}
		return v, errors.Join(u.InsertRole(ctx, v), u.directoryEvent(ctx, "role.assigned", authz.Role, v.ID, v))
	})
}

// ListRoles lists role assignments, the newest first.
func (a *App) ListRoles(ctx context.Context, c ListRoles) (Page[exchange.RoleAssignment], error) {
	return listOf(ctx, a, a.roles(), c.Paging, nil)
}

// RevokeRole takes a role away.
func (a *App) RevokeRole(ctx context.Context, c Step) (Result[exchange.RoleAssignment], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.RoleRevoke, c)
	if err != nil {
		return Result[exchange.RoleAssignment]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.RoleAssignment, error) {
		v, err := target(ctx, u, a.roles(), "id", c.ID, u.Role)
		if err != nil {
			return v, err
		}
		issuer, err := u.Issuer(ctx, v.Issuer)
		if err != nil {
			return v, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Issuer: &issuer, Assignment: &v}); err != nil {
			return v, err
		}
		return v, errors.Join(u.DeleteRole(ctx, v.ID), u.directoryEvent(ctx, "role.revoked", authz.Role, v.ID, v))
	})
}
