package sample

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// identities registers an issuer for each alliance and authority, and gives the
// personas their roles. Keys that changed are replaced.
func (s *Sample) identities(ctx context.Context, a *app.App, keys Keys) error {
	there := map[string]exchange.Issuer{}
	err := pages(func(p app.Paging) (app.Page[exchange.Issuer], error) {
		return a.ListIssuers(ctx, app.ListIssuers{Paging: p})
	}, func(v exchange.Issuer) { there[v.URL] = v })
	if err != nil {
		return err
	}
	issuers := map[string]exchange.Issuer{}
	for name, v := range s.Alliances {
		if issuers[name], err = s.issuer(ctx, a, keys, there, name, app.RegisterIssuer{AllianceID: v.ID.String()}); err != nil {
			return err
		}
	}
	for name, v := range s.Authorities {
		if issuers[name], err = s.issuer(ctx, a, keys, there, name, app.RegisterIssuer{AuthorityID: v.ID.String()}); err != nil {
			return err
		}
	}
	return s.roles(ctx, a, issuers)
}

func (s *Sample) issuer(ctx context.Context, a *app.App, keys Keys, there map[string]exchange.Issuer, name string,
	c app.RegisterIssuer,
) (exchange.Issuer, error) {
	url, jwks, err := keys(name)
	if err != nil {
		return exchange.Issuer{}, err
	}
	known, ok := there[url]
	switch {
	case ok && known.JWKS == jwks:
		return known, nil
	case ok:
		r, err := a.ReplaceIssuerKeys(ctx, app.ReplaceIssuerKeys{ID: known.ID.String(), JWKS: jwks})
		return r.Value, err
	}
	c.URL, c.JWKS = url, jwks
	r, err := a.RegisterIssuer(ctx, c)
	return r.Value, err
}

func (s *Sample) roles(ctx context.Context, a *app.App, issuers map[string]exchange.Issuer) error {
	type key struct {
		issuer  uuid.UUID
		subject string
		role    exchange.Role
	}
	there := map[key]bool{}
	err := pages(func(p app.Paging) (app.Page[exchange.RoleAssignment], error) {
		return a.ListRoles(ctx, app.ListRoles{Paging: p})
	}, func(v exchange.RoleAssignment) { there[key{v.Issuer, v.Subject, v.Role}] = true })
	for _, p := range Personas() {
		issuer := issuers[p.Issuer].ID
		if err != nil || there[key{issuer, p.Subject, p.Role}] {
			continue
		}
		c := app.AssignRole{IssuerID: issuer.String(), Subject: p.Subject, Role: p.Role}
		if p.Member != "" {
			c.MemberID = s.Members[p.Member].ID.String()
		}
		_, err = a.AssignRole(ctx, c)
	}
	return err
}
