package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store/db"
)

// Request is what is kept of a write, so that its request id gives the same
// answer again.
type Request struct {
	Home      string
	Actor     uuid.UUID
	RequestID uuid.UUID
	Action    string
	Digest    []byte // SHA-256 of action and command
	Response  []byte // JSON
	At        time.Time
}

// Request reads a kept request.
func (r Reader) Request(ctx context.Context, home string, actor, id uuid.UUID) (Request, error) {
	row, err := r.q.RequestGet(ctx, home, actor, id)
	return mapRow(row, err, requestOf)
}

// InsertRequest queues a request. One with the same id that is there already
// fails the transaction: see IsRequestTaken.
func (t *Tx) InsertRequest(_ context.Context, r Request) error {
	r.Response = pack(r.Response)
	t.rows.requests = append(t.rows.requests, db.Request(r))
	return nil
}

func requestOf(r db.Request) Request {
	r.Response = unpack(r.Response)
	return Request(r)
}

// IsRequestTaken says whether a transaction failed because its request id was
// used before.
func IsRequestTaken(err error) bool {
	var pg *pgconn.PgError
	// CockroachDB names the constraint only, PostgreSQL the table too.
	return errors.As(err, &pg) && pg.Code == stateUnique && pg.ConstraintName == "requests_pkey"
}

// InsertEvent queues an event.
func (t *Tx) InsertEvent(_ context.Context, e exchange.Event) error {
	state, err := json.Marshal(e.State)
	if err != nil {
		return err
	}
	t.rows.events = append(t.rows.events, db.Event{
		Home: e.Home, ID: e.ID, Noun: e.Noun, NounID: e.NounID, Kind: e.Kind, At: e.At, State: pack(state),
	})
	return nil
}

// KeptEvent is an event as it was written. State is JSON of the noun.
type KeptEvent struct {
	Home   string
	ID     uuid.UUID
	Noun   string
	NounID uuid.UUID
	Kind   string
	At     time.Time
	State  []byte
}

func eventOf(r db.Event) KeptEvent {
	r.State = unpack(r.State)
	return KeptEvent(r)
}

// EventKey orders events: by time, then id.
type EventKey struct {
	At time.Time
	ID uuid.UUID
}

// EventsSince lists a noun's events after a key, in order.
func (r Reader) EventsSince(ctx context.Context, noun string, after EventKey, limit int) ([]KeptEvent, error) {
	rows, err := r.q.EventsSince(ctx, noun, after.At, after.ID, int32(limit))
	return mapRows(rows, err, eventOf)
}

// EventsOf lists the events of one thing after a key, in order.
func (r Reader) EventsOf(ctx context.Context, id exchange.ID, after EventKey, limit int) ([]KeptEvent, error) {
	rows, err := r.q.EventsOfNoun(ctx, db.EventsOfNounParams{
		Home: id.Home, NounID: id.UUID, AfterAt: after.At, AfterID: after.ID, MaxRows: int32(limit),
	})
	return mapRows(rows, err, eventOf)
}

// EventAsOf reads the last event of one thing up to a time, in whichever province
// it happened: its state is what the thing was then.
func (r Reader) EventAsOf(ctx context.Context, id uuid.UUID, at time.Time) (KeptEvent, error) {
	row, err := r.q.EventAsOf(ctx, []string{exchange.Jiangsu, exchange.Shaanxi}, id, at)
	return mapRow(row, err, eventOf)
}

// Decision is a decision of policy as it is logged.
type Decision struct {
	Home     string
	ID       uuid.UUID
	At       time.Time
	Action   string
	Issuer   uuid.UUID
	Subject  string
	Actor    uuid.UUID
	Allow    bool
	Reasons  []fault.Reason
	Input    []byte
	Revision string
	// Obligations are what followed; nil where that was not kept.
	Obligations *exchange.Obligations
}

// InsertDecision queues a decision for the log.
func (t *Tx) InsertDecision(_ context.Context, d Decision) error {
	reasons, err := json.Marshal(d.Reasons)
	if err != nil {
		return err
	}
	obligations := ""
	if d.Obligations != nil {
		text, err := json.Marshal(d.Obligations)
		if err != nil {
			return err
		}
		obligations = string(text)
	}
	t.rows.decisions = append(t.rows.decisions, db.Decision{
		Home: d.Home, ID: d.ID, At: d.At, Action: d.Action, IssuerID: d.Issuer, Subject: d.Subject, Actor: d.Actor,
		Allow: d.Allow, Reasons: string(reasons), Input: pack(d.Input), Revision: d.Revision, Obligations: obligations,
	})
	return nil
}

// IsDecisionLog says whether a transaction failed because the decision log's
// table took no row.
func IsDecisionLog(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.TableName == "decisions" || strings.HasPrefix(pg.ConstraintName, "decisions_"))
}

// ForgetDecisions deletes decisions before a time, the oldest first, and tells
// how many.
func (s *Store) ForgetDecisions(ctx context.Context, before time.Time, limit int) (int, error) {
	var gone int64
	err := s.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var err error
		gone, err = tx.q.DecisionsForget(ctx, before, int32(limit))
		return err
	})
	return int(gone), err
}

var decisions = table{
	from: "decisions", time: "at", id: "id",
	// The ids and the verdict are compared as texts, like every narrowing.
	filters: map[string]string{"action": "action", "actor": "actor::text", "allow": "allow::text"},
}

// ListDecisions lists logged decisions, the latest first.
func (r Reader) ListDecisions(ctx context.Context, l List) ([]Decision, error) {
	return list(ctx, r, decisions, l, decisionOf)
}

func decisionOf(r db.Decision) Decision {
	d := Decision{
		Home: r.Home, ID: r.ID, At: r.At, Action: r.Action, Issuer: r.IssuerID, Subject: r.Subject, Actor: r.Actor,
		Allow: r.Allow, Input: unpack(r.Input), Revision: r.Revision,
	}
	if err := json.Unmarshal([]byte(r.Reasons), &d.Reasons); err != nil {
		// What cannot be read is still a reason, not none.
		d.Reasons = []fault.Reason{fault.Because(fault.InternalError)}
	}
	var kept exchange.Obligations
	if r.Obligations != "" && json.Unmarshal([]byte(r.Obligations), &kept) == nil {
		d.Obligations = &kept
	}
	return d
}
