package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store/db"
)

// Gateway is a server of the exchange as the others see it.
type Gateway struct {
	Address  string // where the others reach it; its identity
	Region   string
	Revision string // of the policies that it runs
	Version  string // of the program
	SeenAt   time.Time
}

// mostGateways bounds the list of gateways.
const mostGateways = 1000

// forgetGateways is when a gateway that was not heard of is forgotten.
const forgetGateways = 24 * time.Hour

// upkeep runs statements of the machinery, each its own transaction. They are no
// requests and may be done twice.
func (s *Store) upkeep() *db.Queries { return db.New(s.pool) }

// Beat says that a gateway lives, and lists those that were heard of within a
// time, by the database's clock.
func (s *Store) Beat(ctx context.Context, g Gateway, within time.Duration) ([]Gateway, error) {
	if err := s.upkeep().GatewayBeat(ctx, g.Address, g.Region, g.Revision, g.Version); err != nil {
		return nil, readError(err)
	}
	return s.Gateways(ctx, within)
}

// Gateways lists the gateways that were heard of within a time.
func (s *Store) Gateways(ctx context.Context, within time.Duration) ([]Gateway, error) {
	rows, err := s.q.GatewaysSeen(ctx, int64(within.Seconds()), mostGateways)
	return mapRows(rows, err, func(r db.Gateway) Gateway { return Gateway(r) })
}

// GatewayGone takes a gateway off the list, and those that are long gone.
func (s *Store) GatewayGone(ctx context.Context, address string) error {
	err := s.upkeep().GatewaysForget(ctx, int64(forgetGateways.Seconds()))
	return readError(errors.Join(err, s.upkeep().GatewayGone(ctx, address)))
}

// Provinces tells the region of each province, as the database was placed last;
// none where it never was.
func (s *Store) Provinces(ctx context.Context) (map[string]string, error) {
	p, err := s.wanted(ctx)
	return p.Provinces, err
}

// MayServeIn refuses a region that a placed database does not have: writes of its
// provinces would never be handed to a server there.
func (s *Store) MayServeIn(ctx context.Context, region string) error {
	p, err := s.wanted(ctx)
	if err != nil || region == "" || len(p.Regions) == 0 || slices.Contains(p.Regions, region) {
		return err
	}
	return fault.New(fault.RegionNotPlaced, "region", region, "regions", strings.Join(p.Regions, ", "))
}

// wanted is the placement that was asked for last; nothing where none was.
func (s *Store) wanted(ctx context.Context) (p Placement, err error) {
	row, err := s.q.PlacementGet(ctx)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return p, nil
	case err != nil:
		return p, readError(err)
	}
	if err := json.Unmarshal([]byte(row.Wanted), &p); err != nil {
		return p, fmt.Errorf("store: the kept placement: %w", err)
	}
	return p, nil
}
