package app

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// Line is one line of a batch: a command, or why it is none.
type Line[C any] struct {
	Command C
	Err     error
}

// LineResult is what became of a line.
type LineResult struct {
	Result[exchange.Order]
	RequestID string
	Err       error
}

// bulkLookups are made at once for lines that were refused.
const bulkLookups = 16

// BatchPlaceOrders places orders, each by itself, or all of them in one
// transaction or none. Results are in the order of the lines.
func (a *App) BatchPlaceOrders(ctx context.Context, lines []Line[PlaceOrder], allOrNothing bool) ([]LineResult, error) {
	b, err := a.newBulk(ctx, len(lines), allOrNothing)
	if err != nil {
		return nil, err
	}
	for i, line := range lines {
		b.add(i, line.Err, line.Command.Meta, func(meta Meta) (orderWrite, error) {
			line.Command.Meta = meta
			return a.placement(spot(line.Command))
		})
	}
	return b.run()
}

// BatchAcceptDeliveries records acceptances as BatchPlaceOrders places orders.
func (a *App) BatchAcceptDeliveries(ctx context.Context, lines []Line[AcceptOrder], allOrNothing bool) ([]LineResult, error) {
	b, err := a.newBulk(ctx, len(lines), allOrNothing)
	if err != nil {
		return nil, err
	}
	keys := make([]exchange.ID, 0, len(lines))
	for _, line := range lines {
		if key, err := exchange.ParseID("id", line.Command.ID); err == nil {
			keys = append(keys, key)
		}
	}
	offers, err := a.store.OffersOfOrders(ctx, keys)
	if err != nil {
		return nil, err
	}
	for i, line := range lines {
		b.add(i, line.Err, line.Command.Meta, func(meta Meta) (orderWrite, error) {
			c := line.Command
			c.Meta = meta
			key, err := exchange.ParseID("id", c.ID)
			if err != nil {
				return orderWrite{}, err
			}
			offer, ok := offers[key]
			if !ok {
				return orderWrite{}, fault.New(fault.ResourceNotFound, "noun", "order", "id", key)
			}
			return orderStep(key, offer, c.Meta, c, authz.OrderAccept, nil, acceptance(c)), nil
		})
	}
	return b.run()
}

// bulk is a batch on its way.
type bulk struct {
	app     *App
	ctx     context.Context //nolint:containedctx // of the one call that it is
	whole   bool
	results []LineResult
	jobs    []*job // nil where a line has failed already
}

func (a *App) newBulk(ctx context.Context, lines int, whole bool) (*bulk, error) {
	if lines == 0 || lines > a.limits.BatchLines {
		return nil, fault.InField("lines", fault.BatchSizeInvalid, "lines", lines, "limit", a.limits.BatchLines)
	}
	return &bulk{app: a, ctx: ctx, whole: whole, results: make([]LineResult, lines), jobs: make([]*job, lines)}, nil
}

// add adds a line. Every line has a request id, so that the answer tells by which
// it may be sent again.
func (b *bulk) add(i int, err error, meta Meta, write func(Meta) (orderWrite, error)) {
	if meta.RequestID == "" {
		meta.RequestID = uuid.NewString()
	}
	r := &b.results[i]
	r.RequestID = meta.RequestID
	if meta.DryRun && b.whole && err == nil {
		err = fault.InField("dry_run", fault.InvalidArgument, "detail", "a batch that is all or nothing is not a dry run")
	}
	if err != nil {
		r.Err = err
		return
	}
	w, err := write(meta)
	if err == nil {
		b.jobs[i], err = newJob(b.ctx, w)
	}
	r.Err = err
}

func (b *bulk) run() ([]LineResult, error) {
	if b.whole {
		b.together()
	} else {
		b.apart()
	}
	if errors.Is(b.ctx.Err(), context.Canceled) {
		return nil, b.ctx.Err() // nobody is there to read results; the request ids tell
	}
	return b.results, nil
}

// apart writes each line by itself. Those of one lane are queued together.
func (b *bulk) apart() {
	lanes := map[*orderLane][]*job{}
	lane := make([]*orderLane, len(b.jobs))
	for i, j := range b.jobs {
		if b.results[i].Err == nil {
			lane[i] = b.app.group.laneOf(j.offer)
			lanes[lane[i]] = append(lanes[lane[i]], j)
		}
	}
	refused := map[*orderLane]error{}
	for l, jobs := range lanes {
		refused[l] = b.app.group.submit(l, jobs...)
	}
	for i, j := range b.jobs {
		r := &b.results[i]
		switch {
		case r.Err != nil:
		case refused[lane[i]] != nil:
			r.Err = refused[lane[i]]
		default:
			r.Result, r.Err = j.wait(lane[i])
		}
	}
	b.lookBack()
}

// lookBack looks for refused lines that were committed meanwhile, by another
// server, under the same request id.
func (b *bulk) lookBack() {
	var wg sync.WaitGroup
	free := make(chan struct{}, bulkLookups)
	for i, j := range b.jobs {
		if r := &b.results[i]; j != nil && r.Err != nil && isAnswer(r.Err) {
			free <- struct{}{}
			wg.Go(func() {
				defer func() { <-free }()
				r.Result, r.Err = b.app.unlessDone(j, r.Result, r.Err)
			})
		}
	}
	wg.Wait()
}

// together writes all lines in one transaction, or none.
func (b *bulk) together() {
	if b.fits(); b.failed() {
		b.spoil()
		return
	}
	jobs := make([]*job, len(b.jobs))
	for i, j := range b.jobs {
		j.whole = true
		jobs[i] = j
	}
	b.app.settleWhole(context.WithoutCancel(b.ctx), jobs)
	for i, j := range jobs {
		b.results[i].Result, b.results[i].Err = j.result, j.err
	}
}

// fits marks the lines that cannot be in one transaction with those before.
func (b *bulk) fits() {
	first := map[store.RequestKey]int{}
	home := ""
	for i, j := range b.jobs {
		if j == nil {
			continue
		}
		if home == "" {
			home = j.home
		}
		if at, twice := first[j.key()]; twice {
			b.results[i].Err = fault.InField("request_id", fault.RequestIDTwice, "request_id", j.RequestID, "line", at+1)
			continue
		}
		first[j.key()] = i
		if j.home != home {
			b.results[i].Err = fault.InField("offer_id", fault.BatchMixed, "province", j.home, "first", home)
		}
	}
}

func (b *bulk) failed() bool {
	return slices.ContainsFunc(b.results, func(r LineResult) bool { return r.Err != nil })
}

// spoil gives the lines without a fault of their own the batch's.
func (b *bulk) spoil() {
	for i := range b.results {
		if b.results[i].Err == nil {
			b.results[i].Err = fault.New(fault.BatchUndone)
		}
	}
}

// errSpoiled ends the transaction of a batch that is all or nothing.
var errSpoiled = errors.New("app: a line of the batch failed")

// settleWhole writes a batch that is all or nothing, and gives each of its jobs
// its end.
func (a *App) settleWhole(ctx context.Context, batch []*job) {
	err := a.attempt(ctx, batch)
	for range resolveAttempts {
		if !store.IsRequestTaken(err) {
			break
		}
		a.metrics.repeats.Inc()
		err = a.attempt(ctx, batch)
	}
	switch {
	case err == nil:
		for _, j := range batch {
			a.told(j.decisions())
		}
	case errors.Is(err, errSpoiled):
		a.undo(ctx, batch)
	case fault.Is(err, fault.CommitUnknown):
		a.resolveAll(batch, err)
	default:
		if store.IsDecisionLog(err) {
			err = fault.Wrap(err, fault.DecisionLogAway)
		}
		for _, j := range batch {
			a.fail(ctx, j, err)
		}
	}
}

// undo ends the jobs of a batch that was rolled back. A line that had been
// written before stays what it was.
func (a *App) undo(ctx context.Context, batch []*job) {
	for _, j := range batch {
		switch {
		case j.err != nil && j.unit.denied != nil:
			a.logDecision(ctx, *j.unit.denied)
		case j.err == nil && !j.result.Replayed:
			j.result, j.err = Result[exchange.Order]{}, fault.New(fault.BatchUndone)
		}
	}
}
