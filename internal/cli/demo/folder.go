package demo

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sushaan/exchange/internal/proof"
)

// rootFolder is where a root's demo keeps its data: PostgreSQL, which then runs
// as another user, cannot pass through root's own home.
const rootFolder = "/var/lib/sushaan/demo"

// DefaultFolder is where the demo keeps its data from one start to the next,
// unless somebody says otherwise. Regions have one of their own: one node cannot
// become three.
func DefaultFolder(regions bool) (string, error) {
	suffix := ""
	if regions {
		suffix = "-regions"
	}
	if os.Geteuid() == 0 {
		return rootFolder + suffix, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the data, give --data-dir: %w", err)
	}
	return filepath.Join(cache, "sushaan", "demo"+suffix), nil
}

// folder is where the demo keeps what it makes. The database has a folder of
// its own in it, which package localdb looks after and locks.
type folder struct {
	path      string
	temporary bool
}

// openFolder takes a folder, or makes a temporary one where the path is empty.
// Others may pass through it, since the database may run as another user;
// every file with a secret is closed to them.
func openFolder(path string) (folder, error) {
	if path == "" {
		path, err := os.MkdirTemp("", "sushaan-demo-")
		return folder{path, true}, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return folder{}, err
	}
	return folder{path, false}, os.MkdirAll(path, 0o755)
}

func (f folder) file(name ...string) string {
	return filepath.Join(append([]string{f.path}, name...)...)
}

// database is the folder for localdb; empty where it is to be temporary, since
// localdb knows best where a temporary one can be.
func (f folder) database() string {
	if f.temporary {
		return ""
	}
	return f.file("db")
}

func (f folder) contexts() string           { return f.file("sushaanctl.yaml") }
func (f folder) authority() string          { return f.file("ca.pem") }
func (f folder) log() string                { return f.file("server.log") }
func (f folder) token(person string) string { return f.file("tokens", person+".jwt") }
func (f folder) key(issuer string) string   { return f.file("keys", issuer+".jwk") }

// sealKey makes the exchange's own key where there is none, its public part
// beside it, and gives the file of the private one.
func sealKey(f folder) (string, error) {
	path := f.file("signing.key")
	_, err := readOrMake(path, func() ([]byte, error) {
		private, public, err := proof.NewKey(rand.Reader, "demo.exchange.sushaan/ledger")
		if err != nil {
			return nil, err
		}
		// The public part first: a private key whose public part is lost is useless.
		return []byte(private + "\n"), os.WriteFile(f.file("verifier.key"), []byte(public+"\n"), 0o644)
	})
	return path, err
}

// remove takes a temporary folder away.
func (f folder) remove() error {
	if !f.temporary {
		return nil
	}
	return os.RemoveAll(f.path)
}

// writeSecret writes a file that only its owner can read. It is replaced in one
// step, so that a reader sees the old content or the new.
func writeSecret(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // fails, rightly, once it is renamed
	_, err = temp.Write(content)
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// readOrMake reads a secret file and makes it where there is none.
func readOrMake(path string, make func() ([]byte, error)) ([]byte, error) {
	content, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	if content, err = make(); err != nil {
		return nil, err
	}
	return content, writeSecret(path, content)
}
