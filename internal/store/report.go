package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// VolumeQuery asks for volumes over ledger entries.
type VolumeQuery struct {
	Filter    exchange.Filter
	GroupBy   []exchange.Dimension
	From, To  time.Time // [From, To); zero: unbounded
	Before    time.Time // entries before it count; zero: all
	Position  int64     // entries of the log's first so many transactions count; 0: all
	Measure   ledger.Measure
	Direction exchange.Direction            // empty: every direction but INTRA
	Cell      map[exchange.Dimension]string // only entries of this cell
	Places    *exchange.Places              // nil: by the codes that entries carry, and not by pairing
	Limit     int                           // cells at most: an answer of so many may be cut
	Direct    bool                          // add up the entries themselves, whatever roll-up there is
}

// VolumeRow is one cell.
type VolumeRow struct {
	Keys    []string // as in GroupBy
	Measure ledger.Measure
	Fen     int64
	Orders  int64 // exchange.VolumeSum says which cell an order counts in
	Entries int64
}

func (v VolumeRow) compare(w VolumeRow) int {
	return cmp.Or(slices.Compare(v.Keys, w.Keys), cmp.Compare(v.Measure, w.Measure))
}

// byEpoch is the time between two changes of the pairings that an entry lies in.
const byEpoch exchange.Dimension = "epoch"

// columns are the dimensions that are read, of which the keys are made.
func (v VolumeQuery) columns() []exchange.Dimension {
	var out []exchange.Dimension
	for _, d := range v.GroupBy {
		for _, c := range v.rawOf(d) {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// rawOf are the dimensions that an entry or a roll-up has, from which one
// follows.
func (v VolumeQuery) rawOf(d exchange.Dimension) []exchange.Dimension {
	switch {
	case v.Places == nil:
	case d == exchange.BySellerCity:
		return []exchange.Dimension{exchange.BySellerCounty}
	case d == exchange.ByBuyerCity:
		return []exchange.Dimension{exchange.ByBuyerCounty}
	case d == exchange.ByPairing:
		return []exchange.Dimension{exchange.BySellerCounty, exchange.ByBuyerCounty, byEpoch}
	}
	return []exchange.Dimension{d}
}

// Volumes adds up measured entries, by key and measure. Each measure is a row of
// its own: intent, contract, acceptance and settlement are different numbers.
// Where a roll-up keeps what is asked for apart it answers, with the entries that
// it does not cover added: the ends of a span that is not one of whole months,
// and what is not sealed yet. On one snapshot that is every committed entry, once.
func (r Reader) Volumes(ctx context.Context, v VolumeQuery) ([]VolumeRow, error) {
	sql, args, err := volumeSQL(v)
	if err != nil {
		return nil, err
	}
	rows, err := r.raw.Query(ctx, sql, args...)
	if err != nil {
		return nil, readError(err)
	}
	out, err := newFold(v).all(rows)
	return out, readError(err)
}

// fold turns what was read into cells by the codes of a day: the cells stay in
// memory, what is read of them does not.
type fold struct {
	query   VolumeQuery
	columns []exchange.Dimension
	epochs  []exchange.Day
	place   map[string]int
	pairs   map[[3]string]string
	cells   []VolumeRow
}

func newFold(v VolumeQuery) *fold {
	f := &fold{query: v, columns: v.columns(), place: map[string]int{}, pairs: map[[3]string]string{}}
	if v.Places != nil {
		f.epochs = v.Places.Epochs()
	}
	return f
}

func (f *fold) all(rows pgx.Rows) ([]VolumeRow, error) {
	defer rows.Close()
	raw := make([]string, len(f.columns))
	var cell VolumeRow
	into := []any{&cell.Measure, &cell.Fen, &cell.Orders, &cell.Entries}
	for i := range raw {
		into = append(into, &raw[i])
	}
	for len(f.cells) < f.query.Limit && rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		if err := f.add(cell, raw); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(f.cells, VolumeRow.compare)
	return f.cells, rows.Err()
}

func (f *fold) add(cell VolumeRow, raw []string) error {
	cell.Keys = make([]string, len(f.query.GroupBy))
	for i, d := range f.query.GroupBy {
		cell.Keys[i] = f.key(d, raw)
	}
	name := strings.Join(cell.Keys, "\x00") + "\x00" + string(cell.Measure)
	i, known := f.place[name]
	if !known {
		f.place[name] = len(f.cells)
		f.cells = append(f.cells, cell)
		return nil
	}
	sum := &f.cells[i]
	var err error
	sum.Fen, err = ledger.Add(sum.Fen, cell.Fen)
	sum.Orders += cell.Orders
	sum.Entries += cell.Entries
	return err
}

// key is the value of a dimension of what was read.
func (f *fold) key(d exchange.Dimension, raw []string) string {
	at := func(c exchange.Dimension) string { return raw[slices.Index(f.columns, c)] }
	places := f.query.Places
	switch {
	case places == nil:
		return at(d)
	case d == exchange.BySellerCounty || d == exchange.ByBuyerCounty:
		return places.County(at(d))
	case d == exchange.BySellerCity:
		return places.City(at(exchange.BySellerCounty))
	case d == exchange.ByBuyerCity:
		return places.City(at(exchange.ByBuyerCounty))
	case d == exchange.ByPairing:
		return f.pairing([3]string{at(exchange.BySellerCounty), at(exchange.ByBuyerCounty), at(byEpoch)})
	}
	return at(d)
}

// pairing finds the pair of two counties in an epoch, once.
func (f *fold) pairing(of [3]string) string {
	key, known := f.pairs[of]
	if !known {
		var day exchange.Day // before the first change
		if n, err := strconv.Atoi(of[2]); err == nil && n > 0 {
			day = f.epochs[n-1]
		}
		key = f.query.Places.Pairing(of[0], of[1], day)
		f.pairs[of] = key
	}
	return key
}

// LedgerBegan is the time of the ledger's first transaction, or ErrNotFound.
func (r Reader) LedgerBegan(ctx context.Context) (time.Time, error) {
	at, err := r.q.LedgerBegan(ctx)
	return at.UTC(), readError(err)
}
