package daemon

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/store"
)

func seedCommand(a *app) *cobra.Command {
	cmd := onStore("seed", "Load the reference data: divisions and pairings", a.seed)
	cmd.Long = `Seed loads divisions and pairings, replacing what is there under the same code. It
may be run again. The invented organisations of the demo are the demo's own.`
	return cmd
}

func (a *app) seed(ctx context.Context, s *store.Store) error {
	divisions, err := reference.Divisions()
	if err != nil {
		return err
	}
	pairings, err := reference.Pairings()
	if err != nil {
		return err
	}
	if err := s.LoadReference(ctx, divisions, pairings); err != nil {
		return err
	}
	a.print("%d divisions and %d pairings loaded", len(divisions), len(pairings))
	return nil
}
