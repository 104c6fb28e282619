package bench

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/store"
)

// floorKind is something that the database does without the exchange.
type floorKind string

const (
	tpcb        floorKind = "TPC-B"
	plainHot    floorKind = "plain procure, 1 offer"
	plainSpread floorKind = "plain procure, 1,000 offers"
	selects     floorKind = "SELECT"

	entriesByMonth  floorKind = "entries by month and direction"
	entriesByCounty floorKind = "entries by seller county"
)

// floorClients is how many connections the floors have, whatever the case has:
// pgbench's own best is near it, and each is a process of the database.
const floorClients = 16

// clients of a floor. One lone caller is compared with one lone client.
func (floorKind) clients(c benchCase) int { return min(c.clients, floorClients) }

func (x *exchange) floorOf(ctx context.Context, kind floorKind, c benchCase) (figures, error) {
	// A floor is always a closed loop: it says what is possible.
	l := load{clients: kind.clients(c), warmup: x.o.Warmup, duration: x.o.Duration}
	f := l.run(ctx, func(ctx context.Context, _ int) (operation, func(), error) {
		client, err := x.floor.Client(ctx)
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context) (int, error) { return 1, once(ctx, kind, client) }, func() { client.Close(ctx) }, nil
	})
	return f, f.first
}

func once(ctx context.Context, kind floorKind, c *store.FloorClient) error {
	switch kind {
	case tpcb:
		return c.TPCB(ctx)
	case plainHot:
		return c.Procure(ctx, 1, uuid.NewString())
	case plainSpread:
		return c.Procure(ctx, spreadOffers, uuid.NewString())
	case entriesByMonth, entriesByCounty:
		_, err := c.Volumes(ctx, floorQuestions[kind])
		return err
	default:
		return c.Select(ctx)
	}
}
