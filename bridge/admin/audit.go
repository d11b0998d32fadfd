package admin

import "github.com/prometheus/client_golang/prometheus"

// AuditCounts are what has become of lines for the audit log since the start.
type AuditCounts struct {
	Written, LeftOut, Lost uint64
	Failing                bool // the file cannot be written at the moment
}

// auditCollector reads them when it is scraped.
type auditCollector struct {
	acts, failing *prometheus.Desc
	counts        func() AuditCounts
}

func newAuditCollector(counts func() AuditCounts) *auditCollector {
	return &auditCollector{
		acts: prometheus.NewDesc("sluice_audit_total",
			"Lines for the audit log since the start, by outcome: written, left_out (acts of which a line tells the number alone), "+
				"lost (there was no room for them while the disk took nothing).", []string{"outcome"}, nil),
		failing: prometheus.NewDesc("sluice_audit_failing", "1 while the audit log cannot be written: the log says why.", nil, nil),
		counts:  counts,
	}
}

// Describe implements prometheus.Collector.
func (a *auditCollector) Describe(out chan<- *prometheus.Desc) {
	out <- a.acts
	out <- a.failing
}

// Collect implements prometheus.Collector.
func (a *auditCollector) Collect(out chan<- prometheus.Metric) {
	c, failing := a.counts(), 0.0
	if c.Failing {
		failing = 1
	}
	for outcome, n := range map[string]uint64{"written": c.Written, "left_out": c.LeftOut, "lost": c.Lost} {
		out <- prometheus.MustNewConstMetric(a.acts, prometheus.CounterValue, float64(n), outcome)
	}
	out <- prometheus.MustNewConstMetric(a.failing, prometheus.GaugeValue, failing)
}
