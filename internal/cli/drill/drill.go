// Package drill takes parts of an exchange away while orders are placed, brings
// them back, and tells what the callers noticed and whether anything was lost.
package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/sushaan/exchange/internal/fault"
)

// Kind is what a drill takes away.
type Kind string

// The drills.
const (
	RegionLoss  Kind = "region-loss"
	NodeLoss    Kind = "node-loss"
	GatewayLoss Kind = "gateway-loss"
	ClockJump   Kind = "clock-jump"
)

// Options of a drill.
type Options struct {
	Kind    Kind
	Part    string // region, node or gateway; empty: the last that can be taken
	Jump    time.Duration
	Workers int           // who trade at the same time
	Pause   time.Duration // of each, between two orders
	// AttemptTime is how long a caller waits for one answer, Patience how long
	// it tries again.
	AttemptTime, Patience time.Duration
	// The phases: all is well, something is away, it is back.
	Before, Away, After time.Duration
}

// Defaults are those of the command.
func Defaults() Options {
	return Options{
		Jump: time.Hour, Workers: 4, Pause: 50 * time.Millisecond, AttemptTime: 10 * time.Second, Patience: 2 * time.Minute,
		Before: 10 * time.Second, Away: 30 * time.Second, After: 15 * time.Second,
	}
}

// Validate tells what is wrong with options.
func (o Options) Validate() error {
	if !slices.Contains([]Kind{RegionLoss, NodeLoss, GatewayLoss, ClockJump}, o.Kind) {
		return fmt.Errorf("there is no drill %q", o.Kind)
	}
	const most = 256
	if o.Workers < 1 || o.Workers > most {
		return fmt.Errorf("workers are 1 to %d", most)
	}
	for name, d := range map[string]time.Duration{
		"attempt-time": o.AttemptTime, "patience": o.Patience, "before": o.Before, "away": o.Away, "after": o.After,
	} {
		if d <= 0 {
			return fmt.Errorf("%s must be more than 0", name)
		}
	}
	if o.Kind == ClockJump && o.Jump == 0 {
		return errors.New("jump must not be 0")
	}
	return nil
}

// drilling is one drill under way.
type drilling struct {
	o      Options
	i      Installation
	lost   []Part
	load   *load
	probe  probe
	jumper *jumper // of the clock's drill
	notes  io.Writer
	marks  [4]time.Time // where the phases begin, and the end
}

// Run does a drill and reports. An error that comes with a report says that the
// drill failed; what was stopped is started again in any case.
func Run(ctx context.Context, i Installation, o Options, notes io.Writer) (_ *Report, err error) {
	d := &drilling{o: o, i: i, notes: notes}
	if err := i.validate(); err != nil {
		return nil, err
	}
	if d.lost, err = i.lost(o.Kind, o.Part); err != nil {
		return nil, err
	}
	if err := d.connect(); err != nil {
		return nil, err
	}
	defer d.hangUp()
	if err := d.probe.mayBegin(ctx, i); err != nil {
		return nil, err
	}
	if err := d.load.measure(ctx); err != nil {
		return nil, err
	}
	if o.Kind == ClockJump {
		if d.jumper, err = startJumper(ctx, i, notes); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, d.jumper.stop()) }()
		doors := append([]door{d.jumper.door}, *d.load.doors.Load()...)
		d.load.doors.Store(&doors)
	}
	if err := d.phases(ctx); err != nil {
		return nil, err
	}
	return d.report(ctx)
}

func (d *drilling) connect() error {
	who, err := d.i.traders()
	if err != nil {
		return err
	}
	d.load = &load{o: d.o, tally: newTally()}
	for _, t := range d.i.Trades {
		d.load.trades = append(d.load.trades, trade{t, who[t.Context]})
	}
	trust, err := trustOf(d.load.trades[0].who)
	if err != nil {
		return err
	}
	d.probe = newProbe(trust)
	var doors []door
	for _, g := range d.i.Gateways {
		one, err := dial(g.Name, g.GRPC, trust)
		if err != nil {
			return err
		}
		doors = append(doors, one)
	}
	d.load.doors.Store(&doors)
	return nil
}

func (d *drilling) hangUp() {
	for _, one := range *d.load.doors.Load() {
		_ = one.conn.Close() // nothing is under way
	}
}

func (d *drilling) note(format string, args ...any) { fmt.Fprintf(d.notes, format+"\n", args...) }

// phases trades while all is well, while something is away, and when it is back.
func (d *drilling) phases(ctx context.Context) error {
	loading, end := context.WithCancel(ctx)
	var wg sync.WaitGroup
	d.marks[0] = time.Now()
	wg.Go(func() { d.load.run(loading) })
	defer func() {
		end()
		wg.Wait()
		d.marks[3] = time.Now()
	}()
	d.note("trading, all is well: %s", d.o.Before)
	if err := pause(ctx, d.o.Before); err != nil {
		return err
	}
	d.marks[1] = time.Now()
	err := d.takeAway(ctx)
	if err == nil {
		err = pause(ctx, d.o.Away)
	}
	d.marks[2] = time.Now()
	// Whatever happened: nothing stays stopped.
	if back := d.bringBack(context.WithoutCancel(ctx)); err == nil {
		err = back
	}
	if err != nil {
		return err
	}
	return pause(ctx, d.o.After)
}

func (d *drilling) takeAway(ctx context.Context) error {
	if d.jumper != nil {
		d.note("the clock of a gateway jumps by %s, for %s", d.o.Jump, d.o.Away)
		d.jumper.jump(d.o.Jump)
		return nil
	}
	for _, p := range d.lost {
		d.note("stopping %s, for %s", p.Name, d.o.Away)
	}
	return each(ctx, d.lost, func(p Part) []string { return p.Stop })
}

func (d *drilling) bringBack(ctx context.Context) error {
	if d.jumper != nil {
		d.note("the clock jumps back")
		d.jumper.jump(0)
		return nil
	}
	// The database first: a gateway looks for it when it starts.
	gateway := func(p Part) bool { return p.GRPC != "" }
	gateways, nodes := []Part(nil), []Part(nil)
	for _, p := range d.lost {
		d.note("starting %s", p.Name)
		if gateway(p) {
			gateways = append(gateways, p)
		} else {
			nodes = append(nodes, p)
		}
	}
	start := func(p Part) []string { return p.Start }
	err := errors.Join(each(ctx, nodes, start), each(ctx, gateways, start))
	if err != nil {
		return err
	}
	return d.probe.awaitReady(ctx, gateways)
}

// report asks what became of everything that was acknowledged.
func (d *drilling) report(ctx context.Context) (*Report, error) {
	y := d.load.tally
	d.note("asking for each of %d acknowledged orders, and checking every invariant", len(y.orders))
	lost, err := d.load.missing(ctx)
	if err != nil {
		return nil, fmt.Errorf("the acknowledged orders could not be asked for: %s", kindOf(err))
	}
	r := &Report{
		Drill: d.o.Kind, Errors: y.faults, Lost: lost, Orders: len(y.orders), StallMS: y.stall(d.marks[0], d.marks[3]).Milliseconds(),
		Phases: []phase{
			y.phase("all is well", d.marks[0], d.marks[1]), y.phase("away", d.marks[1], d.marks[2]), y.phase("back", d.marks[2], d.marks[3]),
		},
		Total: y.phase("total", d.marks[0], d.marks[3]),
	}
	for _, p := range d.lost {
		r.Away = append(r.Away, p.Name)
	}
	if d.jumper != nil {
		r.Away = []string{fmt.Sprintf("the clock of a gateway, by %s", d.o.Jump)}
	}
	if r.Checks, r.Violations, err = check(ctx, d.i.Databases); err != nil {
		return nil, err
	}
	return r, r.verdict()
}

// verdict is an error where a promise was broken.
func (r *Report) verdict() error {
	why := ""
	switch {
	case len(r.Lost) > 0:
		why = fmt.Sprintf("%d acknowledged orders are lost", len(r.Lost))
	case len(r.Violations) > 0:
		why = fmt.Sprintf("%d invariants are violated", len(r.Violations))
	case r.Total.Acknowledged == 0:
		why = "nothing was acknowledged: this proves nothing"
	case r.Phases[1].Acknowledged == 0 && r.Drill != ClockJump:
		why = "trading did not go on"
	default:
		return nil
	}
	return fault.New(fault.DrillFailed, "why", why)
}
