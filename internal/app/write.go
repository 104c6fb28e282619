package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

const (
	retryAfterQueueFull = 200 * time.Millisecond
	// After a commit of unknown outcome the request is looked for this often.
	resolveAttempts = 5
	resolvePause    = 100 * time.Millisecond
	denialLogTime   = 2 * time.Second
)

// intent describes a write to the pipeline.
type intent struct {
	Meta
	action  string
	home    string   // province whose rows it changes: the request is kept there
	command any      // what the request id is compared by
	lanes   []string // rows that many writes want, in the order of their ids
}

// unit is the transaction of one write as its function sees it: facts are read
// through it, policy decides through it, and changes are queued in it.
type unit struct {
	*store.Tx
	app       *App
	principal exchange.Principal
	at        time.Time
	home      string
	warnings  []fault.Reason
	revision  string
	events    int              // queued so far
	looking   bool             // nothing is going to be changed: see facts.go
	past      bool             // at lies before now: facts are read as they were
	denied    *store.Decision  // a denial to log once the transaction is gone
	made      []store.Decision // allowed ones, for the log's file once they are committed
	dryRun    bool
}

// write is the pipeline of a write (design §6): request id, facts, decision,
// change, commit, answer. The function may run more than once. Writes to orders
// take the same way, many at once: see group.go.
func write[T any](ctx context.Context, a *App, in intent, fn func(ctx context.Context, u *unit) (T, error)) (Result[T], error) {
	var none Result[T]
	principal, err := PrincipalOf(ctx)
	if err != nil {
		return none, err
	}
	request, given, err := requestOf(in, principal)
	if err != nil {
		return none, err
	}
	leave, err := a.lanes.enterAll(ctx, in.lanes)
	if err != nil {
		return none, err
	}
	defer leave()
	once := given && !in.DryRun
	if once {
		if r, ok, err := replay[T](ctx, a, request); ok || err != nil {
			return r, err
		}
	}
	r, err := commit(ctx, a, in, principal, request, fn)
	if err != nil && once && isAnswer(err) {
		// The same request may have been committed since, on another server: what it
		// changed is then what was refused here (invariant I6).
		if kept, ok, look := replay[T](ctx, a, request); ok || look != nil {
			return kept, look
		}
	}
	return r, err
}

// isAnswer says whether an error is a rule's or policy's, and not the machinery's.
func isAnswer(err error) bool {
	e, ok := fault.As(err)
	return ok && slices.Contains([]fault.Kind{fault.Conflict, fault.Exists, fault.Denied, fault.Invalid, fault.NotFound}, e.Kind())
}

// commit runs the transaction and settles how it ended.
func commit[T any](ctx context.Context, a *App, in intent, principal exchange.Principal, request store.Request,
	fn func(ctx context.Context, u *unit) (T, error),
) (Result[T], error) {
	var result Result[T]
	var denied *store.Decision
	var made []store.Decision
	var last *store.Tx
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		last = tx
		u := &unit{Tx: tx, app: a, principal: principal, at: a.now(), home: in.home, dryRun: in.DryRun}
		value, err := fn(a.policy.Pin(ctx), u)
		denied, made = u.denied, u.made
		if err != nil {
			return err
		}
		result = Result[T]{Value: value, Warnings: u.warnings}
		if in.DryRun {
			// Send the writes, so that a dry run meets what the write would meet.
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			return store.ErrRollback
		}
		return u.keepRequest(ctx, in, request, result)
	})
	switch {
	case err == nil:
		a.told(made)
		result.Committed = last.CommittedAt()
		return result, nil
	case store.IsDecisionLog(err):
		err = fault.Wrap(err, fault.DecisionLogAway)
	case store.IsRequestTaken(err):
		// The same request was committed since it was looked for.
		r, ok, err := replay[T](ctx, a, request)
		if err == nil && !ok {
			err = fault.New(fault.Contention)
		}
		return r, err
	case fault.Is(err, fault.CommitUnknown):
		return resolve[T](ctx, a, request, err)
	}
	if denied != nil {
		a.logDecision(ctx, *denied)
	}
	return Result[T]{}, err
}

// keepRequest queues the request with its answer. A dry run, and what the exchange
// does by itself, is not kept.
func (u *unit) keepRequest(ctx context.Context, in intent, request store.Request, result any) (err error) {
	if in.DryRun || u.principal.System {
		return nil
	}
	request.At = u.at
	if request.Response, err = json.Marshal(result); err != nil {
		return err
	}
	return u.InsertRequest(ctx, request)
}

// requestOf makes the request that the write will keep. Without a request id
// one is made: such a write cannot be repeated safely, which is the caller's
// choice.
func requestOf(in intent, p exchange.Principal) (r store.Request, given bool, err error) {
	id := uuid.New()
	if given = in.RequestID != ""; given {
		if id, err = uuid.Parse(in.RequestID); err != nil {
			return r, given, fault.InField("request_id", fault.RequestIDInvalid)
		}
	}
	content, err := json.Marshal(in.command)
	if err != nil {
		return r, given, err
	}
	digest := sha256.Sum256(fmt.Appendf(nil, "%s\n%s", in.action, content))
	return store.Request{Home: in.home, Actor: p.Actor(), RequestID: id, Action: in.action, Digest: digest[:]}, given, nil
}

// replay answers a request that was committed before.
func replay[T any](ctx context.Context, a *App, request store.Request) (r Result[T], found bool, err error) {
	kept, err := a.store.Request(ctx, request.Home, request.Actor, request.RequestID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return r, false, nil
	case err != nil:
		return r, false, err
	}
	r, err = replayed[T](kept, request)
	return r, err == nil, err
}

// replayed is the answer that was kept of a request, if it is the same request.
func replayed[T any](kept, request store.Request) (r Result[T], err error) {
	if string(kept.Digest) != string(request.Digest) {
		return r, fault.New(fault.RequestIDReused, "request_id", request.RequestID)
	}
	if err := json.Unmarshal(kept.Response, &r); err != nil {
		return r, fault.Wrap(fmt.Errorf("app: kept response of %s: %w", request.RequestID, err), fault.InternalError)
	}
	r.Replayed, r.Committed = true, store.Surely()
	return r, nil
}

// resolve finds out whether a commit of unknown outcome took place, by reading
// the request it would have kept. A blind retry could do it twice. Where the
// request is not there, it may still appear: the caller is told to repeat with
// the same id.
func resolve[T any](ctx context.Context, a *App, request store.Request, unknown error) (Result[T], error) {
	for range resolveAttempts {
		r, found, err := replay[T](ctx, a, request)
		if found {
			r.Replayed = false
			return r, nil
		}
		if err != nil && !fault.Is(err, fault.StoreAway) {
			break
		}
		select {
		case <-ctx.Done():
			return Result[T]{}, unknown
		case <-time.After(resolvePause):
		}
	}
	return Result[T]{}, unknown
}

// decide asks policy on the facts read in this transaction. A denial ends the
// write; the decision is logged either way.
func (u *unit) decide(ctx context.Context, q authz.Question) (authz.Decision, error) {
	if err := u.refreshRoles(ctx); err != nil {
		return authz.Decision{}, err
	}
	q.At, q.Principal = u.at, u.principal
	d, err := u.app.policy.Decide(ctx, &q)
	if err != nil {
		return d, err
	}
	return d, u.decided(ctx, q, d)
}

// decided queues a decision for the log. A denial is an error, to be logged
// when what was queued for the write has been dropped.
func (u *unit) decided(ctx context.Context, q authz.Question, d authz.Decision) error {
	entry := newDecision(u.newID(), u.home, u.at, u.principal, q, d)
	if !d.Allow {
		u.denied = &entry
		return fault.Deny(told(q, d.Denials))
	}
	u.warnings = append(u.warnings, d.Warnings...)
	u.revision = d.Revision
	return u.keep(ctx, entry)
}

// event queues an event about a thing. The events of one transaction follow each
// other by a microsecond, so that a history has them in their order.
func (u *unit) event(ctx context.Context, noun, kind string, id uuid.UUID, state any) error {
	at := u.at.Add(time.Duration(u.events) * time.Microsecond)
	u.events++
	return u.InsertEvent(ctx, exchange.Event{
		Home: u.home, ID: u.newID(), Noun: noun, NounID: id, Kind: kind, At: at, State: state,
	})
}

// found turns a row that is not there into an answer for the caller. What the
// caller may not see does not exist for the caller either.
func found[T any](value T, err error) func(noun string, id any) (T, error) {
	return func(noun string, id any) (T, error) {
		if errors.Is(err, store.ErrNotFound) {
			return value, fault.New(fault.ResourceNotFound, "noun", noun, "id", id)
		}
		return value, err
	}
}

// unique turns a row that is there already into an answer for the caller. It
// sends the queued writes to find out.
func (u *unit) unique(ctx context.Context, noun string, id any) error {
	err := u.Flush(ctx)
	if store.IsUnique(err) {
		return fault.New(fault.AlreadyExists, "noun", noun, "id", id)
	}
	return err
}

// homeOf is the province in which a principal's requests about the directory
// and the catalogue are kept. It depends on the principal alone, so that the
// same request id always meets itself.
func homeOf(p exchange.Principal) string {
	switch {
	case p.Alliance != nil:
		return p.Alliance.Home
	case p.Authority != nil && len(p.Authority.Jurisdiction.Codes) > 0:
		return exchange.Province(p.Authority.Jurisdiction.Codes[0])
	default:
		return exchange.Jiangsu
	}
}

// newID makes the id of a row that every trade writes: see store.NewID.
func (a *App) newID() uuid.UUID { return a.store.NewID() }

func (u *unit) newID() uuid.UUID { return u.app.newID() }
