// Package bench measures the exchange as its callers meet it, and beside it, in
// turns on the same database, floors: what the database can do by itself. It
// reports ratios, since a time alone says more about the machine.
//
// The server is the real one, with TLS, tokens, the built-in policies, the
// decision log and the ledger; server and load share one process.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/store"
)

// Options of a run. Zero fields take the default.
type Options struct {
	Cases       []string      // families to run: place, accept, read, list, volumes, decide; none: all
	Clients     []int         // callers at once; none: each family's own
	Duration    time.Duration // of each measurement
	Warmup      time.Duration // before each measurement, not counted
	Rounds      int           // of all measurements in turns
	Rate        float64       // arrivals a second, open loop; 0: closed loop
	Conns       int           // connections that the callers share
	HTTP        bool          // through the HTTP gateway instead of gRPC
	Quick       bool          // cases that prepare something prepare less of it
	JSON        bool
	DatabaseURL string // of a database server; empty: localdb finds or starts one
	Download    bool   // a database may be downloaded
	Scale       int    // of pgbench's tables
	Offers      int    // of the list case
	Entries     int    // of the ledger that the volume cases ask
	Lanes       int    // of the server; 0: its default
	BatchSize   int    // of the server; 0: its default
	CPUProfile  string // file; empty: none
	MemProfile  string // file of allocations; empty: none
}

// Defaults are the options of a full run.
func Defaults() Options {
	return Options{
		Duration: 5 * time.Second, Warmup: time.Second, Rounds: 5, Conns: 16, Scale: 50, Offers: 100_000, Entries: 1_000_000,
	}
}

// QuickDefaults are the options of a run that is only to show that it works.
func QuickDefaults() Options {
	return Options{
		Quick: true, Duration: 300 * time.Millisecond, Warmup: 100 * time.Millisecond, Rounds: 1, Conns: 16, Scale: 1, Offers: 500, Entries: 5000,
	}
}

// Validate tells what is wrong with the options.
func (o Options) Validate() error {
	var errs []error
	for _, name := range o.Cases {
		if !slices.Contains(Families(), name) {
			errs = append(errs, fmt.Errorf("no case %q: there are %s", name, strings.Join(Families(), ", ")))
		}
	}
	for name, value := range map[string]int64{
		"duration": int64(o.Duration), "rounds": int64(o.Rounds), "conns": int64(o.Conns), "scale": int64(o.Scale), "offers": int64(o.Offers), "entries": int64(o.Entries),
	} {
		if value <= 0 {
			errs = append(errs, fmt.Errorf("%s must be more than 0", name))
		}
	}
	if o.Rate < 0 || o.Warmup < 0 || slices.ContainsFunc(o.Clients, func(n int) bool { return n <= 0 || n > maxClients }) {
		errs = append(errs, fmt.Errorf("rate and warmup are not below 0, clients are 1 to %d", maxClients))
	}
	return errors.Join(errs...)
}

const maxClients = 10_000

// ErrBroken says that the run broke an invariant: its figures mean nothing.
var ErrBroken = errors.New("an invariant is broken")

// Run measures and writes the report to out; progress goes to notes.
func Run(ctx context.Context, o Options, out, notes io.Writer) (err error) {
	db, err := localdb.Start(ctx, localdb.Options{DatabaseURL: o.DatabaseURL, AllowDownload: o.Download})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Stop()) }()
	fmt.Fprintln(notes, db.Reason())
	// A database of its own: nothing that is there is touched.
	url, err := db.CreateDatabase(ctx, fmt.Sprintf("sushaan_bench_%d", time.Now().UnixNano()))
	if err != nil {
		return err
	}
	x, err := open(ctx, o, url, notes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	r, err := x.measure(ctx)
	if err != nil {
		return err
	}
	broken, err := x.check(ctx)
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		for _, line := range broken {
			fmt.Fprintln(out, line)
		}
		return ErrBroken
	}
	return r.write(out, o.JSON)
}

// check recomputes every invariant on what the run left.
func (x *exchange) check(ctx context.Context) ([]string, error) {
	const timeout = 10 * time.Minute
	s, err := store.Open(ctx, store.Config{URL: x.url, MaxConns: 2, StatementTimeout: timeout})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	results, err := s.Check(ctx)
	if err != nil {
		return nil, err
	}
	var broken []string
	for _, c := range results {
		for _, v := range c.Violations {
			broken = append(broken, fmt.Sprintf("%s broken (%s): %s", c.Invariant, c.What, v))
		}
	}
	fmt.Fprintf(x.notes, "%d checks of the invariants, %d violations\n", len(results), len(broken))
	return broken, nil
}

// measure runs every case in turns with its floors, round after round.
func (x *exchange) measure(ctx context.Context) (report, error) {
	cases := x.cases()
	r, err := x.newReport(ctx, cases)
	if err != nil {
		return r, err
	}
	stop, err := x.profile()
	if err != nil {
		return r, err
	}
	defer stop()
	for round := range x.o.Rounds {
		for i, c := range cases {
			if err := x.turn(ctx, c, &r.Cases[i]); err != nil {
				return r, fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(x.notes, "round %d/%d %s\n", round+1, x.o.Rounds, r.Cases[i].last())
		}
	}
	r.finish()
	return r, nil
}

// turn measures a case's floors and the case, one after the other.
func (x *exchange) turn(ctx context.Context, c benchCase, into *result) error {
	if c.prepare != nil {
		if err := c.prepare(ctx); err != nil {
			return err
		}
	}
	m := turnOf{}
	for _, f := range c.floors {
		got, err := x.floorOf(ctx, f, c)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		m.floors = append(m.floors, got)
	}
	m.got = x.load(c).run(ctx, c.work)
	if m.got.done == 0 {
		return fmt.Errorf("nothing was done, the first error of %d: %w", m.got.errors, m.got.first)
	}
	into.add(c, m)
	return nil
}

// profile starts what profiles were asked for.
func (x *exchange) profile() (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, f := range stops {
			f()
		}
	}
	if x.o.CPUProfile != "" {
		f, err := os.Create(x.o.CPUProfile)
		if err != nil {
			return stop, err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return stop, err
		}
		stops = append(stops, func() { pprof.StopCPUProfile(); _ = f.Close() })
	}
	if x.o.MemProfile != "" {
		f, err := os.Create(x.o.MemProfile)
		if err != nil {
			return stop, err
		}
		stops = append(stops, func() { _ = pprof.Lookup("allocs").WriteTo(f, 0); _ = f.Close() })
	}
	return stop, nil
}
