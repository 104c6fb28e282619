package localdb

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	lockFile   = "lock"   // held while the folder is in use; has the holder's pid
	engineFile = "engine" // which engine made the data
)

// dataDir is the folder of one database: a lock, the memory of which engine
// made the data, and that engine's files. We alone use it while it is open.
type dataDir struct {
	path      string // absolute, without symbolic links
	temporary bool
	lock      *os.File
	made      madeBy
}

// madeBy is what the folder remembers; the zero value means a fresh folder.
type madeBy struct {
	engine Engine
	nodes  int
}

// openDataDir takes the folder for us alone; an empty path makes a temporary one.
func openDataDir(path string) (*dataDir, error) {
	if path == "" {
		return openTemporary()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	// The folders above stay passable: PostgreSQL may run as another user.
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	// PostgreSQL reports its folder without links; ours must compare equal.
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	return lockDataDir(path, false)
}

// openTemporary makes a temporary folder where the user that PostgreSQL will
// run as can get to: a root's TMPDIR is often closed to others.
func openTemporary() (*dataDir, error) {
	base := os.TempDir()
	if acc, err := serviceAccount(); err == nil && acc != nil {
		for _, b := range []string{base, "/var/tmp"} {
			if closedFolder(b, *acc) == "" {
				base = b
				break
			}
		}
	}
	path, err := os.MkdirTemp(base, "sushaan-localdb-")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, fmt.Errorf("make a temporary data folder: %w", err)
	}
	return lockDataDir(path, true)
}

// refuseForeign keeps us out of folders with somebody's files in them: we
// change the owner of our folder and remove what a failed start left behind.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	foreign := ""
	for _, e := range entries {
		switch e.Name() {
		case engineFile:
			return nil
		case lockFile, engineFile + ".new":
		default:
			foreign = e.Name()
		}
	}
	if foreign != "" {
		return fmt.Errorf("the data folder %s has other things in it (%s) and was not made by localdb: give an empty or a new folder", path, foreign)
	}
	return nil
}

func lockDataDir(path string, temporary bool) (*dataDir, error) {
	name := filepath.Join(path, lockFile)
	// The lock must not outlive us in a child: os.OpenFile closes on exec.
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock the data folder %s: %w", path, err)
		}
		return nil, fmt.Errorf("the data folder %s is in use by process %s: stop it, or give another folder", path, holder(f))
	}
	d := &dataDir{path: path, temporary: temporary, lock: f}
	if err := d.readMemory(f); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *dataDir) readMemory(lock *os.File) error {
	if err := lock.Truncate(0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	if _, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	b, err := os.ReadFile(d.file(engineFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	var engine string
	if _, err := fmt.Sscanf(string(b), "%s nodes=%d\n", &engine, &d.made.nodes); err != nil {
		return fmt.Errorf("the file %s cannot be understood: %q", d.file(engineFile), b)
	}
	d.made.engine = Engine(engine)
	if d.made.engine != CockroachDB && d.made.engine != PostgreSQL {
		return fmt.Errorf("the data folder %s was made by an engine that this program does not know: %q", d.path, engine)
	}
	return nil
}

// holder reads the pid from the lock file; the holder writes it right after locking.
func holder(lock *os.File) string {
	for range 20 {
		var b [32]byte
		n, _ := lock.ReadAt(b[:], 0)
		if pid := bytes.TrimSpace(b[:n]); len(pid) > 0 {
			return string(pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "unknown"
}

func (d *dataDir) file(name ...string) string {
	return filepath.Join(append([]string{d.path}, name...)...)
}

// claim makes the folder the engine's, or says whose it is. It comes before
// the first data, so that data without an owner cannot exist.
func (d *dataDir) claim(e Engine, nodes int) error {
	if err := d.refuseOther(e); err != nil {
		return err
	}
	if d.made.engine == e {
		return nil
	}
	return d.write(engineFile, fmt.Sprintf("%s nodes=%d\n", e, nodes), 0o644)
}

// refuseOther is an error if another engine made the folder.
func (d *dataDir) refuseOther(e Engine) error {
	if d.made.engine == "" || d.made.engine == e {
		return nil
	}
	return fmt.Errorf("not tried, the data folder %s was made by %s", d.path, d.made.engine)
}

// unclaim takes back a claim on a folder that was fresh, with what the failed
// attempt left, so that the next way finds it fresh again.
func (d *dataDir) unclaim(names ...string) error {
	if d.made.engine != "" {
		return nil
	}
	var errs []error
	for _, n := range append(names, engineFile) {
		errs = append(errs, removeAll(d.file(n)))
	}
	return errors.Join(errs...)
}

// write replaces a file of the folder as a whole, so that a crash leaves the
// old or the new one, and gives it to the owner of the folder.
func (d *dataDir) write(name, text string, mode os.FileMode) error {
	path := d.file(name)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(mode), d.giveToOwner(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (d *dataDir) giveToOwner(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := ownerOf(d.path)
	if err != nil {
		return err
	}
	return f.Chown(uid, gid)
}

// read returns a file's text without the line end; empty if there is none.
func (d *dataDir) read(name string) string {
	b, err := os.ReadFile(d.file(name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// close frees the folder; a temporary one is removed first.
func (d *dataDir) close() error {
	var err error
	if d.temporary {
		err = removeAll(d.path)
	}
	return errors.Join(err, d.lock.Close())
}

// removeAll tries for a while: the helpers of a database that was killed may
// still write for a moment.
func removeAll(path string) error {
	var err error
	for range 30 {
		if err = os.RemoveAll(path); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}
