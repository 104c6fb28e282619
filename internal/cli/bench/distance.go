package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sushaan/exchange/internal/distance"
	ex "github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
)

// The regions, as localdb names them. What is traded is at home in Shaanxi.
const (
	homeRegion    = "cn-northwest-shaanxi"
	otherRegion   = "cn-east-jiangsu"
	witnessRegion = "cn-central-henan"
)

// DistanceOptions of a measurement of what distance costs. Zero fields do not
// take the default: begin with DistanceDefaults.
type DistanceOptions struct {
	OneWay    time.Duration // between any two regions
	Samples   int           // of each call
	Warmup    int           // rounds before, not counted
	Settle    time.Duration // longest wait for the rows to be where they belong
	StartTime time.Duration // of the database's three nodes
	StepTime  time.Duration // of one change of schema, and of one statement
	DataDir   string        // keeps the database, migrated and placed, for the next run; empty: temporary
	JSON      bool
}

// DistanceDefaults are those of the issue that set the aims: 15 ms each way.
func DistanceDefaults() DistanceOptions {
	return DistanceOptions{
		OneWay: 15 * time.Millisecond, Samples: 31, Warmup: 5, Settle: 10 * time.Minute, StartTime: 3 * time.Minute, StepTime: 10 * time.Minute,
	}
}

const maxSamples = 10_000

// Validate tells what is wrong with the options.
func (o DistanceOptions) Validate() error {
	switch {
	case o.OneWay < time.Millisecond || o.OneWay > time.Second:
		return errors.New("one-way is 1 ms to 1 s")
	case o.Samples < 1 || o.Samples > maxSamples:
		return fmt.Errorf("samples are 1 to %d", maxSamples)
	case o.Warmup < 0 || o.Warmup > maxSamples:
		return fmt.Errorf("warmup is 0 to %d", maxSamples)
	case o.Settle <= 0 || o.StartTime <= 0 || o.StepTime <= 0:
		return errors.New("settle, start-time and step-time must be more than 0")
	}
	return nil
}

// apart is an exchange in three regions that a distance can be put between.
type apart struct {
	*exchange
	d     DistanceOptions
	db    *localdb.DB
	gates map[string]*standpoint // by name
	lines []*distance.Line       // between gateways, and from callers far away
	// An offer of Shaanxi for each standpoint, to be confirmed by its seller: one
	// order does not wait for what the last one left to be put in order.
	offers map[string]string
	lot    string
}

// Distance measures, on three regions of one machine with a delay between them,
// how long calls take in multiples of the way there and back, and writes the
// report to out; progress goes to notes. It needs a cockroach binary.
func Distance(ctx context.Context, o DistanceOptions, out, notes io.Writer) (err error) {
	if why := localdb.Available(ctx, localdb.CockroachDB); why != nil {
		return fault.New(fault.CockroachMissing, "why", why)
	}
	db, err := localdb.Start(ctx, localdb.Options{
		Engine: localdb.CockroachDB, Regions: true, Apart: true, StartTimeout: o.StartTime, DataDir: o.DataDir,
		Logf: func(format string, args ...any) { fmt.Fprintf(notes, format+"\n", args...) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Stop()) }()
	a := &apart{
		exchange: &exchange{url: db.URL(), notes: notes, o: Options{Conns: 1}, keys: map[string]identityKey{}, served: make(chan error, 1)},
		d:        o, db: db, gates: map[string]*standpoint{}, offers: map[string]string{},
	}
	defer func() { err = errors.Join(err, a.close()) }()
	r, err := a.run(ctx)
	if err != nil {
		return err
	}
	if len(r.broken) > 0 {
		fmt.Fprintln(out, strings.Join(r.broken, "\n"))
		return ErrBroken
	}
	return r.write(out, o.JSON)
}

// run prepares everything without distance, measures so, and then with it.
func (a *apart) run(ctx context.Context) (distanceReport, error) {
	r := distanceReport{Machine: machine(), OneWayMS: ms(a.d.OneWay), Samples: a.d.Samples}
	c, err := a.prepare(ctx)
	if err != nil {
		return r, err
	}
	if err := a.place(ctx); err != nil {
		return r, err
	}
	if err := a.stand(ctx, c); err != nil {
		return r, err
	}
	if r.Engine, err = a.gates[atHome].server.Store().Engine(ctx); err != nil {
		return r, err
	}
	near, err := a.measureAll(ctx, "without distance")
	if err != nil {
		return r, err
	}
	if err := a.stretch(a.d.OneWay); err != nil {
		return r, err
	}
	far, err := a.measureAll(ctx, fmt.Sprintf("with %s each way", a.d.OneWay))
	if err != nil {
		return r, err
	}
	if err := a.stretch(0); err != nil {
		return r, err
	}
	r.fill(a.trips(), near, far)
	r.broken, err = a.check(ctx)
	return r, err
}

func (a *apart) stretch(oneWay time.Duration) error {
	for _, l := range a.lines {
		l.Stretch(oneWay)
	}
	return a.db.Stretch(oneWay)
}

// prepare fills an exchange that is not placed yet, through a server that serves
// nobody, and gives the configuration of the gateways.
func (a *apart) prepare(ctx context.Context) (server.Config, error) {
	fmt.Fprintln(a.notes, "filling")
	if err := a.migrate(ctx, a.d.StepTime); err != nil {
		return server.Config{}, err
	}
	c, err := a.configure()
	if err != nil {
		return c, err
	}
	c.MetricsAddr, c.StatementTime, c.TxTime, c.Deadline, c.WatchOverlap = "", a.d.StepTime, a.d.StepTime, a.d.StepTime, 2*a.d.StepTime
	if a.server, err = server.New(ctx, c, a.notes); err != nil {
		return c, err
	}
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	end()
	defer func() { a.server = nil }()
	if a.sample, err = sample.Seed(ctx, a.server.App(), a.issuer); err == nil {
		err = a.goodsFor(ctx)
	}
	return c, errors.Join(err, a.server.Serve(over))
}

// goodsFor puts up what is measured with.
func (a *apart) goodsFor(ctx context.Context) error {
	for _, from := range standpoints() {
		id, err := a.publish(ctx, offering{quantity: stock, offers: 1})
		if err != nil {
			return err
		}
		a.offers[from] = id.String()
	}
	var err error
	a.lot, err = a.recordLot(ctx, a.offers[atHome])
	return err
}

// place puts the database into its regions and waits until it is there: a row
// that is led from elsewhere costs a distance that it will not cost for long.
func (a *apart) place(ctx context.Context) error {
	st, err := store.Open(ctx, store.Config{URL: a.url, MaxConns: 4, StatementTimeout: a.d.StepTime, TxTimeout: a.d.StepTime})
	if err != nil {
		return err
	}
	defer st.Close()
	fmt.Fprintln(a.notes, "placing the database in its regions")
	err = st.Place(ctx, store.Placement{
		Primary: otherRegion, Regions: []string{homeRegion, witnessRegion}, Survive: store.SurviveRegion,
		Provinces: map[string]string{ex.Jiangsu: otherRegion, ex.Shaanxi: homeRegion},
	}, func(string, ...any) {})
	if err != nil {
		return err
	}
	const look = time.Second
	for end := time.Now().Add(a.d.Settle); ; {
		open, err := notInPlace(ctx, st)
		switch {
		case err != nil:
			return err
		case len(open) == 0:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("not in place after %s: %s", a.d.Settle, strings.Join(open, "; "))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
	}
}

func notInPlace(ctx context.Context, st *store.Store) ([]string, error) {
	p, err := st.ShowPlacement(ctx)
	var open []string
	for _, t := range p.Tables {
		if t.Missing != "" {
			open = append(open, t.Table+": "+t.Missing)
		}
	}
	return open, err
}

// close ends the gateways, the lines and what the exchange has.
func (a *apart) close() error {
	var errs []error
	for _, g := range a.gates {
		errs = append(errs, g.close())
	}
	errs = append(errs, a.exchange.close())
	for _, l := range a.lines {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// nodesFor gives the database's nodes as a gateway of a region takes them: those
// near it, and by lines those far away.
func (a *apart) nodesFor(region string) (first, near, far string, err error) {
	var nearby, away []string
	urls := a.db.URLs()
	for i, n := range a.db.Nodes() {
		u, err := url.Parse(urls[i])
		switch {
		case err != nil:
			return "", "", "", err
		case n.Region != region:
			away = append(away, n.Far)
		case first == "":
			first = urls[i]
		default:
			nearby = append(nearby, u.Host)
		}
	}
	return first, strings.Join(nearby, ","), strings.Join(slices.Clip(away), ","), nil
}
