package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store/db"
)

func reservePlanOf(r db.ReservePlan) exchange.ReservePlan {
	return exchange.ReservePlan{
		ID: r.ID, Home: r.Home, Unit: r.UnitID, UnitClass: exchange.MemberClass(r.UnitClass), Division: r.Division,
		Alliance: r.AllianceID, Year: r.Year, Canteen: exchange.Canteen(r.Canteen), BudgetFen: r.BudgetFen, RateBP: r.RateBp,
		TargetFen: r.TargetFen, Covered: r.Covered, Unconsented: r.Unconsented, Buyers: r.Buyers, Note: r.Note, State: exchange.ReservePlanState(r.State),
		StateReason: r.StateReason, PolicyRevision: r.PolicyRevision, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

func reserveConsentOf(r db.ReserveConsent) exchange.ReserveConsent {
	return exchange.ReserveConsent{
		ID: r.ID, Home: r.Home, Plan: r.PlanID, Member: r.MemberID, Unit: r.UnitID, Alliance: r.AllianceID, Division: r.Division,
		Year: r.Year, State: exchange.ConsentState(r.State), Reason: r.Reason, AskedAt: r.AskedAt.UTC(), AnsweredAt: timeOf(r.AnsweredAt),
	}
}

// ReservePlan reads a reserve plan.
func (r Reader) ReservePlan(ctx context.Context, id uuid.UUID) (exchange.ReservePlan, error) {
	row, err := r.q.ReservePlanGet(ctx, id)
	return mapRow(row, err, reservePlanOf)
}

// LockReservePlan reads a reserve plan that is going to be changed.
func (t *Tx) LockReservePlan(ctx context.Context, id uuid.UUID) (exchange.ReservePlan, error) {
	row, err := t.q.ReservePlanLock(ctx, id)
	return mapRow(row, err, reservePlanOf)
}

// neverNull is a list for a column that has no null.
func neverNull(list []uuid.UUID) []uuid.UUID { return append([]uuid.UUID{}, list...) }

// InsertReservePlan queues a new plan, that its unit is in it, and that the units
// it covers are asked. A unit that is in another plan of the year already is a
// unique violation.
func (t *Tx) InsertReservePlan(ctx context.Context, p exchange.ReservePlan, asked []exchange.ReserveConsent) error {
	err := t.write.ReservePlanInsert(ctx, db.ReservePlanInsertParams{
		Home: p.Home, ID: p.ID, UnitID: p.Unit, UnitClass: string(p.UnitClass), Division: p.Division, AllianceID: p.Alliance,
		Year: p.Year, Canteen: string(p.Canteen), BudgetFen: p.BudgetFen, RateBp: p.RateBP, TargetFen: p.TargetFen,
		Covered: neverNull(p.Covered), Unconsented: neverNull(p.Unconsented), Buyers: neverNull(p.Buyers), Note: p.Note, State: string(p.State), StateReason: p.StateReason,
		PolicyRevision: p.PolicyRevision, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	})
	if err != nil {
		return err
	}
	if err := t.write.ReserveUnitInsert(ctx, p.Home, p.Unit, p.Year, p.ID); err != nil {
		return err
	}
	for _, c := range asked {
		if err := t.write.ReserveConsentInsert(ctx, db.ReserveConsentInsertParams{
			Home: c.Home, ID: c.ID, PlanID: c.Plan, MemberID: c.Member, UnitID: c.Unit, AllianceID: c.Alliance, Division: c.Division,
			Year: c.Year, State: string(c.State), Reason: c.Reason, AskedAt: c.AskedAt, AnsweredAt: optionalTime(c.AnsweredAt),
		}); err != nil {
			return err
		}
	}
	return nil
}

// LockReserveConsent reads the word of a member to a plan, which is going to be
// changed. The plan is locked before.
func (t *Tx) LockReserveConsent(ctx context.Context, p exchange.ReservePlan, member uuid.UUID) (exchange.ReserveConsent, error) {
	row, err := t.q.ReserveConsentLock(ctx, p.Home, p.ID, member)
	return mapRow(row, err, reserveConsentOf)
}

// UpdateReserveConsent queues a unit's answer and what it makes of the plan. One
// that consents is in it; where it is in another plan of the year already, that
// is a unique violation.
func (t *Tx) UpdateReserveConsent(ctx context.Context, p exchange.ReservePlan, c exchange.ReserveConsent) error {
	if _, err := t.write.ReserveConsentUpdate(ctx, db.ReserveConsentUpdateParams{
		Home: c.Home, ID: c.ID, State: string(c.State), Reason: c.Reason, AnsweredAt: optionalTime(c.AnsweredAt),
	}); err != nil {
		return err
	}
	if c.State == exchange.ConsentGiven {
		if err := t.write.ReserveUnitInsert(ctx, p.Home, c.Member, p.Year, p.ID); err != nil {
			return err
		}
	}
	return t.updateReservePlan(ctx, p)
}

func (t *Tx) updateReservePlan(ctx context.Context, p exchange.ReservePlan) error {
	_, err := t.write.ReservePlanUpdate(ctx, db.ReservePlanUpdateParams{
		Home: p.Home, ID: p.ID, State: string(p.State), StateReason: p.StateReason, UpdatedAt: p.UpdatedAt,
		Unconsented: neverNull(p.Unconsented),
	})
	return err
}

// EndReservePlan queues the end of a plan. Its units are free for another.
func (t *Tx) EndReservePlan(ctx context.Context, p exchange.ReservePlan) error {
	if err := t.write.ReserveUnitsDelete(ctx, p.Units(), p.Year, p.ID); err != nil {
		return err
	}
	if _, err := t.write.ReserveConsentsEnd(ctx, p.Home, p.ID); err != nil {
		return err
	}
	return t.updateReservePlan(ctx, p)
}

// ReserveProgress adds up the ledger for a plan, entries in [from, to).
func (r Reader) ReserveProgress(ctx context.Context, p exchange.ReservePlan, from, to time.Time) (exchange.ReserveProgress, error) {
	out := exchange.ReserveProgress{Plan: p.ID, TargetFen: p.TargetFen}
	plan := nullUUID(p.ID)
	rows, err := r.q.ReserveVolumes(ctx, p.Units(), plan, from, to)
	if err != nil {
		return out, readError(err)
	}
	for _, row := range rows {
		switch ledger.Measure(row.Measure) {
		case ledger.Contracted:
			out.Contracted = row.Fen
		case ledger.Accepted:
			out.Accepted = row.Fen
		case ledger.Settled:
			out.Settled = row.Fen
		}
	}
	out.Orders, err = r.q.ReserveOrders(ctx, p.Units(), plan, from, to)
	return out, readError(err)
}

var reservePlans = table{
	from: "reserve_plans", time: "created_at", id: "id",
	filters: func() map[string]string {
		all := same("home", "unit_id", "unit_class", "division", "alliance_id", "state")
		all["year"] = "year::text" // a caller's narrowing is text
		return all
	}(),
}

var reserveConsents = table{
	from: "reserve_consents", time: "asked_at", id: "id",
	filters: func() map[string]string {
		all := same("home", "plan_id", "member_id", "unit_id", "alliance_id", "division", "state")
		all["year"] = "year::text"
		return all
	}(),
}

// ListReserveConsents lists what units said to the plans that cover them, the
// latest asked first.
func (r Reader) ListReserveConsents(ctx context.Context, l List) ([]exchange.ReserveConsent, error) {
	return list(ctx, r, reserveConsents, l, reserveConsentOf)
}

// ListReservePlans lists reserve plans, the newest first.
func (r Reader) ListReservePlans(ctx context.Context, l List) ([]exchange.ReservePlan, error) {
	return list(ctx, r, reservePlans, l, reservePlanOf)
}

// ReservePlansByID lists the filed plans of a year by their ids, after one.
func (r Reader) ReservePlansByID(ctx context.Context, q ReportQuery) ([]exchange.ReservePlan, error) {
	b := &sqlBuilder{}
	b.add("SELECT " + columnsOf[db.ReservePlan]() + " FROM reserve_plans")
	if err := b.where(q.Filter, reservePlans.filters); err != nil {
		return nil, err
	}
	b.add(" AND state = 'FILED' AND year = " + b.bind(q.Year) + "::int")
	if q.After != nil {
		b.add(" AND id::text > " + b.bind(q.After[0]) + "::text")
	}
	b.add(" ORDER BY id::text LIMIT " + b.bind(q.Limit))
	rows, err := r.raw.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, readError(err)
	}
	read, err := pgx.CollectRows(rows, pgx.RowToStructByPos[db.ReservePlan])
	return mapRows(read, err, reservePlanOf)
}
