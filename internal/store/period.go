package store

import (
	"context"
	"time"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func periodOf(r db.Period) exchange.Period {
	return exchange.Period{
		ID: r.ID, State: exchange.PeriodState(r.State), StateReason: r.StateReason, Position: r.Position, Checkpoint: r.Checkpoint,
		SoftClosedBy: exchange.Person{Issuer: r.SoftIssuerID.UUID, Subject: r.SoftSubject}, SoftClosedAt: timeOf(r.SoftClosedAt),
		ClosedBy: exchange.Person{Issuer: r.CloseIssuerID.UUID, Subject: r.CloseSubject}, ClosedAt: timeOf(r.ClosedAt),
		PolicyRevision: r.PolicyRevision, UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// Period reads a period that some step was taken with, or ErrNotFound.
func (r Reader) Period(ctx context.Context, id string) (exchange.Period, error) {
	row, err := r.q.PeriodGet(ctx, id)
	return mapRow(row, err, periodOf)
}

// LockPeriod reads a period that is going to be changed, or ErrNotFound.
func (t *Tx) LockPeriod(ctx context.Context, id string) (exchange.Period, error) {
	row, err := t.q.PeriodLock(ctx, id)
	return mapRow(row, err, periodOf)
}

// Periods reads those of the periods that some step was taken with.
func (r Reader) Periods(ctx context.Context, ids []string) ([]exchange.Period, error) {
	rows, err := r.q.PeriodsList(ctx, ids)
	return mapRows(rows, err, periodOf)
}

// SavePeriod queues a period.
func (t *Tx) SavePeriod(ctx context.Context, p exchange.Period) error {
	return t.write.PeriodUpsert(ctx, db.PeriodUpsertParams{
		ID: p.ID, Starts: p.Start(), Ends: p.End(), State: string(p.State), StateReason: p.StateReason, Position: p.Position,
		Checkpoint: p.Checkpoint, SoftIssuerID: nullUUID(p.SoftClosedBy.Issuer), SoftSubject: p.SoftClosedBy.Subject,
		SoftClosedAt: optionalTime(p.SoftClosedAt), CloseIssuerID: nullUUID(p.ClosedBy.Issuer), CloseSubject: p.ClosedBy.Subject,
		ClosedAt: optionalTime(p.ClosedAt), PolicyRevision: p.PolicyRevision, UpdatedAt: p.UpdatedAt,
	})
}

// UnsealedBefore says whether something that is dated before an instant still
// waits to be sealed.
func (r Reader) UnsealedBefore(ctx context.Context, before time.Time) (bool, error) {
	waits, err := r.q.UnsealedBefore(ctx, exchange.Homes(), before)
	return waits, readError(err)
}

// optionalTime is nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
