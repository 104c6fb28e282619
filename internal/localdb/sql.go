package localdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

var errRegionsNeedCockroach = errors.New("three regions need CockroachDB")

// connect uses the simple protocol: the few statements here gain nothing from
// being prepared, and it also passes poolers that cannot prepare.
func connect(ctx context.Context, dsn string) (*pgx.Conn, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

// disconnect bounds the goodbye, whose context may already be over.
func disconnect(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // nothing was left to be written
}

func serverVersion(ctx context.Context, dsn string) (string, error) {
	conn, err := connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer disconnect(conn)
	var version string
	if err := conn.QueryRow(ctx, "select version()").Scan(&version); err != nil {
		return "", fmt.Errorf("ask for the version: %w", err)
	}
	return version, nil
}

func engineOf(version string) (Engine, error) {
	switch {
	case strings.HasPrefix(version, "CockroachDB"):
		return CockroachDB, nil
	case strings.HasPrefix(version, "PostgreSQL"):
		return PostgreSQL, nil
	}
	return "", fmt.Errorf("the server is neither CockroachDB nor PostgreSQL: %q", version)
}

// shortVersion keeps the name and the number of a version() text such as
// "PostgreSQL 15.3 on x86_64…" or "CockroachDB CCL v24.3.1 (x86_64…".
func shortVersion(version string) string {
	for _, end := range []string{" on ", " ("} {
		version, _, _ = strings.Cut(version, end)
	}
	return version
}

func createDatabase(ctx context.Context, dsn string, e Engine, name string) error {
	conn, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer disconnect(conn)
	stmt := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if e == PostgreSQL {
		// template1 cannot be copied while somebody is connected to it;
		// nobody can connect to template0.
		stmt += " TEMPLATE template0"
	}
	_, err = conn.Exec(ctx, stmt)
	return err
}

// ensureDatabase makes the database if it is missing. Only one process starts
// a data folder at a time, so nobody can make it between look and creation.
func ensureDatabase(ctx context.Context, dsn string, e Engine, name string) error {
	conn, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer disconnect(conn)
	var there bool
	err = conn.QueryRow(ctx, "select count(*) > 0 from pg_catalog.pg_database where datname = $1", name).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for database %q: %w", name, err)
	}
	if there {
		return nil
	}
	if err := createDatabase(ctx, dsn, e, name); err != nil {
		return fmt.Errorf("create database %q: %w", name, err)
	}
	return nil
}

// withDatabase is the same URL with another database in it.
func withDatabase(dsn, name string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errors.New("the database URL cannot be read as postgres://…") // the cause would show the password
	}
	u.Path, u.RawPath = "/"+name, ""
	q := u.Query()
	q.Del("dbname") // a parameter would win over the path
	q.Del("database")
	u.RawQuery = q.Encode()
	return u.String(), nil
}
