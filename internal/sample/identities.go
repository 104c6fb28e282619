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
	owners, err := s.owners(keys)
	if err != nil {
		return err
	}
	issuers := map[string]uuid.UUID{}
	// One after the other: each looks at all issuers for one that its owner has, and many at
	// once would have each other repeat it until they give up.
	for _, o := range owners {
		made, err := o.issuer(ctx, a, there)
		if err != nil {
			return err
		}
		issuers[o.name] = made.ID
	}
	return s.roles(ctx, a, issuers)
}

// owner is an alliance or authority with the issuer that it has.
type owner struct {
	name string
	app.RegisterIssuer
}

func (s *Sample) owners(keys Keys) (owners []owner, err error) {
	for _, spec := range allianceSpecs {
		owners = append(owners, owner{spec.name, app.RegisterIssuer{AllianceID: s.Alliances[spec.name].ID.String()}})
	}
	for _, spec := range authoritySpecs {
		owners = append(owners, owner{spec.name, app.RegisterIssuer{AuthorityID: s.Authorities[spec.name].ID.String()}})
	}
	for i := range owners {
		if owners[i].URL, owners[i].JWKS, err = keys(owners[i].name); err != nil {
			return nil, err
		}
	}
	return owners, nil
}

func (o owner) issuer(ctx context.Context, a *app.App, there map[string]exchange.Issuer) (exchange.Issuer, error) {
	known, ok := there[o.URL]
	switch {
	case ok && known.JWKS == o.JWKS:
		return known, nil
	case ok:
		r, err := a.ReplaceIssuerKeys(ctx, app.ReplaceIssuerKeys{ID: known.ID.String(), JWKS: o.JWKS})
		return r.Value, err
	}
	r, err := a.RegisterIssuer(ctx, o.RegisterIssuer)
	return r.Value, err
}

func (s *Sample) roles(ctx context.Context, a *app.App, issuers map[string]uuid.UUID) error {
	type key struct {
		issuer  uuid.UUID
		subject string
		role    exchange.Role
	}
	there := map[key]bool{}
	err := pages(func(p app.Paging) (app.Page[exchange.RoleAssignment], error) {
		return a.ListRoles(ctx, app.ListRoles{Paging: p})
	}, func(v exchange.RoleAssignment) { there[key{v.Issuer, v.Subject, v.Role}] = true })
	if err != nil {
		return err
	}
	_, err = each(ctx, Personas(), func(ctx context.Context, p Persona) (exchange.RoleAssignment, error) {
		if there[key{issuers[p.Issuer], p.Subject, p.Role}] {
			return exchange.RoleAssignment{}, nil
		}
		c := app.AssignRole{IssuerID: issuers[p.Issuer].String(), Subject: p.Subject, Role: p.Role}
		if p.Member != "" {
			c.MemberID = s.Members[p.Member].ID.String()
		}
		r, err := a.AssignRole(ctx, c)
		return r.Value, err
	})
	return err
}
