package daemon

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/cli/bench"
)

func benchCommand(a *app) *cobra.Command {
	o := bench.Defaults()
	output := "table"
	cmd := command("bench", "Measure this exchange and, in turns, what its database can do", nil)
	cmd.Use = "bench [" + strings.Join(bench.Families(), "|") + "]..."
	cmd.Args, cmd.ValidArgsFunction = cobra.ArbitraryArgs, cobra.FixedCompletions(bench.Families(), cobra.ShellCompDirectiveNoFileComp)
	cmd.Long = benchHelp
	f := cmd.Flags()
	f.IntSliceVar(&o.Clients, "clients", nil, "callers at once; several: one case each (default of each case)")
	f.DurationVar(&o.Duration, "duration", o.Duration, "of each measurement")
	f.DurationVar(&o.Warmup, "warmup", o.Warmup, "before each measurement, not counted")
	f.IntVar(&o.Rounds, "rounds", o.Rounds, "of all measurements in turns")
	f.Float64Var(&o.Rate, "rate", 0, "arrivals a second, however long the answers take (default: each caller calls when it has its answer)")
	f.IntVar(&o.Conns, "conns", o.Conns, "connections that the callers share")
	f.BoolVar(&o.HTTP, "http", false, "through the HTTP gateway instead of gRPC")
	f.BoolVar(&o.Quick, "quick", false, "every case briefly, on small data: to see that it works")
	f.IntVar(&o.Scale, "scale", o.Scale, "of pgbench's tables; 50 are 5 million accounts")
	f.IntVar(&o.Offers, "offers", o.Offers, "that the list case lists from")
	f.IntVar(&o.Entries, "entries", o.Entries, "of the ledger that the volume cases ask")
	f.IntVar(&o.Lanes, "lanes", 0, "of the server (default its own)")
	f.IntVar(&o.BatchSize, "batch-size", 0, "of the server (default its own)")
	f.StringVarP(&output, "output", "o", output, "table or json")
	f.BoolVar(&o.Download, "download", true, "download CockroachDB where no other database is found")
	f.StringVar(&o.CPUProfile, "cpu-profile", "", "file to write a CPU profile to")
	f.StringVar(&o.MemProfile, "mem-profile", "", "file to write a profile of allocations to")
	databaseFlag(cmd, &o.DatabaseURL)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.Quick {
			q := bench.QuickDefaults()
			for name, set := range map[string]func(){
				"duration": func() { o.Duration = q.Duration }, "warmup": func() { o.Warmup = q.Warmup },
				"rounds": func() { o.Rounds = q.Rounds }, "scale": func() { o.Scale = q.Scale }, "offers": func() { o.Offers = q.Offers },
				"entries": func() { o.Entries = q.Entries },
			} {
				if !f.Changed(name) {
					set()
				}
			}
		}
		o.Cases, o.JSON = args, output == "json"
		if output != "table" && output != "json" {
			return usagef("output %q is neither table nor json", output)
		}
		return a.bench(cmd.Context(), o)
	}
	return cmd
}

const benchHelp = `Bench starts the real server in an empty database of its own and drives it
through the public API, with TLS, tokens, the built-in policies, the decision log
and the ledger. In turns, in the same database, it measures floors: pgbench's
TPC-B-like transaction, the same trade as a plain transaction one statement at a
time, pgbench's SELECT-only, and for volumes the same question asked of the entries
in SQL. Floors have 16 connections at most.

It reports throughput, latency, and the ratios to the floors: the least, the middle
and the greatest of the rounds. At the end it recomputes every invariant; a run
that broke one reports nothing else.

With --database-url the database is made on that server, and stays there.`

func (a *app) bench(ctx context.Context, o bench.Options) error {
	if o.DatabaseURL == "" {
		o.DatabaseURL = os.Getenv(databaseEnv)
	}
	if err := o.Validate(); err != nil {
		return usageError{err}
	}
	err := bench.Run(ctx, o, a.stdout, a.stderr)
	if errors.Is(err, bench.ErrBroken) {
		a.note("error: INVARIANT_VIOLATED: the run broke an invariant, as listed on stdout")
		return errTold
	}
	return err
}
