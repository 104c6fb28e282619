package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func limitOf(r db.SpendingLimit) exchange.SpendingLimit {
	return exchange.SpendingLimit{
		ID: r.ID, Member: r.MemberID, Alliance: r.AllianceID, Bound: exchange.Person{Issuer: r.IssuerID, Subject: r.Subject},
		PerOrder: r.PerOrderFen, PerMonth: r.PerMonthFen, PerYear: r.PerYearFen, ApprovalAbove: r.ApprovalAboveFen,
		Valid: exchange.Span{From: exchange.Day(r.ValidFrom), To: exchange.Day(r.ValidTo)}, SetBy: r.SetBy,
		PolicyRevision: r.PolicyRevision, CreatedAt: r.CreatedAt.UTC(), EndedAt: timeOf(r.EndedAt), EndReason: r.EndReason,
	}
}

// SpendingLimit reads a limit.
func (r Reader) SpendingLimit(ctx context.Context, id uuid.UUID) (exchange.SpendingLimit, error) {
	row, err := r.q.LimitGet(ctx, id)
	return mapRow(row, err, limitOf)
}

// LockSpendingLimit reads a limit that is going to be changed.
func (t *Tx) LockSpendingLimit(ctx context.Context, id uuid.UUID) (exchange.SpendingLimit, error) {
	row, err := t.q.LimitLock(ctx, id)
	return mapRow(row, err, limitOf)
}

// InsertSpendingLimit queues a new limit.
func (t *Tx) InsertSpendingLimit(ctx context.Context, l exchange.SpendingLimit) error {
	return t.write.LimitInsert(ctx, db.LimitInsertParams{
		ID: l.ID, MemberID: l.Member, AllianceID: l.Alliance, IssuerID: l.Bound.Issuer, Subject: l.Bound.Subject,
		PerOrderFen: l.PerOrder, PerMonthFen: l.PerMonth, PerYearFen: l.PerYear, ApprovalAboveFen: l.ApprovalAbove,
		ValidFrom: string(l.Valid.From), ValidTo: string(l.Valid.To), SetBy: l.SetBy, PolicyRevision: l.PolicyRevision,
		CreatedAt: l.CreatedAt, EndedAt: optionalTime(l.EndedAt), EndReason: l.EndReason,
	})
}

// EndSpendingLimit queues the end of a limit.
func (t *Tx) EndSpendingLimit(ctx context.Context, l exchange.SpendingLimit) error {
	_, err := t.write.LimitEnd(ctx, l.EndReason, optionalTime(l.EndedAt), l.ID)
	return err
}

// LimitsOf lists the limits of a member that were not ended.
func (r Reader) LimitsOf(ctx context.Context, member uuid.UUID) ([]exchange.SpendingLimit, error) {
	rows, err := r.q.LimitsOf(ctx, []uuid.UUID{member})
	return mapRows(byID(rows), err, limitOf)
}

// byID sorts the few limits that were found: an index that gives them in this order
// would have to be gone through whole.
func byID(rows []db.SpendingLimit) []db.SpendingLimit {
	slices.SortFunc(rows, func(a, b db.SpendingLimit) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return rows
}

// LimitsOf lists the limits of a member that were not ended.
func (t *Tx) LimitsOf(ctx context.Context, member uuid.UUID) ([]exchange.SpendingLimit, error) {
	return recalled(t.memory.limits, member, func() ([]exchange.SpendingLimit, error) { return t.Reader.LimitsOf(ctx, member) })
}

// readLimits reads the limits of buyers; most have none, which is an answer too.
func (m *memory) readLimits(ctx context.Context, q *db.Queries, buyers []uuid.UUID) error {
	for _, b := range buyers {
		m.limits[b] = nil
	}
	rows, err := q.LimitsOf(ctx, buyers)
	for _, r := range byID(rows) {
		m.limits[r.MemberID] = append(m.limits[r.MemberID], limitOf(r))
	}
	return err
}

// SpentBy adds up what a member, and one of its people, has committed in the month
// and the year of a time.
func (r Reader) SpentBy(ctx context.Context, member uuid.UUID, placer exchange.Person, at time.Time) (exchange.Spent, error) {
	day := exchange.DayOf(at)
	row, err := r.q.SpentBy(ctx, db.SpentByParams{
		MonthStart: (day[:7] + "-01").Start(), YearStart: (day[:4] + "-01-01").Start(), Placer: placer.Subject,
		PlacerIssuer: placer.Issuer, BuyerID: member,
	})
	return exchange.Spent{Month: row.MonthFen, Year: row.YearFen, OwnMonth: row.OwnMonthFen, OwnYear: row.OwnYearFen}, readError(err)
}

// spentKey is whose commitments are added up.
type spentKey struct {
	member uuid.UUID
	placer exchange.Person
}

// placed is an order of this transaction.
type placed struct {
	buyer  uuid.UUID
	placer exchange.Person
	fen    int64
}

// SpentBy is Reader.SpentBy with the orders that this transaction has placed. They
// are of the same moment, so that month and year are theirs. What others commit
// meanwhile makes the transaction one to repeat: it is serializable.
func (t *Tx) SpentBy(ctx context.Context, member uuid.UUID, placer exchange.Person, at time.Time) (exchange.Spent, error) {
	key := spentKey{member, placer}
	spent, err := recalled(t.memory.spent, key, func() (exchange.Spent, error) { return t.Reader.SpentBy(ctx, member, placer, at) })
	if err != nil {
		return spent, err
	}
	if _, ok := t.memory.spent[key]; !ok {
		// What was sent before it was added up is in the sum already.
		for _, o := range t.memory.placed[:t.memory.sent] {
			if o.buyer == member {
				spent = spent.Add(-o.fen, o.placer == placer)
			}
		}
		t.memory.spent[key] = spent
	}
	for _, o := range t.memory.placed {
		if o.buyer == member {
			spent = spent.Add(o.fen, o.placer == placer)
		}
	}
	return spent, nil
}

// notePlaced notes an order that is going to be written.
func (t *Tx) notePlaced(o exchange.Order) {
	t.memory.placed = append(t.memory.placed, placed{o.Buyer, o.Placer, o.AmountFen})
	t.undo = append(t.undo, func() { t.memory.placed = t.memory.placed[:len(t.memory.placed)-1] })
}

var spendingLimits = table{
	from: "spending_limits", time: "created_at", id: "id", filters: same("member_id", "alliance_id", "subject"),
}

// ListSpendingLimits lists limits, the latest first.
func (r Reader) ListSpendingLimits(ctx context.Context, l List) ([]exchange.SpendingLimit, error) {
	return list(ctx, r, spendingLimits, l, limitOf)
}
