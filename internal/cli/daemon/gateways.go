package daemon

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/store"
)

// heardWithin is how long a gateway that says nothing is still listed.
const heardWithin = 10 * time.Minute

func gatewaysCommand(a *app) *cobra.Command {
	cmd := onStore("gateways", "List the gateways that serve the exchange, and the policies that they run", a.gateways)
	cmd.Long = `Gateways lists the servers that hand writes to each other (serve --peer-addr), as
they said last in the database: where each is, which revision of the policies and
which program it runs, and how long ago it was heard of.`
	return cmd
}

func (a *app) gateways(ctx context.Context, s *store.Store) error {
	list, err := s.Gateways(ctx, heardWithin)
	if err != nil {
		return err
	}
	rows := make([][]string, len(list))
	for i, g := range list {
		rows[i] = []string{g.Region, g.Address, g.Revision, g.Version, g.SeenAt.UTC().Format(time.RFC3339)}
	}
	a.table([]string{"REGION", "ADDRESS", "POLICY", "VERSION", "SEEN"}, rows)
	return nil
}
