package daemon

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

func checkCommand(a *app) *cobra.Command {
	cmd := onStore("check", "Recompute every invariant on the live database", a.check)
	cmd.Long = `Check recomputes the invariants of the exchange on a snapshot of the database, the
sealed log and the roll-ups of volumes too, and says what it examined. It changes nothing and can run while the exchange
serves. Exit code 1: something is violated.`
	return cmd
}

func (a *app) check(ctx context.Context, s *store.Store) error {
	// Without its tables, the first statement would fail with less to say.
	if err := s.Ready(ctx); err != nil {
		return err
	}
	results, err := s.Check(ctx)
	if err != nil {
		return err
	}
	sealed, err := seal.Check(ctx, s)
	if err != nil {
		return err
	}
	results = append(results, sealed...)
	violations := 0
	rows := make([][]string, len(results))
	for i, r := range results {
		verdict := "holds"
		if n := len(r.Violations); n > 0 {
			verdict = fmt.Sprintf("VIOLATED %d×", n)
			violations += n
		}
		rows[i] = []string{r.Invariant, r.What, fmt.Sprint(r.Examined), verdict}
	}
	a.table([]string{"INVARIANT", "WHAT", "EXAMINED", "RESULT"}, rows)
	if violations == 0 {
		a.print("\n%d checks, no violation", len(results))
		return nil
	}
	a.print("")
	for _, r := range results {
		for _, v := range r.Violations {
			a.print("%s: %s", r.Invariant, oneLine(v))
		}
	}
	a.note("error: INVARIANT_VIOLATED: %d violations, listed on stdout", violations)
	return errTold
}
