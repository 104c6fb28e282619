package app

import "github.com/prometheus/client_golang/prometheus"

// metrics tell how order writes are grouped.
type metrics struct {
	batches prometheus.Histogram
	waited  prometheus.Histogram
	splits  prometheus.Counter
	repeats prometheus.Counter
	refused prometheus.Counter
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "sushaan_group_" + name, Help: help})
	}
	return &metrics{
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sushaan_group_batch_orders", Help: "Order writes that one transaction was tried with.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}),
		waited: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sushaan_group_wait_seconds", Help: "How long an order write waited in its lane for its batch.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		splits:  counter("splits_total", "Batches that were split since they could not be written together."),
		repeats: counter("repeats_total", "Batches that were repeated since one of their requests had been committed meanwhile."),
		refused: counter("refused_total", "Order writes that were refused since their lane was full."),
	}
}

// Collectors are the application's metrics, to be registered.
func (a *App) Collectors() []prometheus.Collector {
	m := a.metrics
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sushaan_group_waiting", Help: "Writes that wait for their turn: order writes in their lanes, and whatever waits for an offer that is being written.",
	}, func() float64 { return float64(a.group.waiting() + a.lanes.waiting()) })
	return []prometheus.Collector{m.batches, m.waited, m.splits, m.repeats, m.refused, waiting}
}
