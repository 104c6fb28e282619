package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
)

// SetTarget sets the next version of a target.
type SetTarget struct {
	Meta
	UnitKind  exchange.TargetUnitKind
	Unit      string
	Year      int
	Direction exchange.Direction // empty: SN_TO_JS
	Measure   ledger.Measure     // empty: ACCEPTED
	AmountFen int64
	DecidedOn string // empty: today
	Document  string
}

// ListTargets narrows a list of targets.
type ListTargets struct {
	Paging
	Year     int
	UnitKind exchange.TargetUnitKind
	Unit     string
}

// QueryTargets asks how far the targets of a year are reached.
type QueryTargets struct {
	Year     int // 0: this year
	AsOf     time.Time
	Position int64
}

// TargetsReached is the answer to QueryTargets.
type TargetsReached struct {
	Progress []exchange.TargetProgress
	AsOf     time.Time
	Complete bool // the caller sees every entry
}

func (a *App) targets() noun[exchange.Target] {
	return noun[exchange.Target]{authz.Target, a.store.Target, a.store.ListTargets, targetAttributes,
		func(v exchange.Target) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

// targetAttributes are the fields by which policy says who sees a target.
func targetAttributes(v exchange.Target) map[string]any {
	return map[string]any{"js_unit": v.JSUnit, "sn_unit": v.SNUnit}
}

// SetTarget sets the next version of a target. Two at once are two versions: the
// later one meets the earlier one's and is told so.
func (a *App) SetTarget(ctx context.Context, c SetTarget) (Result[exchange.Target], error) {
	decided, err := day("decided_on", c.DecidedOn)
	if err != nil {
		return Result[exchange.Target]{}, err
	}
	in, err := directoryIntent(ctx, c.Meta, authz.TargetSet, c)
	if err != nil {
		return Result[exchange.Target]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Target, error) {
		t, err := u.nextTarget(ctx, exchange.Target{
			UnitKind: c.UnitKind, Unit: c.Unit, Year: c.Year, Direction: cmp.Or(c.Direction, exchange.SNToJS),
			Measure: cmp.Or(c.Measure, ledger.Accepted), AmountFen: c.AmountFen, DecidedOn: decided, Document: c.Document,
		})
		if err != nil {
			return t, err
		}
		d, err := u.decide(ctx, authz.Question{Action: authz.TargetSet, Target: &t})
		if err != nil {
			return t, err
		}
		t.PolicyRevision = d.Revision
		if err := errors.Join(u.InsertTarget(ctx, t), u.directoryEvent(ctx, "target.set", authz.Target, t.ID, t)); err != nil {
			return t, err
		}
		return t, u.unique(ctx, "target", t.Unit)
	})
}

func (u *unit) nextTarget(ctx context.Context, t exchange.Target) (exchange.Target, error) {
	places, err := u.Places(ctx, exchange.Day(strconv.Itoa(t.Year)+"-12-31"), true)
	if err != nil {
		return t, err
	}
	key := t.Key()
	if t.UnitKind == exchange.CountyTarget {
		key.Unit = places.County(t.Unit)
	}
	last, err := u.LastTarget(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return exchange.SetTarget(t, places, nil, u.at)
	}
	if err != nil {
		return t, err
	}
	return exchange.SetTarget(t, places, &last, u.at)
}

// GetTarget reads a version of a target that the caller may see.
func (a *App) GetTarget(ctx context.Context, id string) (exchange.Target, error) {
	return get(ctx, a, a.targets(), id)
}

// ListTargets lists the versions that the caller may see, the newest first.
func (a *App) ListTargets(ctx context.Context, c ListTargets) (Page[exchange.Target], error) {
	narrow := store.Narrow{"unit_kind": string(c.UnitKind), "unit": c.Unit}
	if c.Year != 0 {
		narrow["year"] = strconv.Itoa(c.Year)
	}
	return listOf(ctx, a, a.targets(), c.Paging, narrow)
}

// QueryTargets adds up the ledger for the targets of a year that the caller may
// see.
func (a *App) QueryTargets(ctx context.Context, c QueryTargets) (TargetsReached, error) {
	var out TargetsReached
	year := strconv.Itoa(cmp.Or(c.Year, exchange.DayOf(a.now()).Year()))
	asked, err := a.askVolumes(ctx, VolumeScope{From: year + "-01-01", To: year + "-12-31", AsOf: c.AsOf, Position: c.Position}, nil)
	if err != nil {
		return out, err
	}
	p, err := PrincipalOf(ctx)
	if err != nil {
		return out, err
	}
	filter, err := a.policy.Filter(ctx, authz.Target, p, a.now())
	if err != nil {
		return out, err
	}
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		out.Progress, err = asked.targets(ctx, r, filter, year)
		return err
	})
	_, out.Complete = asked.Filter.(exchange.AllowAll)
	out.AsOf = asked.asOf
	return out, err
}

// targets adds the ledger up for the targets of a year that a filter lets through.
func (q *askedVolumes) targets(ctx context.Context, r store.Reader, filter exchange.Filter, year string) ([]exchange.TargetProgress, error) {
	if err := q.anchor(ctx, r); err != nil {
		return nil, err
	}
	var err error
	// Units are named by the codes of the year's last day, whatever it is as of.
	if q.Places, err = r.Places(ctx, q.days.To, true); err != nil {
		return nil, err
	}
	versions, err := r.ListTargets(ctx, store.List{Filter: filter, Narrow: store.Narrow{"year": year}, Limit: maxCells + 1})
	if err != nil {
		return nil, err
	}
	if len(versions) > maxCells {
		return nil, fault.InField("year", fault.InvalidArgument, "detail", "too many targets; ask for volumes of fewer units")
	}
	return q.reached(ctx, r, targetsOn(versions, exchange.DayOf(q.asOf)))
}

// targetsOn are those that count on a day, by kind, unit, direction and measure.
func targetsOn(versions []exchange.Target, day exchange.Day) []exchange.Target {
	slices.SortFunc(versions, func(a, b exchange.Target) int {
		return cmp.Or(cmp.Compare(a.UnitKind, b.UnitKind), cmp.Compare(a.Unit, b.Unit), cmp.Compare(b.Direction, a.Direction),
			cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Version, b.Version))
	})
	return exchange.InForce(versions, day)
}

// reached asks for the volumes of all units of a dimension at once.
func (q *askedVolumes) reached(ctx context.Context, r store.Reader, targets []exchange.Target) ([]exchange.TargetProgress, error) {
	out := make([]exchange.TargetProgress, len(targets))
	cells := map[Dimension][]Volume{}
	for i, t := range targets {
		by := t.Dimension()
		if _, known := cells[by]; !known {
			of := q.VolumeQuery
			if of.GroupBy = []Dimension{exchange.ByDirection}; by != "" {
				of.GroupBy = append(of.GroupBy, by)
			}
			var err error
			if cells[by], err = q.cells(ctx, r, of); err != nil {
				return nil, err
			}
		}
		out[i].Target = t
		for _, c := range cells[by] {
			if c.Measure == t.Measure && c.Keys[exchange.ByDirection] == string(t.Direction) && (by == "" || c.Keys[by] == t.Unit) {
				out[i].ActualFen, out[i].Orders = c.AmountFen, c.Orders
			}
		}
	}
	return out, nil
}
