package daemon

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/cli/drill"
)

const drillHelp = `Drill takes a part of a running exchange away while it trades through the public
API, brings it back, and reports: requests, failed attempts by code, the longest
time without an acknowledgement, orders that were acknowledged and are lost (which
must be none), and whether every invariant holds.

The drill file says where the parts are, with which commands each is stopped and
started, and who trades on which offer; sushaand demo --regions writes one. Orders
are cancelled again, so that the stock comes back. An installation that says that
it is production (serve --environment production) is not touched.

Clock-jump runs a gateway of its own on the database, with the policies built in,
and moves the clock of that one alone.

Exit code 1: something was lost, an invariant is violated, or trading did not go on.`

const drillExample = `  sushaand drill gateway-loss --file drill.yaml
  sushaand drill region-loss --file drill.yaml --part cn-northwest-shaanxi --yes -o json`

func drillCommand(a *app) *cobra.Command {
	g := group("drill", "Take a part of a running exchange away, and see that nothing is lost",
		drillOf(a, drill.RegionLoss, "Lose a region: its gateways and its nodes of the database"),
		drillOf(a, drill.NodeLoss, "Lose a node of the database"),
		drillOf(a, drill.GatewayLoss, "Lose a gateway"),
		drillOf(a, drill.ClockJump, "Let the clock of a gateway jump"))
	g.Long, g.Example = drillHelp, drillExample
	return g
}

func drillOf(a *app, kind drill.Kind, short string) *cobra.Command {
	o := drill.Defaults()
	o.Kind = kind
	file, output, yes := "", "table", false
	cmd := command(string(kind), short, nil)
	cmd.Long = drillHelp
	f := cmd.Flags()
	f.StringVar(&file, "file", "", "the drill file")
	f.BoolVar(&yes, "yes", false, "do not ask")
	f.StringVarP(&output, "output", "o", output, "table or json")
	f.IntVar(&o.Workers, "workers", o.Workers, "who trade at the same time")
	f.DurationVar(&o.Pause, "pause", o.Pause, "of each, between two orders")
	f.DurationVar(&o.Before, "before", o.Before, "how long to trade before")
	f.DurationVar(&o.Away, "away", o.Away, "how long it is away")
	f.DurationVar(&o.After, "after", o.After, "how long to trade when it is back")
	f.DurationVar(&o.AttemptTime, "attempt-time", o.AttemptTime, "how long a caller waits for one answer")
	f.DurationVar(&o.Patience, "patience", o.Patience, "how long a caller sends a request again")
	if kind == drill.ClockJump {
		f.DurationVar(&o.Jump, "jump", o.Jump, "by how much the clock jumps; may be negative")
	} else {
		f.StringVar(&o.Part, "part", "", "name of the region, node or gateway (default the last that can be lost)")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case output != "table" && output != "json":
			return usagef("output %q is neither table nor json", output)
		case o.Validate() != nil:
			return usageError{o.Validate()}
		}
		i, err := drill.Load(file)
		if err != nil {
			return err
		}
		if !yes {
			if err := a.confirm(cmd.InOrStdin(), kind, file); err != nil {
				return err
			}
		}
		return a.drill(cmd.Context(), i, o, output)
	}
	return required(cmd, "file")
}

// confirm asks, and takes nothing but the drill's name for a yes.
func (a *app) confirm(in io.Reader, kind drill.Kind, file string) error {
	fmt.Fprintf(a.stderr, "This takes parts of the exchange of %s away while others may use it. To go on, type %s: ", file, kind)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	if strings.TrimSpace(line) != string(kind) {
		return usagef("not confirmed: nothing was touched (--yes answers for you)")
	}
	return nil
}

func (a *app) drill(ctx context.Context, i drill.Installation, o drill.Options, output string) error {
	r, err := drill.Run(ctx, i, o, a.stderr)
	if r == nil {
		return err
	}
	if output == "json" {
		if told := r.JSON(a.stdout); told != nil {
			return told
		}
	} else {
		r.Table(a.stdout)
	}
	return err
}
