package server

import (
	"time"

	"github.com/sushaan/exchange/internal/app"
)

// Limits bound what callers can take and how long things may last. Each is more
// than 0.
type Limits struct {
	MaxWatches     int           // open at once, over both ports
	ActorWatches   int           // of them, for one subject
	OpenStreams    int           // streams of health and reflection, which need no token
	PerConnection  int           // calls at once on one connection
	Connections    int           // of callers, at each port
	BodyTime       time.Duration // in which an HTTP body must be there
	MaxDeadline    time.Duration // of a call that brings one
	StatementTime  time.Duration // of one statement
	TxTime         time.Duration // of one attempt at a transaction
	MaxRetries     int           // of a transaction
	WatchPoll      time.Duration // how often a watch looks for events
	WatchHeartbeat time.Duration // how often a silent watch says that it lives
	WatchProof     time.Duration // how often a watch proves again who is asking
	WatchOverlap   time.Duration // how far back a watch looks for what committed late
	WatchBack      time.Duration // how far back a watch may resume
	IdentityTime   time.Duration // how long an issuer and a principal are remembered
	BankLines      int           // of one bank file
	CycleOrders    int           // orders of one settlement cycle
	DemandQuotes   int           // that may stand on one demand
	GroupMembers   int           // of one group buy
	StandingDays   int           // until the end of a standing order
	StandingRuns   int           // of one standing order
	StandingOffers int           // that a run of a standing order looks at
	ReliefDays     int           // before an offer was made, in which the price before it is looked for
	ReliefEvents   int           // of the earlier offer that are looked at for it
	DisputeWindow  time.Duration // how long after its acceptance an order may be disputed
	ClaimWindow    time.Duration // how long after its season a default of a forward contract may be claimed
	CloseWait      time.Duration // how long closing a period waits for the sealer
}

func defaultLimits(l app.Limits) Limits {
	return Limits{
		MaxWatches: 1024, ActorWatches: 16, OpenStreams: 64, PerConnection: 512, Connections: 4096,
		BodyTime: 20 * time.Second, MaxDeadline: 5 * time.Minute,
		StatementTime: 10 * time.Second, TxTime: 10 * time.Second, MaxRetries: 20,
		WatchPoll: l.WatchPoll, WatchHeartbeat: l.WatchHeartbeat, WatchProof: l.WatchProof, IdentityTime: l.IdentityTime,
		WatchOverlap: l.WatchOverlap, WatchBack: l.WatchBack, DisputeWindow: l.DisputeWindow, ClaimWindow: l.ClaimWindow, BankLines: l.BankLines, CycleOrders: l.CycleOrders, DemandQuotes: l.DemandQuotes, GroupMembers: l.GroupMembers,
		StandingDays: l.StandingDays, StandingRuns: l.StandingRuns, StandingOffers: l.StandingOffers, ReliefDays: l.ReliefDays, ReliefEvents: l.ReliefEvents,
		CloseWait: l.CloseWait,
	}
}

func (l *Limits) fields() []Field {
	return []Field{
		{"max-watches", "watches open at once", false, &l.MaxWatches},
		{"actor-watches", "watches open at once for one subject", false, &l.ActorWatches},
		{"open-streams", "streams at once that need no token: health and reflection", false, &l.OpenStreams},
		{"per-connection", "calls at once on one connection", false, &l.PerConnection},
		{"connections", "connections of callers at each port", false, &l.Connections},
		{"body-time", "time in which an HTTP body must be there", false, &l.BodyTime},
		{"max-deadline", "of a call that brings one", false, &l.MaxDeadline},
		{"statement-time", "of one statement, kept by the database", false, &l.StatementTime},
		{"tx-time", "of one attempt at a transaction", false, &l.TxTime},
		{"max-retries", "of a transaction that the database refused for the sake of order", false, &l.MaxRetries},
		{"watch-poll", "how often a watch looks for events", false, &l.WatchPoll},
		{"watch-heartbeat", "how often a silent watch says that it lives", false, &l.WatchHeartbeat},
		{"watch-proof", "how often a watch proves again who is asking", false, &l.WatchProof},
		{"watch-overlap", "how far back a watch looks for what committed late: 15 s more than the clocks of servers may differ", false, &l.WatchOverlap},
		{"watch-back", "how far back a watch may resume", false, &l.WatchBack},
		{"identity-time", "how long an issuer, and whom a token speaks for, are remembered", false, &l.IdentityTime},
		{"cycle-orders", "orders of one settlement cycle, and bank lines that wait while it is matched", false, &l.CycleOrders},
		{"group-members", "members of one group buy: their orders are one transaction", false, &l.GroupMembers},
		{"standing-days", "days until the end of a standing order, at most", false, &l.StandingDays},
		{"standing-runs", "runs of one standing order, at most", false, &l.StandingRuns},
		{"standing-offers", "offers that a run of a standing order that follows its product looks at", false, &l.StandingOffers},
		{"relief-days", "days before an offer was made in which the price before it, of an earlier offer, must have stood", false, &l.ReliefDays},
		{"relief-events", "events of the earlier offer that are looked at for it", false, &l.ReliefEvents},
		{"demand-quotes", "quotes that may stand on one demand", false, &l.DemandQuotes},
		{"bank-lines", "lines of one bank file", false, &l.BankLines},
		{"dispute-window", "how long after its acceptance an order may be disputed", false, &l.DisputeWindow},
		{"claim-window", "how long after its season a default of a forward contract may be claimed", false, &l.ClaimWindow},
		{"close-wait", "how long closing a period waits for the sealer to have sealed all of it", false, &l.CloseWait},
	}
}

// zero says that a number or a time is not more than 0.
func (f Field) zero() bool {
	switch v := f.Value.(type) {
	case *int:
		return *v <= 0
	case *time.Duration:
		return *v <= 0
	default:
		return false
	}
}

// into puts the limits that the application keeps among its own.
func (l Limits) into(a app.Limits) app.Limits {
	a.WatchPoll, a.WatchHeartbeat, a.WatchProof, a.IdentityTime = l.WatchPoll, l.WatchHeartbeat, l.WatchProof, l.IdentityTime
	a.WatchOverlap, a.WatchBack, a.DisputeWindow, a.ClaimWindow = l.WatchOverlap, l.WatchBack, l.DisputeWindow, l.ClaimWindow
	a.CloseWait = l.CloseWait
	a.BankLines, a.CycleOrders, a.DemandQuotes, a.GroupMembers = l.BankLines, l.CycleOrders, l.DemandQuotes, l.GroupMembers
	a.StandingDays, a.StandingRuns, a.StandingOffers = l.StandingDays, l.StandingRuns, l.StandingOffers
	a.ReliefDays, a.ReliefEvents = l.ReliefDays, l.ReliefEvents
	return a
}
