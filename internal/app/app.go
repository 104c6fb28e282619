// Package app does what the API offers: one file per noun, each use loading
// facts, letting policy decide on them, changing state by a function of package
// exchange and writing the outcome, in one transaction. The write pipeline
// (write.go) is the only way in which anything is changed.
package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/store"
)

// Limits bound what one request may ask for. Zero fields take the default.
type Limits struct {
	PageSize       int               // rows of a page when none is asked for
	MaxPageSize    int               // rows of a page at most
	HoldTime       time.Duration     // how long a placed order holds its stock
	ApprovalTime   time.Duration     // how long an order waits for its approval
	DisputeWindow  time.Duration     // how long after its acceptance an order may be disputed
	ClaimWindow    time.Duration     // how long after its season a default of a forward contract may be claimed
	DemandQuotes   int               // that may stand on one demand
	GroupMembers   int               // of one group buy
	StandingDays   int               // until the end of a standing order
	StandingRuns   int               // of one standing order
	StandingOffers int               // that a run of a standing order looks at
	ReliefDays     int               // before an offer was made, in which the price before it is looked for
	ReliefEvents   int               // of the earlier offer that are looked at for it
	CycleOrders    int               // orders, and lines that wait, of one settlement cycle
	BankLines      int               // of one bank file, at most
	BankAccounts   map[string]string // of the exchange: account → province in which its lines are kept
	Lanes          int               // of orders of one province, written at once; an offer's are in one
	BatchSize      int               // order writes in one transaction
	LaneWaiters    int               // writes that may wait in one lane
	BatchLines     int               // of one call that writes many orders
	CloseWait      time.Duration     // how long closing a period waits for the sealer
	SweepBatch     int               // rows that one run of a timed duty changes at most
	KeepDecisions  time.Duration     // how long the decision log is kept; 0: for ever
	DutyInterval   time.Duration     // how often a sweep comes again
	JobPoll        time.Duration     // how often a server looks for jobs that are due
	JobLease       time.Duration     // how long a server may work at a job before another takes it
	JobBatch       int               // jobs that a server takes at once
	WatchPoll      time.Duration     // how often a watcher looks for events
	WatchHeartbeat time.Duration     // how often a silent watcher says that it lives
	WatchOverlap   time.Duration     // how far back a watcher looks for late commits: a transaction's time and the servers' clock skew
	WatchBack      time.Duration     // how far back a watch may resume
	WatchProof     time.Duration     // how often a watcher proves again who is asking
	IdentityTime   time.Duration     // how long an issuer and a principal are remembered
}

// DefaultLimits are sane for one server.
func DefaultLimits() Limits {
	return Limits{
		PageSize: 50, MaxPageSize: 1000, HoldTime: 48 * time.Hour, ApprovalTime: 72 * time.Hour, DisputeWindow: 15 * 24 * time.Hour, ClaimWindow: 30 * 24 * time.Hour, BankLines: 2000, DemandQuotes: 500, GroupMembers: 200, StandingDays: 731, StandingRuns: 400, StandingOffers: 8, ReliefDays: 90, ReliefEvents: 500, CycleOrders: 10_000, Lanes: 1, BatchSize: 256, LaneWaiters: 4096, BatchLines: 1000, SweepBatch: 200,
		CloseWait:     5 * time.Second,
		KeepDecisions: 3 * 366 * 24 * time.Hour, DutyInterval: 10 * time.Second, JobPoll: time.Second, JobLease: 2 * time.Minute, JobBatch: 16,
		WatchPoll: 500 * time.Millisecond, WatchHeartbeat: 15 * time.Second, WatchOverlap: 30 * time.Second, WatchBack: 7 * 24 * time.Hour,
		WatchProof: 5 * time.Second, IdentityTime: 2 * time.Second,
	}
}

// App is the exchange's application. It is safe for concurrent use.
type App struct {
	store  *store.Store
	policy *authz.Engine
	now    func() time.Time
	limits Limits
	lanes  *lanes
	group  *group
	log    *slog.Logger

	decisions *authz.Log
	signer    func() proof.Signer // of submissions; nil: this server makes none
	metrics   *metrics

	atJobs   sync.Mutex // held by who does this server's jobs
	sweeping bool       // the sweeps' jobs have been made; under atJobs

	issuersSeen    seen[exchange.Issuer]
	principalsSeen seen[exchange.Principal]
}

// New makes an application on a store and a policy. The clock is passed in.
func New(s *store.Store, policy *authz.Engine, now func() time.Time, limits Limits, log *slog.Logger) *App {
	a := &App{
		store: s, metrics: newMetrics(), policy: policy, limits: limits, lanes: newLanes(limits.LaneWaiters), log: log,
		decisions: authz.NewLog(authz.LogOptions{Log: log}),
		// The database keeps microseconds; a time must survive the round trip.
		now: func() time.Time { return now().UTC().Truncate(time.Microsecond) },
	}
	a.group = &group{app: a, lanes: map[laneKey]*orderLane{}}
	return a
}

// Today is the day of the application's clock, in China's time.
func (a *App) Today() exchange.Day { return exchange.DayOf(a.now()) }

// Meta is part of every write: its request id and whether it is a dry run.
type Meta struct {
	RequestID string `json:"-"`
	DryRun    bool   `json:"-"`
}

// Result of a write.
type Result[T any] struct {
	Value    T
	Warnings []fault.Reason
	Replayed bool `json:"-"` // answered from an earlier request with the same id
	// Committed is a time until which everything that the write did is committed;
	// zero for a dry run.
	Committed time.Time `json:"-"`
}

// Page of a list. Next is empty on the last one.
type Page[T any] struct {
	Items []T
	Next  string
}

// Paging is part of every list.
type Paging struct {
	Size  int
	Token string
	Terms []string // that what is listed must have, where it can be searched
	// What else is asked for. A page token is not pinned to it: it follows from what
	// the token is pinned to and the day.
	Also []exchange.Condition
}

type principalKey struct{}

// WithPrincipal puts who is asking into a context.
func WithPrincipal(ctx context.Context, p exchange.Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf takes who is asking out of a context.
func PrincipalOf(ctx context.Context) (exchange.Principal, error) {
	p, ok := ctx.Value(principalKey{}).(exchange.Principal)
	if !ok {
		return exchange.Principal{}, fault.New(fault.TokenMissing)
	}
	return p, nil
}

// Proof is what a call that lasts needs to know about who is asking: until when
// the token proves it, and how to prove it again.
type Proof struct {
	Until time.Time
	Again func(context.Context) (exchange.Principal, error)
}

type proofKey struct{}

// WithProof puts the proof of who is asking into a context.
func WithProof(ctx context.Context, p Proof) context.Context {
	return context.WithValue(ctx, proofKey{}, p)
}
