package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluicemq/sluice/protocols"
)

// payloadCollector reads what has become of payloads in S3 when it is scraped.
type payloadCollector struct {
	desc   *prometheus.Desc
	counts func() protocols.PayloadCounts
}

func newPayloadCollector(counts func() protocols.PayloadCounts) *payloadCollector {
	return &payloadCollector{
		desc: prometheus.NewDesc("sluice_payloads_total",
			"Objects in S3 fetched, stored and removed since the start, by result: ok, failed, or not_served for pointers that are passed on.",
			[]string{"operation", "result"}, nil),
		counts: counts,
	}
}

// Describe implements prometheus.Collector.
func (p *payloadCollector) Describe(out chan<- *prometheus.Desc) { out <- p.desc }

// Collect implements prometheus.Collector.
func (p *payloadCollector) Collect(out chan<- prometheus.Metric) {
	c := p.counts()
	for _, x := range [...]struct {
		operation, result string
		n                 uint64
	}{
		{"fetch", "ok", c.Fetched}, {"fetch", "failed", c.FetchFailed}, {"fetch", "not_served", c.NotServed},
		{"store", "ok", c.Stored}, {"store", "failed", c.StoreFailed},
		{"remove", "ok", c.Removed}, {"remove", "failed", c.RemoveFailed},
	} {
		out <- prometheus.MustNewConstMetric(p.desc, prometheus.CounterValue, float64(x.n), x.operation, x.result)
	}
}
