package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sushaan/exchange/internal/fault"
)

// A run that places the database holds a lease in it, so that a second one is
// refused and one that has died does not stand in the way for long.
const (
	placementLease = 60 * time.Second
	placementRenew = 15 * time.Second
	jobsEvery      = 5 * time.Second
)

// Tell receives a line about what is being done.
type Tell func(format string, args ...any)

// Place puts a migrated database into regions, or changes where it is. It may
// run again: what is in place already is left alone, and a run that broke off
// is finished by the next. Nothing is changed where the placement is refused.
//
// Reads and writes go on meanwhile. The column that a table gets, and the move
// of a province, write every row of the table anew; tell hears of it.
func (s *Store) Place(ctx context.Context, p Placement, tell Tell) error {
	p = p.normal()
	pl, err := s.newPlacer(ctx, p, tell)
	if err != nil {
		return err
	}
	defer pl.conn.Release()
	if err := pl.check(ctx); err != nil {
		return err
	}
	return pl.holding(ctx, pl.place)
}

// placer is one run of Place.
type placer struct {
	store    *Store
	conn     *pgxpool.Conn
	database string
	wanted   Placement
	tell     Tell
	changes  int
}

func (s *Store) newPlacer(ctx context.Context, p Placement, tell Tell) (*placer, error) {
	if err := s.needRegions(ctx); err != nil {
		return nil, err
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	if err := s.CheckSchema(ctx); err != nil {
		return nil, err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, readError(err)
	}
	pl := &placer{store: s, conn: conn, wanted: p, tell: tell}
	if err := conn.QueryRow(ctx, "SELECT current_database()").Scan(&pl.database); err != nil {
		conn.Release()
		return nil, readError(err)
	}
	return pl, nil
}

// needRegions refuses an engine that has none.
func (s *Store) needRegions(ctx context.Context) error {
	version, err := s.Engine(ctx)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(version, "CockroachDB") {
		engine, _, _ := strings.Cut(version, " on ")
		return fault.New(fault.RegionsUnknown, "engine", engine)
	}
	return nil
}

// check refuses, before anything is changed, what the cluster or the user's
// rights would refuse halfway.
func (pl *placer) check(ctx context.Context) error {
	there, err := pl.texts(ctx, "SELECT region FROM [SHOW REGIONS FROM CLUSTER] ORDER BY region")
	if err != nil {
		return err
	}
	for _, r := range pl.wanted.Regions {
		if !slices.Contains(there, r) {
			return fault.New(fault.PlacementInvalid, "rule", fmt.Sprintf(
				"no node of the cluster is in region %s: its nodes are in %s; start nodes with --locality=region=%s first",
				r, none(there), r))
		}
	}
	var may bool
	if err := pl.conn.QueryRow(ctx, "SELECT has_database_privilege(current_database(), 'CREATE')").Scan(&may); err != nil {
		return readError(err)
	}
	if !may {
		return fault.New(fault.RightMissing, "right", "CREATE on the database, which placing it takes; use the user who migrates")
	}
	foreign, err := pl.texts(ctx, `SELECT tablename FROM pg_catalog.pg_tables
		WHERE schemaname = current_schema() AND NOT pg_has_role(current_user, tableowner, 'USAGE') ORDER BY tablename`)
	if err == nil && len(foreign) > 0 {
		err = fault.New(fault.RightMissing, "right", "it does not own "+strings.Join(foreign, ", ")+"; use the user who migrates")
	}
	return err
}

func none(list []string) string {
	if len(list) == 0 {
		return "no region"
	}
	return strings.Join(list, ", ")
}

// holding runs fn while this run, and no other, places the database.
func (pl *placer) holding(ctx context.Context, fn func(context.Context) error) error {
	wanted, err := json.Marshal(pl.wanted)
	if err != nil {
		return err
	}
	holder := uuid.NullUUID{UUID: uuid.New(), Valid: true}
	n, err := pl.store.upkeep().PlacementClaim(ctx, string(wanted), holder, int64(placementLease.Seconds()))
	if err != nil {
		return readError(err)
	}
	if n == 0 {
		row, err := pl.store.q.PlacementGet(ctx)
		if err != nil {
			return readError(err)
		}
		return fault.New(fault.PlacementRunning, "since", row.UpdatedAt.UTC().Format(time.RFC3339), "until", row.HeldUntil.UTC().Format(time.RFC3339))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go pl.renew(ctx, holder, cancel)
	err = fn(ctx)
	release, done := context.WithTimeout(context.WithoutCancel(ctx), placementRenew)
	defer done()
	return errors.Join(err, readError(pl.store.upkeep().PlacementRelease(release, holder)))
}

// renew keeps the lease. A run that has lost it must stop: another may be at
// work.
func (pl *placer) renew(ctx context.Context, holder uuid.NullUUID, stop context.CancelCauseFunc) {
	held := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(placementRenew):
		}
		n, err := pl.store.upkeep().PlacementRenew(ctx, int64(placementLease.Seconds()), holder)
		switch {
		case err == nil && n == 1:
			held = time.Now()
		case err == nil, time.Since(held) > placementLease-placementRenew:
			stop(errors.New("the lease on placing the database was lost"))
			return
		}
	}
}

// place brings regions and tables into place, in an order in which nothing is
// ever in a region that the database does not have.
func (pl *placer) place(ctx context.Context) error {
	tables, err := pl.tables(ctx)
	if err != nil {
		return err
	}
	spare, err := pl.placeDatabase(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := pl.placeTable(ctx, t); err != nil {
			return fmt.Errorf("place %s: %w", t, err)
		}
	}
	for _, r := range spare {
		if err := pl.run(ctx, dropRegion(pl.database, r)); err != nil {
			return err
		}
	}
	pl.tell("%d tables are in place in %s (%d changes now)", len(tables), strings.Join(pl.wanted.Regions, ", "), pl.changes)
	return nil
}

// placeDatabase gives the database its regions and its survival. It returns the
// regions that are to go once no row is in them.
func (pl *placer) placeDatabase(ctx context.Context) (spare []string, err error) {
	is, err := pl.store.databaseRegions(ctx, pl.conn)
	if err != nil {
		return nil, err
	}
	var steps []string
	if is.Primary == "" { // the first region, whose database survives a zone
		steps = append(steps, setPrimary(pl.database, pl.wanted.Primary))
		is = Placement{Primary: pl.wanted.Primary, Regions: []string{pl.wanted.Primary}, Survive: SurviveZone}
	}
	for _, r := range pl.wanted.Regions {
		if !slices.Contains(is.Regions, r) {
			steps = append(steps, addRegion(pl.database, r))
		}
	}
	if is.Primary != pl.wanted.Primary {
		steps = append(steps, setPrimary(pl.database, pl.wanted.Primary))
	}
	if is.Survive != pl.wanted.Survive {
		steps = append(steps, survive(pl.database, pl.wanted.Survive))
	}
	for _, r := range is.Regions {
		if !slices.Contains(pl.wanted.Regions, r) {
			spare = append(spare, r)
		}
	}
	return spare, pl.run(ctx, steps...)
}

// placeTable gives a table its locality. Its schema is locked afterwards, which a run
// that broke off before may not have come to.
func (pl *placer) placeTable(ctx context.Context, table string) error {
	is, err := pl.store.tableLocality(ctx, pl.conn, table)
	if err != nil {
		return err
	}
	if is.inPlace(classOf(table), pl.wanted) {
		if is.locked {
			return nil
		}
		return pl.run(ctx, lockSchema(table, true))
	}
	if is.locked {
		err = pl.run(ctx, lockSchema(table, false))
	}
	if err == nil {
		err = pl.moveTable(ctx, table, is)
	}
	relock, done := context.WithTimeout(context.WithoutCancel(ctx), placementLease)
	defer done()
	return errors.Join(err, pl.run(relock, lockSchema(table, true)))
}

func (pl *placer) moveTable(ctx context.Context, table string, is locality) error {
	if want := classOf(table); want != classByRow {
		return pl.run(ctx, setLocality(table, want))
	}
	return pl.placeRows(ctx, table, is)
}

// placeRows gives the rows of a table their regions. The column of a placement
// that broke off, or was another, is taken up or replaced.
func (pl *placer) placeRows(ctx context.Context, table string, is locality) error {
	if is.by == nextColumn { // a move broke off behind its decisive step
		if err := pl.run(ctx, dropColumn(table, regionColumn), renameNext(table)); err != nil {
			return err
		}
		is.by, is.columns = regionColumn, map[string]map[string]string{regionColumn: is.columns[nextColumn]}
		if is.inPlace(classByRow, pl.wanted) {
			return nil
		}
	}
	var rows int64
	err := pl.conn.QueryRow(ctx, "SELECT coalesce(max(estimated_row_count), 0)::bigint FROM [SHOW TABLES] WHERE table_name = $1", table).Scan(&rows)
	if err != nil {
		return readError(err)
	}
	pl.tell("%s: every row is written anew, about %d of them; reads and writes go on meanwhile", table, rows)
	provinces := pl.wanted.Provinces
	if is.by == regionColumn {
		return pl.run(ctx, dropColumn(table, nextColumn), addRegionColumn(table, nextColumn, provinces),
			setLocalityBy(table, nextColumn), dropColumn(table, regionColumn), renameNext(table))
	}
	return pl.run(ctx, dropColumn(table, nextColumn), dropColumn(table, regionColumn),
		addRegionColumn(table, regionColumn, provinces), setLocalityBy(table, regionColumn))
}

// run makes changes of schema one after the other, and tells how far a long one
// is. One that is broken off takes its connection with it, so they are not made on that of
// the run.
func (pl *placer) run(ctx context.Context, steps ...string) error {
	for _, sql := range steps {
		began := time.Now()
		done := make(chan error, 1)
		go func() {
			_, err := pl.store.pool.Exec(ctx, sql)
			done <- err
		}()
		if err := pl.wait(ctx, done, sql); err != nil {
			return err
		}
		pl.changes++
		pl.tell("%s (%s)", sql, time.Since(began).Round(time.Millisecond))
	}
	return nil
}

func (pl *placer) wait(ctx context.Context, done <-chan error, sql string) error {
	for {
		select {
		case err := <-done:
			if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
				err = cause
			}
			return readError(err)
		case <-time.After(jobsEvery):
			// How far it is, is only for the reader: a failure to say changes nothing.
			if part, err := pl.progress(ctx); err == nil {
				pl.tell("… %s: %s", sql, part)
			}
		}
	}
}

// progress tells how far the running changes of schema are.
func (pl *placer) progress(ctx context.Context) (string, error) {
	var part string
	err := pl.store.pool.QueryRow(ctx, `SELECT round(100 * fraction_completed)::bigint::text || ' %' FROM [SHOW JOBS]
		WHERE status = 'running' AND job_type IN ('SCHEMA CHANGE', 'NEW SCHEMA CHANGE') ORDER BY created DESC LIMIT 1`).Scan(&part)
	return part, err
}

// tables are the tables of the database.
func (pl *placer) tables(ctx context.Context) ([]string, error) {
	return pl.texts(ctx, tablesSQL)
}

const tablesSQL = `SELECT table_name FROM information_schema.tables
	WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`

func (pl *placer) texts(ctx context.Context, sql string) ([]string, error) {
	rows, err := pl.conn.Query(ctx, sql)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, readError(err)
}
