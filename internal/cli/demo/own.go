package demo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/store"
)

// mostIssuers bounds the issuers that are looked at for the demo's own: the sample
// has 16, and who tries things out adds a few.
const mostIssuers = 1000

// ours refuses a database with an exchange that this folder did not make: the demo
// would put its people into it, and take the keys of another demo's issuers away. It
// is ours where nobody is there yet, or an issuer has a key of the folder.
func ours(ctx context.Context, st *store.Store, f folder) error {
	list, err := st.ListIssuers(ctx, store.List{Filter: exchange.AllowAll{}, Limit: mostIssuers})
	if err != nil {
		err = st.Outdated(ctx, err)
		if fault.Is(err, fault.SchemaTooOld) {
			return nil // nobody can be there
		}
		return err
	}
	for _, i := range list {
		own, err := f.hasKey(i)
		if own || err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	return fault.New(fault.DemoElsewhere, "folder", f.path)
}

// hasKey says whether the folder has the private key of an issuer.
func (f folder) hasKey(i exchange.Issuer) (bool, error) {
	name, ok := strings.CutPrefix(i.URL, issuerURL)
	if !ok || name == "" || strings.ContainsAny(name, `/\`) {
		return false, nil
	}
	raw, err := os.ReadFile(f.key(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	key, err := identity.ParseKey(raw)
	if err != nil {
		return false, err
	}
	jwks, err := key.KeySet()
	if err != nil {
		return false, err
	}
	return jwks == i.JWKS, nil
}
