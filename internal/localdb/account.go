package localdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the user that PostgreSQL runs as when we are root: it refuses root.
type account struct {
	name     string
	uid, gid uint32
}

// serviceAccount is the user "postgres" or else "nobody" when we are root, and
// nil when we are not, since then the database runs as ourselves.
func serviceAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &account{name, uint32(uid), uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody: run this as an ordinary user")
}

// accountFor is the user for a data folder. Data that an ordinary user has made
// stays that user's, even if root starts it this time.
func accountFor(data string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	uid, gid, err := ownerOf(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil || uid == 0 {
		return serviceAccount()
	}
	name := strconv.Itoa(uid)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return &account{name, uint32(uid), uint32(gid)}, nil
}

func ownerOf(path string) (uid, gid int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("the owner of %s is not known on this system", path)
	}
	return int(s.Uid), int(s.Gid), nil
}

// handOver gives the data folder to the account. Only the top is given, and
// the data below if it is root's: its own files are the account's already.
func handOver(d *dataDir, data string, a *account) error {
	if a == nil {
		return nil
	}
	paths := []string{d.path, d.file(lockFile)}
	if uid, _, err := ownerOf(data); err == nil && uid == 0 {
		err := filepath.WalkDir(data, func(p string, _ fs.DirEntry, err error) error {
			paths = append(paths, p)
			return err
		})
		if err != nil {
			return fmt.Errorf("read the data folder: %w", err)
		}
	}
	for _, p := range paths {
		if err := os.Lchown(p, int(a.uid), int(a.gid)); err != nil {
			return fmt.Errorf("give the data folder to user %s: %w", a.name, err)
		}
	}
	return nil
}

// mustReach finds out whether the account can run the program in the folder,
// by doing it: besides the mode bits there are access lists and mount options.
func mustReach(ctx context.Context, program, dir string, a *account) error {
	out, err := command{path: program, args: []string{"--version"}, dir: dir, as: a}.output(ctx)
	if err == nil {
		return nil
	}
	if a == nil {
		return fmt.Errorf("run %s: %w %s", program, err, out)
	}
	if closed := closedFolder(dir, *a); closed != "" {
		return fmt.Errorf("PostgreSQL refuses to run as root, and user %s, as which it would run, may not enter %s on the way to the data folder: give a data folder elsewhere, or allow it with chmod o+x %s", a.name, closed, closed)
	}
	if closed := closedFolder(filepath.Dir(program), *a); closed != "" {
		return fmt.Errorf("PostgreSQL refuses to run as root, and user %s, as which it would run, may not enter %s on the way to %s: allow it with chmod o+x %s", a.name, closed, program, closed)
	}
	return fmt.Errorf("run %s as user %s in %s: %w %s", program, a.name, dir, err, out)
}

// closedFolder is the first folder on the way down to path, path included,
// that the mode bits forbid the account to pass; empty if there is none.
func closedFolder(path string, a account) string {
	at := string(filepath.Separator)
	for _, part := range append([]string{""}, strings.Split(filepath.Clean(path), at)...) {
		at = filepath.Join(at, part)
		info, err := os.Stat(at)
		if err != nil {
			return at
		}
		uid, gid, err := ownerOf(at)
		if err != nil {
			return ""
		}
		bit := os.FileMode(0o001)
		switch {
		case uid == int(a.uid):
			bit = 0o100
		case gid == int(a.gid):
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			return at
		}
	}
	return ""
}
