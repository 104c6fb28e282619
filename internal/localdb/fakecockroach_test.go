package localdb

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// writeFakeCockroach makes a program that behaves like cockroach as far as we
// use it: version, init, start, and the few statements of sql.go.
func writeFakeCockroach(t *testing.T, version string) string {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	path := filepath.Join(t.TempDir(), "cockroach")
	script := fmt.Sprintf("#!/bin/sh\n%s='%s' exec '%s' \"$@\"\n", asCockroach, version, self)
	// A child that is forked meanwhile would hold the file open for writing, and a file
	// that is being written cannot be run.
	syscall.ForkLock.RLock()
	err = os.WriteFile(path, []byte(script), 0o755)
	syscall.ForkLock.RUnlock()
	must(t, err)
	return path
}

func onlyCockroach(binary string) machine {
	m := bareMachine()
	m.getenv = func(string) string { return binary }
	m.lookPath = func(name string) (string, error) {
		_, err := os.Stat(name)
		return name, err
	}
	return m
}

func fakeCockroach(args []string) int {
	switch args[0] {
	case "version":
		fmt.Println(os.Getenv(asCockroach))
		return 0
	case "init":
		if err := os.Mkdir("cockroach/initialised", 0o700); err != nil {
			fmt.Println("ERROR: cluster has already been initialized")
			return 1
		}
		return 0
	}
	flags := map[string]string{}
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		flags[name] = value
	}
	store := flags["--store"]
	err := os.MkdirAll(store, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(store, "args"), []byte(strings.Join(args, "\n")), 0o600)
	}
	if err == nil {
		err = serveFake(flags["--listen-addr"], store)
	}
	fmt.Println("ERROR:", err)
	return 1
}

func serveFake(address, store string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			_ = serveFakeConn(pgproto3.NewBackend(conn, conn), store)
		}()
	}
}

func serveFakeConn(b *pgproto3.Backend, store string) error {
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return err
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	for {
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if err := b.Flush(); err != nil {
			return err
		}
		msg, err := b.Receive()
		if err != nil {
			return err
		}
		q, ok := msg.(*pgproto3.Query)
		if !ok {
			return errors.New("only simple queries")
		}
		answerFake(b, store, q.String)
	}
}

func answerFake(b *pgproto3.Backend, store, sql string) {
	const textOID, boolOID = 25, 16
	row := func(oid uint32, value string) {
		b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("v"), DataTypeOID: oid}}})
		b.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(value)}})
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	}
	database := filepath.Join(store, "database-"+databaseName)
	switch {
	case strings.Contains(sql, "version()"):
		row(textOID, "CockroachDB CCL "+os.Getenv(asCockroach)+" (fake)")
	case strings.Contains(sql, "pg_database"):
		value := "f"
		if _, err := os.Stat(database); err == nil {
			value = "t"
		}
		row(boolOID, value)
	case strings.HasPrefix(sql, "CREATE DATABASE \""+databaseName+`"`):
		_ = os.Mkdir(database, 0o700)
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("CREATE DATABASE")})
	default:
		b.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42601", Message: "the fake does not know " + sql})
	}
}
