package store

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sushaan/exchange/internal/fault"
)

// SQLSTATEs that the store acts on.
const (
	stateSerialization = "40001"
	stateCommitUnknown = "40003"
	stateDeadlock      = "40P01"
	stateUnique        = "23505"
	stateCancelled     = "57014"
	stateNoRight       = "42501"
	stateNoTable       = "42P01"
	stateNoColumn      = "42703"
	stateOutOfRange    = "22003"
	stateScan          = "P0003" // of CockroachDB: a table would be scanned
)

// ErrNotFound says that a row is not there.
var ErrNotFound = errors.New("store: not found")

// retryable marks an error so that crdb.ExecuteCtx repeats the transaction:
// it knows 40001 but not PostgreSQL's deadlock.
type retryable struct{ err error }

func (r retryable) Error() string  { return r.err.Error() }
func (r retryable) Unwrap() error  { return r.err }
func (retryable) SQLState() string { return stateSerialization }

// retryState is the SQLSTATE for which a transaction is repeated, or empty.
func retryState(err error) string {
	switch s := sqlState(err); s {
	case stateSerialization, stateDeadlock:
		return s
	default:
		return ""
	}
}

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// isScanRefused says whether CockroachDB refused a statement since it would scan a
// whole table.
func isScanRefused(err error) bool { return sqlState(err) == stateScan }

// IsUnique says whether a write met a row that was there already.
func IsUnique(err error) bool { return sqlState(err) == stateUnique }

// ambiguous says whether a failed COMMIT may have taken place after all: the
// database says so, or it could no longer say anything.
func ambiguous(err error) bool {
	s := sqlState(err)
	return s == stateCommitUnknown || s == "" || s[:2] == "57" || s[:2] == "08" || s == stateCancelled
}

// readError turns the driver's errors into ours. What is not known stays as it
// is and becomes INTERNAL at the edge.
func readError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	state := sqlState(err)
	var refused *pgconn.PgError
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case errors.Is(err, context.Canceled), errors.Is(err, ErrRollback):
		return err
	case state == stateNoRight && errors.As(err, &refused):
		return fault.Wrap(err, fault.RightMissing, "right", refused.Message+
			"; use the user whose rights for this are in deploy/sql/grants.sql, or run that file again")
	case state == stateOutOfRange:
		return fault.Wrap(err, fault.AmountOverflow)
	case errors.Is(err, context.DeadlineExceeded), state == stateCancelled:
		return fault.Wrap(err, fault.DeadlinePassed)
	case errors.As(err, &connect), errors.As(err, &network), pgconn.SafeToRetry(err),
		len(state) == 5 && (state[:2] == "08" || state[:2] == "57" || state[:2] == "53"):
		return fault.Wrap(err, fault.StoreAway)
	case state == "" && isClosed(err):
		return fault.Wrap(err, fault.StoreAway)
	default:
		return err
	}
}

// isClosed says whether the connection broke under a statement.
func isClosed(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}
