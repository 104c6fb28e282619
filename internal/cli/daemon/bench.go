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
	cmd.AddCommand(benchDistanceCommand(a))
	return cmd
}

const benchDistanceHelp = `Distance starts three nodes of CockroachDB in three regions of this machine, places a
database in them, starts a gateway in each province, and puts a delay between the
regions: between nodes, from one gateway to the other, and from a gateway to nodes
of other regions. Then it trades and reads, and reports medians in multiples of the
way there and back, beside the aims and beside the same without the delay. What is
traded is at home in Shaanxi; the database's primary region is Jiangsu.

  home            the caller stands beside the gateway of the rows' province
  forwarded       beside a gateway of the other province, which hands writes on
  unforwarded     beside one of the other province that does not, for comparison
  from afar       in the other province, at the gateway of the rows' province
  other province  a read, beside the gateway of the other province

Everything is on loopback, and temporary unless --data-dir keeps the database. It
needs a cockroach binary. At the end it recomputes every invariant.`

func benchDistanceCommand(a *app) *cobra.Command {
	o := bench.DistanceDefaults()
	output := "table"
	cmd := command("distance", "Measure what the distance between provinces costs each call", nil)
	cmd.Long = benchDistanceHelp
	f := cmd.Flags()
	f.DurationVar(&o.OneWay, "one-way", o.OneWay, "between any two regions")
	f.IntVar(&o.Samples, "samples", o.Samples, "of each call")
	f.IntVar(&o.Warmup, "warmup", o.Warmup, "rounds before, not counted")
	f.DurationVar(&o.Settle, "settle", o.Settle, "longest wait for rows to be where they belong")
	f.DurationVar(&o.StartTime, "start-time", o.StartTime, "of the three nodes")
	f.DurationVar(&o.StepTime, "step-time", o.StepTime, "of one change of schema")
	f.StringVar(&o.DataDir, "data-dir", "", "folder that keeps the database for the next run, which need not migrate and place it (default temporary)")
	f.StringVarP(&output, "output", "o", output, "table or json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if output != "table" && output != "json" {
			return usagef("output %q is neither table nor json", output)
		}
		if err := o.Validate(); err != nil {
			return usageError{err}
		}
		o.JSON = output == "json"
		return a.broke(bench.Distance(cmd.Context(), o, a.stdout, a.stderr))
	}
	return cmd
}

// broke tells of a run that broke an invariant.
func (a *app) broke(err error) error {
	if errors.Is(err, bench.ErrBroken) {
		a.note("error: INVARIANT_VIOLATED: the run broke an invariant, as listed on stdout")
		return errTold
	}
	return err
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
	return a.broke(bench.Run(ctx, o, a.stdout, a.stderr))
}
