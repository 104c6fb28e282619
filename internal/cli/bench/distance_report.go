package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// distanceReport is what a measurement of distance found. Its JSON form is the
// contract of `bench distance -o json`.
type distanceReport struct {
	Machine  string       `json:"machine"`
	Engine   string       `json:"engine"`
	OneWayMS float64      `json:"one_way_ms"`
	Samples  int          `json:"samples"`
	Trips    []tripResult `json:"trips"`

	broken []string // invariants
}

// tripResult is one call from one standpoint: medians, in multiples of the way
// there and back. Nearby is the same without distance: what the machine itself
// takes, which is in Measured too.
type tripResult struct {
	Call     string  `json:"call"`
	From     string  `json:"from"`
	Wanted   float64 `json:"wanted,omitempty"` // at most; 0: for comparison only
	Measured float64 `json:"measured"`
	Nearby   float64 `json:"nearby"`
	P90      float64 `json:"p90"`
	Reached  *bool   `json:"reached,omitempty"`
}

func (r *distanceReport) fill(trips []trip, near, far taken) {
	round := 2 * r.OneWayMS
	for _, t := range trips {
		is, was := sortedOf(far[t.key()]), sortedOf(near[t.key()])
		one := tripResult{
			Call: t.what, From: t.from, Wanted: t.aim,
			Measured: ms(percentile(is, 0.5)) / round, Nearby: ms(percentile(was, 0.5)) / round, P90: ms(percentile(is, 0.9)) / round,
		}
		if t.aim != noAim {
			reached := one.Measured <= t.aim
			one.Reached = &reached
		}
		r.Trips = append(r.Trips, one)
	}
}

func sortedOf(list []time.Duration) []time.Duration {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

func (r distanceReport) write(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	fmt.Fprintf(out, "machine   %s\nengine    %s\ndistance  %g ms each way between regions; figures are multiples of %g ms, medians of %d\n\n",
		r.Machine, r.Engine, r.OneWayMS, 2*r.OneWayMS, r.Samples)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CALL\tFROM\tWANTED\tMEASURED\tp90\tWITHOUT DISTANCE\t")
	for _, t := range r.Trips {
		wanted, state := "-", ""
		if t.Reached != nil {
			wanted, state = fmt.Sprintf("%.1f", t.Wanted), "reached"
			if !*t.Reached {
				state = "missed"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%.2f\t%.2f\t%s\n", t.Call, t.From, wanted, t.Measured, t.P90, t.Nearby, state)
	}
	return w.Flush()
}
