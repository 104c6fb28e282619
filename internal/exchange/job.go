package exchange

import (
	"time"

	"github.com/google/uuid"
)

// JobKind names what a job does.
type JobKind string

// The kinds of job. A sweep looks for everything that is over and comes again.
const (
	SweepOrders       JobKind = "SWEEP_ORDERS"       // holds that have run out
	SweepOffers       JobKind = "SWEEP_OFFERS"       // seasons that are over
	SweepCertificates JobKind = "SWEEP_CERTIFICATES" // certificates past their last day
	SweepDecisions    JobKind = "SWEEP_DECISIONS"    // log of decisions beyond its retention
	ContractSeason    JobKind = "CONTRACT_SEASON"    // the end of a forward contract's season

	CloseDemands JobKind = "CLOSE_DEMAND" // of a demand, at its time
	CloseGroups  JobKind = "CLOSE_GROUP"  // of a group buy, at its time

	RunStanding JobKind = "RUN_STANDING" // the next run of a standing order, or its end while it is paused
)

// Job is something to be done at a time. One server works at it while its lease
// lasts; when that runs out, the server is taken for dead and another takes it
// up. So a job may be begun more than once, and its steps are made such that a
// step already taken is not taken again.
type Job struct {
	Home     string
	Kind     JobKind
	Subject  uuid.UUID // what it is about; nil for a sweep
	Due      time.Time
	Lease    uuid.UUID // of who works at it
	Attempts int       // since it was last done, this one included
}

// longestJobPause bounds the pause before a job that failed is tried again.
const longestJobPause = 10 * time.Minute

// Pause is how long a job that failed waits for its next attempt: a second,
// doubled with every attempt, ten minutes at most.
func (j Job) Pause() time.Duration {
	return min(time.Second<<min(max(j.Attempts-1, 0), 10), longestJobPause)
}
