package testkit

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric adds up a metric of the server over all that has the labels; of a
// histogram it is how often something was observed.
func (x *Exchange) Metric(tb testing.TB, name string, labels map[string]string) float64 {
	tb.Helper()
	r := prometheus.NewRegistry()
	if err := r.Register(x.metrics); err != nil {
		tb.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			alike := 0
			for _, l := range m.GetLabel() {
				if want, ok := labels[l.GetName()]; ok && want == l.GetValue() {
					alike++
				}
			}
			if alike == len(labels) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

// Until waits until something holds, and fails the test where it never does.
func Until(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	for begin := time.Now(); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			tb.Fatalf("it never came to this: %s", what)
		}
	}
}
