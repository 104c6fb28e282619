package localdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestPostgres is the oldest major version that the product runs on.
const oldestPostgres = 14

// pgInstall is one PostgreSQL of this machine.
type pgInstall struct {
	bin     string // folder of its programs
	version string
	major   int
}

func (p pgInstall) program(name string) string { return filepath.Join(p.bin, name) }

func (p pgInstall) String() string { return fmt.Sprintf("PostgreSQL %s in %s", p.version, p.bin) }

// findPostgres chooses an installation: the one of the wanted major version if
// there is data already (0 if not), or else the first that is new enough.
func findPostgres(ctx context.Context, m machine, wanted int) (pgInstall, error) {
	found, problems := installedPostgres(ctx, m)
	var others []string
	for _, p := range found {
		if p.major == wanted || wanted == 0 && p.major >= oldestPostgres {
			return p, nil
		}
		others = append(others, p.String())
	}
	switch {
	case len(others) == 0 && len(problems) > 0:
		return pgInstall{}, errors.New(strings.Join(problems, "; "))
	case len(others) == 0:
		return pgInstall{}, fmt.Errorf("none found on PATH, by pg_config or in %s", m.postgresBins)
	case wanted != 0:
		return pgInstall{}, fmt.Errorf("the data was made by PostgreSQL %d, and only that version can read it; found %s", wanted, strings.Join(others, ", "))
	}
	return pgInstall{}, fmt.Errorf("version %d or newer is needed; found %s", oldestPostgres, strings.Join(others, ", "))
}

// installedPostgres lists what is installed, in the order of preference: what
// is on PATH, what pg_config names, then the usual folders, newest first.
func installedPostgres(ctx context.Context, m machine) (found []pgInstall, problems []string) {
	var bins []string
	if p, err := m.lookPath("postgres"); err == nil {
		// A link in a bin folder leads to where initdb and pg_ctl are, too.
		if p, err = filepath.EvalSymlinks(p); err == nil {
			bins = append(bins, filepath.Dir(p))
		}
	}
	if p, err := m.lookPath("pg_config"); err == nil {
		if dir, err := (command{path: p, args: []string{"--bindir"}}).output(ctx); err == nil {
			bins = append(bins, dir)
		}
	}
	explicit := len(bins)
	more, _ := filepath.Glob(m.postgresBins) // the pattern is a constant or empty
	bins = append(bins, more...)

	seen := map[string]bool{}
	var usual []pgInstall
	for i, bin := range bins {
		if seen[bin] {
			continue
		}
		seen[bin] = true
		p, err := examinePostgres(ctx, bin)
		switch {
		case err != nil:
			problems = append(problems, err.Error())
		case i < explicit:
			found = append(found, p)
		default:
			usual = append(usual, p)
		}
	}
	slices.SortStableFunc(usual, func(a, b pgInstall) int { return cmp.Compare(b.major, a.major) })
	return append(found, usual...), problems
}

// examinePostgres checks that the server's programs are there; packages with
// only the client's programs share the same folder.
func examinePostgres(ctx context.Context, bin string) (pgInstall, error) {
	p := pgInstall{bin: bin}
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		if _, err := exec.LookPath(p.program(name)); err != nil {
			return p, fmt.Errorf("%s has no %s", bin, name)
		}
	}
	out, err := command{path: p.program("postgres"), args: []string{"--version"}}.output(ctx)
	if err != nil {
		return p, fmt.Errorf("%s --version: %w %s", p.program("postgres"), err, out)
	}
	v := regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`).FindStringSubmatch(out)
	if v == nil {
		return p, fmt.Errorf("%s --version prints %q", p.program("postgres"), out)
	}
	p.version = v[1]
	p.major, err = strconv.Atoi(v[2])
	return p, err
}
