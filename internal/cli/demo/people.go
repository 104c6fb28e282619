package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/contexts"
	"github.com/sushaan/exchange/internal/identity"
)

const (
	// tokenLife is how long the personas' tokens are valid; each start of the
	// demo signs new ones.
	tokenLife = 30 * 24 * time.Hour
	// issuerURL begins the iss claim of the demo's issuers, which the exchange
	// knows by their keys alone: nothing is there.
	issuerURL    = "https://issuers.sushaan.example/"
	keyAlgorithm = "EdDSA"
)

// person is one of the demo's personas: somebody with a token.
type person struct {
	name    string // of the context
	issuer  string // by whose key the token is signed
	subject string
	credit  string // credit code of the member; empty for an authority's person
	token   string
	member  string // id of the member, as the exchange says
}

// keyring are the private keys of the demo's issuers, kept in its folder.
type keyring struct {
	folder folder
	keys   map[string]identity.Key
}

// issuer gives the URL and the public key set of an issuer; its key is made
// when it is first asked for.
func (k *keyring) issuer(name string) (url, jwks string, err error) {
	key, err := k.key(name)
	if err != nil {
		return "", "", err
	}
	jwks, err = key.KeySet()
	return issuerURL + name, jwks, err
}

func (k *keyring) key(name string) (identity.Key, error) {
	if key, ok := k.keys[name]; ok {
		return key, nil
	}
	raw, err := readOrMake(k.folder.key(name), func() ([]byte, error) {
		key, err := identity.NewKey(keyAlgorithm)
		if err != nil {
			return nil, err
		}
		return json.Marshal(key)
	})
	if err != nil {
		return identity.Key{}, err
	}
	key, err := identity.ParseKey(raw)
	if err != nil {
		return key, fmt.Errorf("%s: %w", k.folder.key(name), err)
	}
	k.keys[name] = key
	return key, nil
}

// sign gives a person a token and puts it where the person's context finds it.
func (k *keyring) sign(p *person, now time.Time) error {
	key, err := k.key(p.issuer)
	if err != nil {
		return err
	}
	p.token, err = key.Issue(identity.Token{
		Issuer: issuerURL + p.issuer, Subject: p.subject, Member: p.credit, Audience: []string{identity.Audience},
		IssuedAt: now, NotBefore: now, Expires: now.Add(tokenLife),
	})
	if err != nil {
		return err
	}
	return writeSecret(k.folder.token(p.name), []byte(p.token+"\n"))
}

// writeContexts writes sushaanctl's configuration, one context a person. Other
// contexts that somebody added and the choice of the current one are kept.
func writeContexts(f folder, people []person, server string) error {
	config, err := contexts.Load(f.contexts())
	if err != nil {
		return err
	}
	for _, p := range people {
		x := contexts.Context{Name: p.name, Server: server, CAFile: "ca.pem", TokenFile: "tokens/" + p.name + ".jwt"}
		if old, ok := config.Find(p.name); ok {
			x.Language = old.Language
		}
		config.Set(x)
	}
	if config.CurrentContext == "" {
		config.CurrentContext = people[0].name
	}
	return contexts.Save(f.contexts(), config)
}

// introduce lets every person ask the exchange who they are.
func (s *stage) introduce(ctx context.Context, names []string) error {
	for _, name := range names {
		out, err := act(ctx, s, name, &pb.WhoAmIRequest{}, func(out *pb.WhoAmIResponse) (string, error) {
			if len(out.GetRoles()) == 0 {
				return "", fmt.Errorf("%s has no role", out.GetSubject())
			}
			return whoLine(out), nil
		})
		if err != nil {
			return err
		}
		p := s.people[name]
		p.member = out.GetMemberId()
		s.people[name] = p
	}
	return nil
}

func whoLine(w *pb.WhoAmIResponse) string {
	roles := make([]string, len(w.GetRoles()))
	for i, r := range w.GetRoles() {
		roles[i] = nameOf(r)
	}
	acts := "member " + w.GetMemberId()
	if w.GetAuthorityId() != "" {
		acts = "authority " + w.GetAuthorityId()
	}
	return fmt.Sprintf("%s is %s of %s", w.GetSubject(), strings.Join(roles, ", "), acts)
}
