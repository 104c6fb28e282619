package localdb

import (
	"context"
	"fmt"
	"net/url"
)

// useGiven takes the database of the caller. It never falls through to another
// way: who names a database wants that one or an error.
func useGiven(ctx context.Context, o Options) (*DB, error) {
	ctx, cancel := context.WithTimeout(ctx, o.StartTimeout)
	defer cancel()

	u, err := url.Parse(o.DatabaseURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		// The parse error is left out: it would repeat the URL and its password.
		return nil, fmt.Errorf("localdb: the database URL that was given is not of the form postgres://user@host:port/name")
	}
	version, err := serverVersion(ctx, o.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("localdb: the database URL that was given, %s, does not work: %w", place(u), err)
	}
	engine, err := engineOf(version)
	if err != nil {
		return nil, fmt.Errorf("localdb: the database URL that was given, %s: %w", place(u), err)
	}
	if o.Regions && engine != CockroachDB {
		return nil, fmt.Errorf("localdb: the database URL that was given, %s, is %s: %w", place(u), engine, errRegionsNeedCockroach)
	}
	reason := fmt.Sprintf("took %s at %s, because a database URL was given", shortVersion(version), place(u))
	if o.DataDir != "" {
		reason += " (so the data folder " + o.DataDir + " is not used)"
	}
	o.Logf("%s", reason)
	return &DB{
		running: running{engine: engine, urls: []string{o.DatabaseURL}},
		reason:  reason,
	}, nil
}

// place is a URL without user, password and parameters, fit for logs.
func place(u *url.URL) string { return u.Host + u.Path }
