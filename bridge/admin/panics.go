package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluicemq/sluice/protocols/panics"
)

// panicCollector reads how many panics were caught when it is scraped.
type panicCollector struct {
	desc   *prometheus.Desc
	counts map[string]*panics.Count // by gateway
}

func newPanicCollector(counts map[string]*panics.Count) *panicCollector {
	return &panicCollector{
		desc: prometheus.NewDesc("sluice_panics_total",
			"Panics since the start, each of which has ended one connection or request: a defect, whose stack is in the log.",
			[]string{"gateway"}, nil),
		counts: counts,
	}
}

// Describe implements prometheus.Collector.
func (p *panicCollector) Describe(out chan<- *prometheus.Desc) { out <- p.desc }

// Collect implements prometheus.Collector.
func (p *panicCollector) Collect(out chan<- prometheus.Metric) {
	for gateway, n := range p.counts {
		out <- prometheus.MustNewConstMetric(p.desc, prometheus.CounterValue, float64(n.Load()), gateway)
	}
}

// caught is a collector whose panics cost its own metrics alone. The registry collects in
// goroutines of its own, where no handler could catch them.
type caught struct {
	prometheus.Collector
	guard *panics.Guard
}

// Collect implements prometheus.Collector.
func (c caught) Collect(out chan<- prometheus.Metric) {
	defer c.guard.Catch(nil)
	c.Collector.Collect(out)
}
