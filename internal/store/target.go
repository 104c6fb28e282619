package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store/db"
)

func targetOf(r db.Target) exchange.Target {
	return exchange.Target{
		ID: r.ID, UnitKind: exchange.TargetUnitKind(r.UnitKind), Unit: r.Unit, JSUnit: r.JsUnit, SNUnit: r.SnUnit, Year: r.Year,
		Direction: exchange.Direction(r.Direction), Measure: ledger.Measure(r.Measure), Version: r.Version, AmountFen: r.AmountFen,
		DecidedOn: exchange.Day(r.DecidedOn), Document: r.Document, PolicyRevision: r.PolicyRevision, CreatedAt: r.CreatedAt.UTC(),
	}
}

// Target reads a version of a target.
func (r Reader) Target(ctx context.Context, id uuid.UUID) (exchange.Target, error) {
	row, err := r.q.TargetGet(ctx, id)
	return mapRow(row, err, targetOf)
}

// LastTarget reads the last version of a target, or ErrNotFound.
func (r Reader) LastTarget(ctx context.Context, k exchange.TargetKey) (exchange.Target, error) {
	row, err := r.q.TargetLast(ctx, db.TargetLastParams{
		Year: k.Year, UnitKind: string(k.UnitKind), Unit: k.Unit, Direction: string(k.Direction), Measure: string(k.Measure),
	})
	return mapRow(row, err, targetOf)
}

// InsertTarget queues a version of a target. One that is there already is a
// unique violation.
func (t *Tx) InsertTarget(ctx context.Context, v exchange.Target) error {
	return t.write.TargetInsert(ctx, db.TargetInsertParams{
		ID: v.ID, UnitKind: string(v.UnitKind), Unit: v.Unit, JsUnit: v.JSUnit, SnUnit: v.SNUnit, Year: v.Year,
		Direction: string(v.Direction), Measure: string(v.Measure), Version: v.Version, AmountFen: v.AmountFen,
		DecidedOn: string(v.DecidedOn), Document: v.Document, PolicyRevision: v.PolicyRevision, CreatedAt: v.CreatedAt,
	})
}

var targets = table{
	from: "targets", time: "created_at", id: "id",
	filters: func() map[string]string {
		all := same("js_unit", "sn_unit", "unit_kind", "unit", "direction", "measure")
		all["year"] = "year::text" // a caller's narrowing is text
		return all
	}(),
}

// ListTargets lists versions of targets, the newest first.
func (r Reader) ListTargets(ctx context.Context, l List) ([]exchange.Target, error) {
	return list(ctx, r, targets, l, targetOf)
}
