package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// watchPage is how many events a watcher reads at once.
const watchPage = 200

// WatchOffers sends the changes of offers that the caller may see, and of an offer
// that could be seen until now, that it is gone.
func (a *App) WatchOffers(ctx context.Context, position string, send func(Watched[exchange.Offer]) error) error {
	return watch(ctx, a, authz.Offer, position, offerAttributes, offerGone, send)
}

// offerGone is what is told of an offer that can no longer be seen: which it is,
// and its state.
func offerGone(o exchange.Offer) exchange.Offer {
	return exchange.Offer{ID: o.ID, State: o.State, UpdatedAt: o.UpdatedAt}
}

// WatchOrders sends the changes of orders that the caller may see.
func (a *App) WatchOrders(ctx context.Context, position string, send func(Watched[exchange.Order]) error) error {
	return watch(ctx, a, authz.Order, position, orderAttributes, nil, send)
}

// watcher is one watch. Events carry the time of their transaction, and one
// with an earlier time may commit after one with a later: so each look goes
// back by an overlap that is longer than any transaction lives, and what was
// sent already is not sent again. A watch that resumes may repeat events of
// that overlap; none is ever missing.
type watcher[T any] struct {
	app        *App
	principal  exchange.Principal
	proof      Proof
	provedAt   time.Time
	noun       authz.Noun
	attributes func(T) map[string]any
	gone       func(T) T // what is told of a thing that can no longer be seen; nil: nothing
	send       func(Watched[T]) error
	at         time.Time // position: the latest event's time
	sent       map[uuid.UUID]time.Time
	lastWord   time.Time
}

func watch[T any](ctx context.Context, a *App, noun authz.Noun, position string,
	attributes func(T) map[string]any, gone func(T) T, send func(Watched[T]) error,
) error {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return err
	}
	proof, _ := ctx.Value(proofKey{}).(Proof)
	w := &watcher[T]{
		app: a, principal: p, proof: proof, provedAt: a.now(), noun: noun, attributes: attributes, gone: gone, send: send,
		at: a.now(), sent: map[uuid.UUID]time.Time{}, lastWord: a.now(),
	}
	if position != "" {
		if w.at, err = readPosition(position); err != nil {
			return err
		}
		if back := a.limits.WatchBack; w.at.Before(a.now().Add(-back)) {
			return fault.InField("position", fault.AsOfInvalid, "at", w.at.Format(time.RFC3339), "rule", "a watch resumes at most "+back.String()+" back")
		}
	} else if err := w.skipPast(ctx); err != nil {
		return err
	}
	return w.ended(ctx, w.run(ctx))
}

func (w *watcher[T]) run(ctx context.Context) error {
	// The first word tells the client that it is heard, and from where on.
	if err := w.send(Watched[T]{Position: writePosition(w.at)}); err != nil {
		return err
	}
	tick := time.NewTicker(w.app.limits.WatchPoll)
	defer tick.Stop()
	for {
		if err := w.prove(ctx); err != nil {
			return err
		}
		if err := w.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// prove finds out again who is asking: a watch must not outlive its token, nor
// the issuer, membership or grants that it showed things by. A use of this
// process, which has no token, has nothing to prove.
func (w *watcher[T]) prove(ctx context.Context) (err error) {
	now := w.app.now()
	if w.proof.Again == nil || (now.Before(w.proof.Until) && now.Sub(w.provedAt) < w.app.limits.WatchProof) {
		return nil
	}
	w.provedAt = now
	w.principal, err = w.proof.Again(ctx)
	return err
}

// ended adds to the error that ends a watch where to resume.
func (w *watcher[T]) ended(ctx context.Context, err error) error {
	if cause, ok := fault.As(context.Cause(ctx)); ok {
		err = cause
	}
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	last := *f
	if last.Facts = maps.Clone(f.Facts); last.Facts == nil {
		last.Facts = fault.Facts{}
	}
	last.Facts["position"] = writePosition(w.at)
	return &last
}

// skipPast marks what happened before a watch from now on as sent.
func (w *watcher[T]) skipPast(ctx context.Context) error {
	return w.each(ctx, func(store.KeptEvent) error { return nil })
}

// look sends what is new, or a heartbeat when nothing was for long.
func (w *watcher[T]) look(ctx context.Context) error {
	err := w.each(ctx, func(e store.KeptEvent) error { return w.tell(ctx, e) })
	if err != nil {
		return err
	}
	if w.app.now().Sub(w.lastWord) < w.app.limits.WatchHeartbeat {
		return nil
	}
	w.lastWord = w.app.now()
	return w.send(Watched[T]{Position: writePosition(w.at)})
}

// each calls fn for every event that was not seen yet, in order.
func (w *watcher[T]) each(ctx context.Context, fn func(store.KeptEvent) error) error {
	after := store.EventKey{At: w.at.Add(-w.app.limits.WatchOverlap)}
	asked := w.app.now()
	for {
		events, err := w.app.store.EventsSince(ctx, string(w.noun), after, watchPage)
		if err != nil {
			return err
		}
		for _, e := range events {
			after = store.EventKey{At: e.At, ID: e.ID}
			if _, seen := w.sent[e.ID]; seen {
				continue
			}
			w.sent[e.ID] = e.At
			// An event of a server whose clock is ahead must not carry the position
			// past those of the others.
			if at := earlier(e.At, asked); at.After(w.at) {
				w.at = at
			}
			if err := fn(e); err != nil {
				return err
			}
		}
		w.forget()
		if len(events) < watchPage {
			return nil
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// forget drops what no look will meet again.
func (w *watcher[T]) forget() {
	for id, at := range w.sent {
		if at.Before(w.at.Add(-w.app.limits.WatchOverlap)) {
			delete(w.sent, id)
		}
	}
}

// tell sends an event if the principal may see its thing, or could until now.
func (w *watcher[T]) tell(ctx context.Context, e store.KeptEvent) error {
	var state T
	if err := json.Unmarshal(e.State, &state); err != nil {
		return err
	}
	ok, err := w.sees(ctx, state)
	if err == nil && !ok && w.gone != nil {
		ok, err = w.saw(ctx, e)
		state = w.gone(state)
	}
	if err != nil || !ok {
		return err
	}
	w.lastWord = w.app.now()
	return w.send(Watched[T]{Position: writePosition(w.at), Event: eventOf(e, state)})
}

func (w *watcher[T]) sees(ctx context.Context, state T) (bool, error) {
	return w.app.policy.Visible(ctx, w.noun, w.principal, w.app.now(), w.attributes(state))
}

// saw says whether the principal might see a thing as it was before an event.
func (w *watcher[T]) saw(ctx context.Context, e store.KeptEvent) (bool, error) {
	before, err := w.app.store.EventAsOf(ctx, e.NounID, e.At.Add(-time.Microsecond))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	var was T
	if err == nil {
		err = json.Unmarshal(before.State, &was)
	}
	if err != nil {
		return false, err
	}
	return w.sees(ctx, was)
}

func eventOf[T any](e store.KeptEvent, state T) *EventOf[T] {
	return &EventOf[T]{ID: e.ID.String(), Kind: e.Kind, At: e.At.UTC(), State: state}
}

func writePosition(t time.Time) string {
	return base64.RawURLEncoding.EncodeToString([]byte(t.UTC().Format(time.RFC3339Nano)))
}

func readPosition(s string) (time.Time, error) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		var t time.Time
		if t, err = time.Parse(time.RFC3339Nano, string(text)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.InField("position", fault.PageTokenInvalid)
}

// ListOrderEvents is the history of an order that the caller may see, from the
// beginning.
func (a *App) ListOrderEvents(ctx context.Context, id string, paging Paging) (Page[EventOf[exchange.Order]], error) {
	var none Page[EventOf[exchange.Order]]
	order, err := a.GetOrder(ctx, id)
	if err != nil {
		return none, err
	}
	size, err := a.pageSize(paging.Size)
	if err != nil {
		return none, err
	}
	pin := pinOf("events", order.ID)
	key, err := readToken(paging.Token, pin)
	if err != nil {
		return none, err
	}
	if key == nil {
		key = &store.Key{}
	}
	kept, err := a.store.EventsOf(ctx, order.ID, store.EventKey{At: key.At, ID: key.ID}, size+1)
	if err != nil {
		return none, err
	}
	page := pageOf(kept, size, pin, func(e store.KeptEvent) store.Key { return store.Key{At: e.At, ID: e.ID} })
	out := Page[EventOf[exchange.Order]]{Next: page.Next}
	for _, e := range page.Items {
		var state exchange.Order
		if err := json.Unmarshal(e.State, &state); err != nil {
			return none, err
		}
		out.Items = append(out.Items, *eventOf(e, state))
	}
	return out, nil
}
