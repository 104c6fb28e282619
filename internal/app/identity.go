package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// identitySize is how many issuers and how many principals are remembered, each
// for Limits.IdentityTime: for reads, what was disabled or revoked bites within
// that time. A write reads the roles again in the transaction that decides, and
// who trades.
const identitySize = 10_000

// Issuer finds an enabled issuer by the iss claim of its tokens.
func (a *App) Issuer(ctx context.Context, iss string) (exchange.Issuer, error) {
	return a.issuersSeen.of(a.now(), a.limits.IdentityTime, iss, func() (exchange.Issuer, error) {
		i, err := a.store.IssuerByURL(ctx, iss)
		if errors.Is(err, store.ErrNotFound) || (err == nil && i.Disabled) {
			return i, fault.New(fault.IssuerUnknown)
		}
		return i, err
	})
}

// Principal completes who a verified token speaks for. The issuer decides which
// alliance or authority that can be; the member claim, an id or a credit code,
// must name a member of that alliance (invariant I8). Roles are the
// directory's, not the token's.
func (a *App) Principal(ctx context.Context, issuer exchange.Issuer, subject, member string) (exchange.Principal, error) {
	key := issuer.ID.String() + "\x00" + subject + "\x00" + member
	return a.principalsSeen.of(a.now(), a.limits.IdentityTime, key, func() (exchange.Principal, error) {
		p := exchange.Principal{Issuer: issuer.ID, Subject: subject}
		var err error
		if issuer.Alliance == uuid.Nil {
			err = a.authorityPrincipal(ctx, &p, issuer.Authority)
		} else {
			err = a.memberPrincipal(ctx, &p, issuer.Alliance, member)
		}
		if err != nil {
			return p, err
		}
		roles, err := a.store.RolesOf(ctx, issuer.ID, subject)
		p.Roles = rolesFor(p, roles)
		return p, err
	})
}

// rolesFor are the roles that a principal has as who it is.
func rolesFor(p exchange.Principal, assigned []exchange.RoleAssignment) []exchange.Role {
	var roles []exchange.Role
	for _, r := range assigned {
		if p.Member == nil || r.Member == p.Member.ID {
			roles = append(roles, r.Role)
		}
	}
	return roles
}

// refreshRoles reads the caller's roles as they are in this transaction; an
// issuer that was disabled leaves none (invariant I7). Whoever comes with a token
// has an issuer; without one it is this program itself, such as the sample's seed.
func (u *unit) refreshRoles(ctx context.Context) error {
	if u.principal.Issuer == uuid.Nil {
		return nil
	}
	assigned, err := u.RolesOf(ctx, u.principal.Issuer, u.principal.Subject)
	u.principal.Roles = rolesFor(u.principal, assigned)
	return err
}

func (a *App) authorityPrincipal(ctx context.Context, p *exchange.Principal, id uuid.UUID) error {
	authority, err := a.store.Authority(ctx, id)
	p.Authority = &authority
	return err
}

func (a *App) memberPrincipal(ctx context.Context, p *exchange.Principal, id uuid.UUID, member string) error {
	if member == "" {
		return fault.New(fault.MemberClaimAbsent)
	}
	alliance, err := a.store.Alliance(ctx, id)
	if err != nil {
		return err
	}
	m, err := a.memberClaimed(ctx, id, member)
	if errors.Is(err, store.ErrNotFound) || (err == nil && m.Alliance != id) {
		return fault.New(fault.TokenInvalid)
	}
	if err != nil {
		return err
	}
	p.Member, p.Alliance = &m, &alliance
	if m.Side == exchange.Buyer {
		p.GrantedBy, err = a.store.GrantedTo(ctx, id, exchange.DayOf(a.now()))
	}
	return err
}

func (a *App) memberClaimed(ctx context.Context, alliance uuid.UUID, member string) (exchange.Member, error) {
	if id, err := uuid.Parse(member); err == nil {
		return a.store.Member(ctx, id)
	}
	return a.store.MemberByCode(ctx, alliance, member)
}

// seen remembers answers for a short time. Errors are not remembered.
type seen[T any] struct {
	mu   sync.Mutex
	kept map[string]remembered[T]
}

type remembered[T any] struct {
	value T
	until time.Time
}

func (s *seen[T]) of(now time.Time, keep time.Duration, key string, read func() (T, error)) (T, error) {
	s.mu.Lock()
	r, ok := s.kept[key]
	s.mu.Unlock()
	if ok && now.Before(r.until) {
		return r.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil || len(s.kept) >= identitySize {
		s.kept = map[string]remembered[T]{}
	}
	s.kept[key] = remembered[T]{value, now.Add(keep)}
	return value, nil
}
