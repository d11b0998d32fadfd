package admin

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluicemq/sluice/protocols"
)

// AuditCounts are what has become of lines for the audit log since the start.
type AuditCounts struct {
	Written, LeftOut, Lost uint64
	Failing                bool // the file cannot be written at the moment
}

// auditCollector reads them when it is scraped.
type auditCollector struct {
	acts, failing *prometheus.Desc
	audit         *auditing
}

// auditing is the audit log, once there is one.
type auditing struct{ atomic.Pointer[audited] }

type audited struct {
	protocols.Audit
	counts func() AuditCounts
}

// SetAudit has a told from now on of logins, and of what is asked for under /v1; counts is
// how it is with its lines.
func (s *Server) SetAudit(a protocols.Audit, counts func() AuditCounts) {
	s.audit.Store(&audited{a, counts})
}

func newAuditCollector(a *auditing) *auditCollector {
	return &auditCollector{
		acts: prometheus.NewDesc("sluice_audit_total",
			"Lines for the audit log since the start, by outcome: written, left_out (acts of which a line tells the number alone), "+
				"lost (there was no room for them while the disk took nothing).", []string{"outcome"}, nil),
		failing: prometheus.NewDesc("sluice_audit_failing", "1 while the audit log cannot be written: the log says why.", nil, nil),
		audit:   a,
	}
}

// Describe implements prometheus.Collector.
func (a *auditCollector) Describe(out chan<- *prometheus.Desc) {
	out <- a.acts
	out <- a.failing
}

// Collect implements prometheus.Collector.
func (a *auditCollector) Collect(out chan<- prometheus.Metric) {
	on := a.audit.Load()
	if on == nil {
		return
	}
	c, failing := on.counts(), 0.0
	if c.Failing {
		failing = 1
	}
	for outcome, n := range map[string]uint64{"written": c.Written, "left_out": c.LeftOut, "lost": c.Lost} {
		out <- prometheus.MustNewConstMetric(a.acts, prometheus.CounterValue, float64(n), outcome)
	}
	out <- prometheus.MustNewConstMetric(a.failing, prometheus.GaugeValue, failing)
}
