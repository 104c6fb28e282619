package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// RegionRows tells in which region a province's rows of a table are.
type RegionRows struct {
	Table, Home, Region string
	Rows                int64
}

// RowsInRegions counts the rows that trade writes, by province and region. The
// database must be placed: the region is a column since then.
func (s *Store) RowsInRegions(ctx context.Context) ([]RegionRows, error) {
	if err := s.needRegions(ctx); err != nil {
		return nil, err
	}
	var all []RegionRows
	for _, table := range []string{"offers", "orders", "ledger_entries"} {
		rows, err := s.pool.Query(ctx, fmt.Sprintf(`SELECT '%s', home, region::STRING, count(*) FROM %s GROUP BY home, region ORDER BY home, region`, table, quoted(table)))
		if err != nil {
			return nil, readError(err)
		}
		some, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RegionRows])
		if err != nil {
			return nil, readError(err)
		}
		all = append(all, some...)
	}
	return all, nil
}
