package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// spread is the least, the middle and the greatest of the rounds.
type spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

func spreadOf(values []float64) *spread {
	if len(values) == 0 {
		return nil
	}
	v := slices.Sorted(slices.Values(values))
	return &spread{v[0], median(v), v[len(v)-1]}
}

func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// report is what a run found. Its JSON form is the contract of `bench -o json`.
type report struct {
	Machine    string            `json:"machine"`
	Engine     string            `json:"engine"`
	Durability map[string]string `json:"durability"`
	Transport  string            `json:"transport"`
	Rate       float64           `json:"rate,omitempty"`
	PeakRSSMiB int64             `json:"peak_rss_mib,omitempty"` // of server and load together
	Cases      []result          `json:"cases"`
}

// result of one case. Ratios are of throughputs in the same turn; latencies are
// of all rounds together.
type result struct {
	Name        string  `json:"name"`
	Throughput  float64 `json:"throughput"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	P999        float64 `json:"p999_ms"`
	Errors      int64   `json:"errors"`
	FirstError  string  `json:"first_error,omitempty"`
	RatioTPCB   *spread `json:"ratio_tpcb,omitempty"`
	RatioPlain  *spread `json:"ratio_plain,omitempty"`
	RatioSelect *spread `json:"ratio_select,omitempty"`
	// To the same question asked of the ledger's entries in SQL.
	RatioEntries *spread `json:"ratio_entries,omitempty"`

	// A lone caller's call to the same trade sent statement by statement, and the
	// worst of a case to the worst of the floor; of all rounds together.
	P50ToPlain float64 `json:"p50_to_plain,omitempty"`
	P99ToTPCB  float64 `json:"p99_to_tpcb,omitempty"`

	// Latencies of the floors, to be compared with the case's own.
	TPCB  *floorResult `json:"tpcb,omitempty"`
	Plain *floorResult `json:"plain,omitempty"`
	Reads *floorResult `json:"select,omitempty"`
	Sums  *floorResult `json:"entries,omitempty"`

	throughputs []float64
	latencies   []time.Duration
	ratios      map[floorKind][]float64
	floors      map[floorKind]*floorResult
}

type floorResult struct {
	Clients    int     `json:"clients"`
	Throughput float64 `json:"throughput"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`

	throughputs []float64
	latencies   []time.Duration
}

// turnOf a case: its figures and those of its floors, in their order.
type turnOf struct {
	got    figures
	floors []figures
}

func (r *result) add(c benchCase, m turnOf) {
	r.throughputs = append(r.throughputs, m.got.throughput())
	r.latencies = append(r.latencies, m.got.latencies...)
	r.Errors += m.got.errors
	if r.FirstError == "" && m.got.first != nil {
		r.FirstError = m.got.first.Error()
	}
	for i, f := range c.floors {
		r.ratios[f] = append(r.ratios[f], m.got.throughput()/m.floors[i].throughput())
		fr := r.floors[f]
		if fr == nil {
			fr = &floorResult{Clients: f.clients(c)}
			r.floors[f] = fr
		}
		fr.throughputs = append(fr.throughputs, m.floors[i].throughput())
		fr.latencies = append(fr.latencies, m.floors[i].latencies...)
	}
}

// last is the latest turn in one line.
func (r *result) last() string {
	i := len(r.throughputs) - 1
	line := fmt.Sprintf("%-20s %8.0f/s", r.Name, r.throughputs[i])
	for _, f := range []floorKind{tpcb, plainHot, plainSpread, selects, entriesByMonth, entriesByCounty} {
		if v := r.ratios[f]; len(v) > i {
			line += fmt.Sprintf("  %s %.0f/s ×%.2f", f, r.floors[f].throughputs[i], v[i])
		}
	}
	if r.Errors > 0 {
		line += fmt.Sprintf("  %d errors so far (%s)", r.Errors, r.FirstError)
	}
	return line
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (f *floorResult) finish() *floorResult {
	if f == nil {
		return nil
	}
	slices.Sort(f.latencies)
	f.Throughput = spreadOf(f.throughputs).Median
	f.P50, f.P99 = ms(percentile(f.latencies, 0.5)), ms(percentile(f.latencies, 0.99))
	return f
}

func (r *report) finish() {
	r.PeakRSSMiB = peakRSS()
	for i := range r.Cases {
		c := &r.Cases[i]
		slices.Sort(c.latencies)
		c.Throughput = spreadOf(c.throughputs).Median
		c.P50, c.P99, c.P999 = ms(percentile(c.latencies, 0.5)), ms(percentile(c.latencies, 0.99)), ms(percentile(c.latencies, 0.999))
		c.RatioTPCB, c.TPCB = spreadOf(c.ratios[tpcb]), c.floors[tpcb].finish()
		c.RatioPlain, c.Plain = spreadOf(c.ratios[plainHot]), c.floors[plainHot].finish()
		if c.RatioPlain == nil {
			c.RatioPlain, c.Plain = spreadOf(c.ratios[plainSpread]), c.floors[plainSpread].finish()
		}
		c.RatioSelect, c.Reads = spreadOf(c.ratios[selects]), c.floors[selects].finish()
		c.RatioEntries, c.Sums = spreadOf(c.ratios[entriesByMonth]), c.floors[entriesByMonth].finish()
		if c.RatioEntries == nil {
			c.RatioEntries, c.Sums = spreadOf(c.ratios[entriesByCounty]), c.floors[entriesByCounty].finish()
		}
		if c.Plain != nil && c.Plain.P50 > 0 {
			c.P50ToPlain = c.P50 / c.Plain.P50
		}
		if c.TPCB != nil && c.TPCB.P99 > 0 {
			c.P99ToTPCB = c.P99 / c.TPCB.P99
		}
	}
}

func (x *exchange) newReport(ctx context.Context, cases []benchCase) (report, error) {
	r := report{Machine: machine(), Transport: "grpc", Rate: x.o.Rate}
	if x.o.HTTP {
		r.Transport = "http"
	}
	var err error
	if r.Engine, err = x.store().Engine(ctx); err != nil {
		return r, err
	}
	if r.Durability, err = x.store().Durability(ctx); err != nil {
		return r, err
	}
	for _, c := range cases {
		r.Cases = append(r.Cases, result{Name: c.name, ratios: map[floorKind][]float64{}, floors: map[floorKind]*floorResult{}})
	}
	return r, nil
}

// machine tells what it runs on, as far as the system says.
func machine() string {
	text := fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	if model := fieldOf("/proc/cpuinfo", "model name"); model != "" {
		text += ", " + model
	}
	if average, err := os.ReadFile("/proc/loadavg"); err == nil {
		text += ", load average at the start " + strings.Join(strings.Fields(string(average))[:3], " ")
	}
	return text
}

// peakRSS is the most memory that this process has had, in MiB; 0: unknown.
func peakRSS() int64 {
	var kib int64
	if _, err := fmt.Sscanf(fieldOf("/proc/self/status", "VmHWM"), "%d", &kib); err != nil {
		return 0
	}
	return kib >> 10
}

// fieldOf finds "name: value" in a file of the system.
func fieldOf(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (r report) write(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	fmt.Fprintf(out, "machine     %s\nengine      %s\ndurability  %v\ntransport   %s\npeak RSS    %d MiB, server and load together\n\n",
		r.Machine, r.Engine, r.Durability, r.Transport, r.PeakRSSMiB)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tA SECOND\tp50 ms\tp99 ms\tp99.9 ms\tERRORS\tTO TPC-B\tTO PLAIN\tTO SELECT\tTO ENTRIES\tFLOOR p50/p99 ms\tp50 TO PLAIN\tp99 TO TPC-B")
	for _, c := range r.Cases {
		floor := "-"
		for _, f := range []*floorResult{c.TPCB, c.Reads, c.Sums} {
			if f != nil {
				floor = fmt.Sprintf("%.2f/%.2f", f.P50, f.P99)
				break
			}
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f\t%.2f\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, c.Throughput, c.P50, c.P99, c.P999, c.Errors,
			c.RatioTPCB, c.RatioPlain, c.RatioSelect, c.RatioEntries, floor, ratio(c.P50ToPlain), ratio(c.P99ToTPCB))
	}
	fmt.Fprintln(w, "\nratios of throughputs: least–median–greatest of the rounds; floors measured in turns with the case")
	return w.Flush()
}

// ratio of latencies; 0: there is none.
func ratio(r float64) string {
	if r == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", r)
}

func (s *spread) String() string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f–%.2f–%.2f", s.Min, s.Median, s.Max)
}
