package app

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// Group commit (design §6). Writes to orders wait in lanes: those of one offer
// always in the same one. A lane has one writer. While its batch is in flight
// the next one gathers; there is no timer, so that a lone order waits for
// nobody. A batch is one transaction: facts for all are read in one round trip,
// policy decides on all, and what they write is sent and committed in another.
// Each order succeeds or fails by itself.

// orderWrite is a write to one order: to place it, or a step of it.
type orderWrite struct {
	intent
	offer exchange.ID // that the order is on
	order exchange.ID // zero: it is being placed
	codes []string    // of divisions that will be read
	// ask reads the facts and says what policy is asked. It changes nothing.
	ask func(ctx context.Context, u *unit) (authz.Question, error)
	// do changes what policy allowed to change.
	do func(ctx context.Context, u *unit, q authz.Question, d authz.Decision) (exchange.Order, error)
}

// job is an order write on its way through its lane.
type job struct {
	orderWrite
	ctx       context.Context //nolint:containedctx // of the caller, who may go away: see take
	principal exchange.Principal
	request   store.Request
	queuedAt  time.Time
	taken     bool          // into a batch; guarded by the lane
	whole     bool          // it is done with all others of its batch, or not at all
	done      chan struct{} // closed when result and err are final

	unit   *unit
	result Result[exchange.Order]
	err    error
}

// group is the lanes of order writes.
type group struct {
	app   *App
	mu    sync.Mutex // guards lanes
	lanes map[laneKey]*orderLane
}

type laneKey struct {
	home   string
	number uint32
}

// orderLane is a queue with one writer, which is there only while there is
// something to write.
type orderLane struct {
	mu      sync.Mutex
	waiting []*job
	running bool
}

// writeOrder takes an order write through its lane and waits for its end.
func (a *App) writeOrder(ctx context.Context, w orderWrite) (Result[exchange.Order], error) {
	j, err := newJob(ctx, w)
	if err != nil {
		return Result[exchange.Order]{}, err
	}
	lane := a.group.laneOf(w.offer)
	if err := a.group.submit(lane, j); err != nil {
		return Result[exchange.Order]{}, err
	}
	r, err := j.wait(lane)
	return a.unlessDone(j, r, err)
}

// unlessDone is a job's end, unless the same request was committed since it was
// looked for, on another server: what it changed is then what was refused here
// (invariant I6).
func (a *App) unlessDone(j *job, r Result[exchange.Order], err error) (Result[exchange.Order], error) {
	if err == nil || j.RequestID == "" || j.DryRun || !isAnswer(err) {
		return r, err
	}
	if kept, ok, look := replay[exchange.Order](j.ctx, a, j.request); ok || look != nil {
		return kept, look
	}
	return r, err
}

func newJob(ctx context.Context, w orderWrite) (*job, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return nil, err
	}
	request, _, err := requestOf(w.intent, p)
	return &job{orderWrite: w, ctx: ctx, principal: p, request: request, done: make(chan struct{})}, err
}

// wait gives a job's end, or the caller's own. An order whose caller went away
// before a batch took it will never be; one that was taken is in that batch, and
// the same request id tells what became of it.
func (j *job) wait(lane *orderLane) (Result[exchange.Order], error) {
	select {
	case <-j.done:
		return j.result, j.err
	case <-j.ctx.Done():
		lane.remove(j)
		return Result[exchange.Order]{}, j.ctx.Err()
	}
}

func (g *group) laneOf(offer exchange.ID) *orderLane {
	// An id is random: any part of it is as good as a hash.
	key := laneKey{offer.Home, binary.BigEndian.Uint32(offer.UUID[:]) % uint32(g.app.limits.Lanes)}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.lanes[key] == nil {
		g.lanes[key] = &orderLane{}
	}
	return g.lanes[key]
}

// submit queues jobs, all or none, and sees to it that somebody writes them.
func (g *group) submit(lane *orderLane, jobs ...*job) error {
	lane.mu.Lock()
	defer lane.mu.Unlock()
	if len(lane.waiting)+len(jobs) > g.app.limits.LaneWaiters {
		g.app.metrics.refused.Add(float64(len(jobs)))
		e := fault.New(fault.QueueFull)
		e.Retry = retryAfterQueueFull
		return e
	}
	now := time.Now()
	for _, j := range jobs {
		j.queuedAt = now
	}
	lane.waiting = append(lane.waiting, jobs...)
	if !lane.running {
		lane.running = true
		go g.run(lane)
	}
	return nil
}

func (l *orderLane) remove(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !j.taken {
		l.waiting = slices.DeleteFunc(l.waiting, func(o *job) bool { return o == j })
	}
}

// waiting counts the order writes that no batch has taken yet.
func (g *group) waiting() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.lanes {
		l.mu.Lock()
		n += len(l.waiting)
		l.mu.Unlock()
	}
	return n
}

// run writes batch after batch until nothing waits.
func (g *group) run(lane *orderLane) {
	for {
		batch := g.take(lane)
		if batch == nil {
			return
		}
		for _, j := range batch {
			g.app.metrics.waited.Observe(time.Since(j.queuedAt).Seconds())
		}
		// The batch outlives any of its callers. The store bounds its time.
		g.app.settle(context.WithoutCancel(batch[0].ctx), batch)
		for _, j := range batch {
			close(j.done)
		}
	}
}

// take takes the next batch from the front of the queue; nil ends the writer.
// Two jobs of one order, or of one request id, are never in one batch: the later
// one must see what the earlier one did. A dry run, which is rolled back, is a
// batch by itself.
func (g *group) take(lane *orderLane) []*job {
	lane.mu.Lock()
	defer lane.mu.Unlock()
	var batch []*job
	requests, orders := map[store.RequestKey]bool{}, map[exchange.ID]bool{}
	for len(lane.waiting) > 0 && len(batch) < g.app.limits.BatchSize {
		j := lane.waiting[0]
		if requests[j.key()] || orders[j.order] || (j.DryRun && len(batch) > 0) {
			break
		}
		lane.waiting = lane.waiting[1:]
		j.taken = true
		if j.ctx.Err() != nil {
			j.err = j.ctx.Err()
			close(j.done)
			continue
		}
		batch = append(batch, j)
		requests[j.key()] = true
		if j.order != (exchange.ID{}) {
			orders[j.order] = true
		}
		if j.DryRun {
			break
		}
	}
	if batch == nil {
		lane.waiting, lane.running = nil, false
	}
	return batch
}

func (j *job) key() store.RequestKey {
	return store.RequestKey{Actor: j.request.Actor, ID: j.request.RequestID}
}

// settle writes a batch and gives each of its jobs its end. What cannot be
// written together is written in halves, down to the one that is at fault.
func (a *App) settle(ctx context.Context, batch []*job) {
	err := a.attempt(ctx, batch)
	for range resolveAttempts {
		if !store.IsRequestTaken(err) {
			break
		}
		// One of the requests was committed since they were looked for.
		a.metrics.repeats.Inc()
		err = a.attempt(ctx, batch)
	}
	switch {
	case err == nil:
		for _, j := range batch {
			a.told(j.decisions())
		}
	case fault.Is(err, fault.CommitUnknown):
		a.resolveAll(batch, err)
	case len(batch) > 1 && !hopeless(err):
		a.metrics.splits.Inc()
		half := len(batch) / 2
		a.settle(ctx, batch[:half])
		a.settle(ctx, batch[half:])
	default:
		if store.IsDecisionLog(err) {
			err = fault.Wrap(err, fault.DecisionLogAway)
		}
		for _, j := range batch {
			a.fail(ctx, j, err)
		}
	}
}

// decisions are what was committed of a job's decision, for the log's file.
func (j *job) decisions() []store.Decision {
	switch {
	case j.unit == nil || j.DryRun:
		return nil
	case j.err == nil:
		return j.unit.made
	case j.unit.denied != nil:
		return []store.Decision{*j.unit.denied}
	}
	return nil
}

// fail ends a job whose transaction failed. A denial stays one, and is logged by
// itself.
func (a *App) fail(ctx context.Context, j *job, err error) {
	if j.unit != nil && j.unit.denied != nil && j.err != nil {
		a.logDecision(ctx, *j.unit.denied)
		return
	}
	j.result, j.err = Result[exchange.Order]{}, err
}

// hopeless says whether halves of a batch would fail as the whole did.
func hopeless(err error) bool {
	f, ok := fault.As(err)
	return errors.Is(err, context.DeadlineExceeded) ||
		ok && (f.Code == fault.StoreAway || f.Code == fault.DeadlinePassed || f.Code == fault.QueueFull)
}

// resolveAll finds out, for each job, whether a commit of unknown outcome took
// place.
func (a *App) resolveAll(batch []*job, unknown error) {
	var wg sync.WaitGroup
	for _, j := range batch {
		if j.err == nil {
			wg.Go(func() { j.result, j.err = resolve[exchange.Order](j.ctx, a, j.request, unknown) })
		}
	}
	wg.Wait()
}

// attempt runs a batch's transaction. Other writes to the offers wait meanwhile.
// A panic is an error of the batch, which is then split: it must not end the
// server, and no caller's goroutine is here to catch it.
func (a *App) attempt(ctx context.Context, batch []*job) error {
	_, err := safely(func() (struct{}, error) { return struct{}{}, a.transact(ctx, batch) })
	return err
}

func (a *App) transact(ctx context.Context, batch []*job) error {
	offers := make([]string, len(batch))
	for i, j := range batch {
		offers[i] = j.offer.String()
	}
	slices.Sort(offers)
	waiting := ctx
	if batch[0].whole {
		waiting = batch[0].ctx // one caller's alone: nothing is to be if it goes away before its turn
	}
	leave, err := a.lanes.enterAll(waiting, slices.Compact(offers))
	if err != nil {
		return err
	}
	defer leave()
	var at time.Time
	var last *store.Tx
	a.metrics.batches.Observe(float64(len(batch)))
	err = a.store.WriteAhead(ctx, func() *store.Ahead {
		at = a.now()
		return readAhead(batch, exchange.DayOf(at))
	}, func(ctx context.Context, tx *store.Tx) error {
		last = tx
		return a.together(ctx, tx, at, batch)
	})
	if err == nil {
		for _, j := range batch {
			j.result.Committed = last.CommittedAt()
		}
	}
	if first := batch[0]; first.DryRun && first.unit != nil && first.unit.denied != nil {
		a.logDecision(ctx, *first.unit.denied) // the transaction with it is gone
	}
	return err
}

// readAhead names what the jobs of a batch will read.
func readAhead(batch []*job, day exchange.Day) *store.Ahead {
	a := &store.Ahead{Home: batch[0].home, Day: day}
	subjects := map[store.Subject]bool{}
	offers, buyers, codes := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}, map[string]bool{}
	for _, j := range batch {
		if !j.principal.System && !j.DryRun {
			a.Requests = append(a.Requests, j.key())
		}
		note(&a.Offers, offers, j.offer.UUID)
		if p := j.principal; p.Issuer != uuid.Nil {
			note(&a.Subjects, subjects, store.Subject{Issuer: p.Issuer, Name: p.Subject})
		}
		if j.order != (exchange.ID{}) {
			a.Orders = append(a.Orders, j.order.UUID)
		} else if j.principal.Member != nil {
			note(&a.Buyers, buyers, j.principal.Member.ID)
		}
		for _, c := range j.codes {
			note(&a.Codes, codes, c)
		}
	}
	return a
}

// note adds a value to a list that has each once.
func note[T comparable](list *[]T, seen map[T]bool, v T) {
	if !seen[v] {
		seen[v] = true
		*list = append(*list, v)
	}
}

// together does the jobs of a batch in one transaction: facts for all, one
// question to policy for all, then the changes one after the other, each on what
// the earlier ones left. An error is the transaction's; a job's own is kept in
// the job and takes nothing with it.
func (a *App) together(ctx context.Context, tx *store.Tx, at time.Time, batch []*job) error {
	var asked []*job
	var questions []authz.Question
	for _, j := range batch {
		j.unit = &unit{Tx: tx, app: a, principal: j.principal, at: at, home: j.home, dryRun: j.DryRun}
		j.result, j.err = Result[exchange.Order]{}, nil
		if kept, ok := tx.Kept(j.key()); ok {
			j.result, j.err = replayed[exchange.Order](kept, j.request)
			continue
		}
		q, err := safely(func() (authz.Question, error) {
			if err := j.unit.refreshRoles(ctx); err != nil {
				return authz.Question{}, err
			}
			return j.ask(ctx, j.unit)
		})
		if err != nil {
			if !own(err) {
				return err
			}
			j.err = err
			continue
		}
		q.At, q.Principal = at, j.unit.principal
		asked, questions = append(asked, j), append(questions, q)
	}
	decisions, err := a.policy.DecideBatch(ctx, questions)
	if err != nil {
		return err
	}
	for i, j := range asked {
		mark := tx.Mark()
		if j.err = j.finish(ctx, questions[i], decisions[i]); j.err == nil {
			continue
		}
		if !own(j.err) {
			return j.err
		}
		tx.Back(mark)
		if j.unit.denied != nil {
			if err := tx.InsertDecision(ctx, *j.unit.denied); err != nil {
				return err
			}
		}
	}
	if batch[0].whole && slices.ContainsFunc(batch, func(j *job) bool { return j.err != nil }) {
		return errSpoiled
	}
	if batch[0].DryRun {
		// Send the writes, so that a dry run meets what the write would meet.
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		return store.ErrRollback
	}
	return nil
}

// finish does what policy decided, and keeps the request with its answer.
func (j *job) finish(ctx context.Context, q authz.Question, d authz.Decision) error {
	if err := j.unit.decided(ctx, q, d); err != nil {
		return err
	}
	order, err := safely(func() (exchange.Order, error) { return j.do(ctx, j.unit, q, d) })
	if err != nil {
		return err
	}
	j.result = Result[exchange.Order]{Value: order, Warnings: j.unit.warnings}
	return j.unit.keepRequest(ctx, j.intent, j.request, j.result)
}

// own says whether an error is of one write alone, so that the transaction can
// go on without it: the caller's fault, policy's denial, or a defect that it hit.
func own(err error) bool {
	var p *panicError
	if errors.As(err, &p) {
		return true
	}
	f, ok := fault.As(err)
	if !ok {
		return false
	}
	if f.Code == fault.DecisionLogAway {
		return true
	}
	switch f.Kind() {
	case fault.Invalid, fault.Denied, fault.NotFound, fault.Exists, fault.Conflict:
		return true
	}
	return false
}

// panicError is a panic of one write. It must not end its neighbours.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

func safely[T any](fn func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(&panicError{r, debug.Stack()}, fault.InternalError)
		}
	}()
	return fn()
}
