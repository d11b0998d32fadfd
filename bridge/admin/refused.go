package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/tally"
)

// LoginCounts are the logins since the start, of all dialects.
type LoginCounts struct {
	Accepted, Refused uint64
	Locked            uint64 // refused without a look, since there were too many before
}

// limitCollector reads what was refused because of a limit, and how near users are to theirs.
type limitCollector struct {
	refused, most, logins *prometheus.Desc

	tally  *tally.Tally
	quotas *quota.Book
	counts func() LoginCounts // nil: nobody logs in
}

func newLimitCollector(o *Options) *limitCollector {
	return &limitCollector{
		refused: prometheus.NewDesc("sluice_refused_total",
			"What clients were refused since the start because of a limit, or slowed down, by its setting. bridge/config/LIMITS.md has all of them.", []string{"limit"}, nil),
		most: prometheus.NewDesc("sluice_user_most",
			"How many the user has of what the setting bounds who has the most of them.", []string{"limit"}, nil),
		logins: prometheus.NewDesc("sluice_logins_total",
			"Logins since the start, signed requests included, by result: accepted, refused, or locked (refused without a look).", []string{"result"}, nil),
		tally: o.Tally, quotas: o.Quotas, counts: o.Logins,
	}
}

// Describe implements prometheus.Collector.
func (l *limitCollector) Describe(out chan<- *prometheus.Desc) {
	out <- l.refused
	out <- l.most
	out <- l.logins
}

// Collect implements prometheus.Collector.
func (l *limitCollector) Collect(out chan<- prometheus.Metric) {
	for limit, n := range l.tally.Counts() {
		out <- prometheus.MustNewConstMetric(l.refused, prometheus.CounterValue, float64(n), limit)
	}
	for limit, n := range l.quotas.InUse() {
		out <- prometheus.MustNewConstMetric(l.most, prometheus.GaugeValue, float64(n), limit)
	}
	if l.counts == nil {
		return
	}
	c := l.counts()
	for result, n := range map[string]uint64{"accepted": c.Accepted, "refused": c.Refused, "locked": c.Locked} {
		out <- prometheus.MustNewConstMetric(l.logins, prometheus.CounterValue, float64(n), result)
	}
}
