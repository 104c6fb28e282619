package app

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// maxInputs bounds a page of decisions that carry their inputs, some kilobytes
// each: an answer must fit into a message.
const maxInputs = 200

// ListDecisions narrows a list of logged decisions.
type ListDecisions struct {
	Paging
	From, To   time.Time // [From, To); zero: unbounded
	Action     string
	ActorID    string
	DeniedOnly bool
	WithInput  bool
}

// Decision is a decision of policy as it was logged.
type Decision struct {
	ID            exchange.ID
	At            time.Time
	Action        string
	Allow         bool
	Denials       []fault.Reason
	Revision      string
	Issuer, Actor uuid.UUID
	Subject       string
	Obligations   *exchange.Obligations // nil: not kept
	InputDigest   string                // SHA-256, hex
	Input         []byte                // JSON, with the subject masked
}

// ListDecisions lists the decisions that the caller may read, the latest first.
func (a *App) ListDecisions(ctx context.Context, c ListDecisions) (Page[Decision], error) {
	var none Page[Decision]
	actor, err := optionalUUID("actor_id", c.ActorID)
	if err != nil {
		return none, err
	}
	if !c.From.IsZero() && !c.To.IsZero() && c.To.Before(c.From) {
		return none, fault.InField("to", fault.DatesInvalid, "rule", "to is not before from")
	}
	if c.WithInput {
		if c.Size > maxInputs {
			return none, fault.InField("page_size", fault.PageSizeTooLarge, "size", c.Size, "limit", maxInputs)
		}
		if c.Size == 0 {
			c.Size = min(a.limits.PageSize, maxInputs)
		}
	}
	narrow := store.Narrow{"action": c.Action, "actor": uuidText(actor)}
	if c.DeniedOnly {
		narrow["allow"] = "false"
	}
	// A page token is pinned to the span too.
	pinned := maps.Clone(narrow)
	pinned["span"] = c.From.String() + " " + c.To.String()
	query := func(ctx context.Context, l store.List) ([]store.Decision, error) {
		l.Narrow, l.From, l.To = narrow, c.From, c.To
		return a.store.ListDecisions(ctx, l)
	}
	kept, err := list(ctx, a, authz.Logged, c.Paging, pinned, query, func(d store.Decision) store.Key {
		return store.Key{At: d.At, ID: d.ID}
	})
	page := Page[Decision]{Next: kept.Next, Items: make([]Decision, len(kept.Items))}
	for i, d := range kept.Items {
		page.Items[i] = Decision{
			ID: exchange.ID{Home: d.Home, UUID: d.ID}, At: d.At, Action: d.Action, Allow: d.Allow, Denials: d.Reasons,
			Revision: d.Revision, Issuer: d.Issuer, Actor: d.Actor, Subject: d.Subject, InputDigest: authz.Digest(d.Input),
			Input: d.Input, Obligations: d.Obligations,
		}
	}
	return page, err
}

// maxForget bounds the batches of one run of the duty that forgets decisions.
const maxForget = 20

// settling are the actions that move money, or close the books. They fail closed: where the decision
// log cannot be written, neither its table nor its file, they do not happen.
var settling = map[string]bool{
	authz.OrderPay: true, authz.OrderRepay: true, authz.DisputeResolve: true, authz.PeriodSoftClose: true, authz.PeriodReopen: true, authz.PeriodClose: true,
	authz.BankImport: true, authz.BankMatch: true, authz.BankReturn: true,
	authz.ContractResolve: true, authz.ContractEnd: true, authz.OrderDonate: true,
	authz.SubmissionCreate: true,
	authz.CycleOpen:        true, authz.CycleMatch: true, authz.CycleAdjust: true, authz.CycleInstruct: true,
}

// LogTo makes a decision log the application's. Without one there is the table
// alone.
func (a *App) LogTo(l *authz.Log) { a.decisions = l }

// newDecision is a decision as it is logged. Who asked is in its own column,
// which auditors read, and masked everywhere else.
func newDecision(id uuid.UUID, home string, at time.Time, p exchange.Principal, q authz.Question, d authz.Decision) store.Decision {
	entry := store.Decision{
		Home: home, ID: id, At: at, Action: q.Action, Issuer: p.Issuer, Subject: p.Subject, Actor: p.Actor(),
		Allow: d.Allow, Input: authz.MaskInput(q.JSON(), p.Subject), Revision: d.Revision,
		Obligations: &d.Obligations,
	}
	for _, r := range d.Denials {
		if _, ok := r.Facts["subject"]; ok {
			r = fault.Because(r.Code, "subject", authz.Masked)
		}
		entry.Reasons = append(entry.Reasons, r)
	}
	return entry
}

// lineOf is a decision as the log's file tells it.
func lineOf(d store.Decision) authz.LogLine {
	return authz.LogLine{
		ID: d.ID, Home: d.Home, At: d.At, Action: d.Action, Allow: d.Allow, Reasons: d.Reasons, Issuer: d.Issuer,
		Actor: d.Actor, Revision: d.Revision, InputDigest: authz.Digest(d.Input), Input: d.Input,
		Obligations: d.Obligations,
	}
}

// keep queues an allowed decision with the write that it allows. One that moves
// money is in the log's file before anything is committed.
func (u *unit) keep(ctx context.Context, d store.Decision) error {
	switch {
	case u.dryRun:
	case settling[d.Action]:
		if err := u.app.decisions.WriteThrough(ctx, lineOf(d)); err != nil {
			return err
		}
	default:
		u.made = append(u.made, d)
	}
	return u.InsertDecision(ctx, d)
}

// told hands decisions that were committed to the log's file.
func (a *App) told(decisions []store.Decision) {
	for _, d := range decisions {
		a.decisions.Write(lineOf(d))
	}
}

// logDecision writes a decision that no transaction carries: a denial, whose
// transaction was rolled back, or one on a read. The caller waits for it, but may
// be gone; the log is not for the caller. What cannot be kept is counted.
func (a *App) logDecision(ctx context.Context, d store.Decision) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), denialLogTime)
	defer cancel()
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.InsertDecision(ctx, d) })
	if err != nil {
		a.decisions.Dropped()
		a.log.ErrorContext(ctx, "a decision could not be logged", "decision", d.ID, "action", d.Action, "error", err)
	}
	a.told([]store.Decision{d})
}

// ForgetDecisions deletes decisions that are older than they are kept, in bounded
// batches, the oldest first. It tells how many.
func (a *App) ForgetDecisions(ctx context.Context) (int, error) {
	if a.limits.KeepDecisions == 0 {
		return 0, nil
	}
	gone := 0
	for range maxForget {
		n, err := a.store.ForgetDecisions(ctx, a.now().Add(-a.limits.KeepDecisions), a.limits.SweepBatch)
		gone += n
		if err != nil || n < a.limits.SweepBatch {
			return gone, err
		}
	}
	return gone, nil
}
