package admin

import "github.com/prometheus/client_golang/prometheus"

// UserCounts is how it is with the file of users.
type UserCounts struct {
	InForce bool // the file as it is on disk; false: an older one, since it is not good
	Users   int
}

// userCollector reads them when it is scraped.
type userCollector struct {
	inForce, users *prometheus.Desc
	counts         func() UserCounts
}

func newUserCollector(counts func() UserCounts) *userCollector {
	return &userCollector{
		inForce: prometheus.NewDesc("sluice_users_file_in_force",
			"1 while the users file as it is on disk is in force, 0 while an older one is: the log says why.", nil, nil),
		users:  prometheus.NewDesc("sluice_users", "Users of the users file.", nil, nil),
		counts: counts,
	}
}

// Describe implements prometheus.Collector.
func (u *userCollector) Describe(out chan<- *prometheus.Desc) {
	out <- u.inForce
	out <- u.users
}

// Collect implements prometheus.Collector.
func (u *userCollector) Collect(out chan<- prometheus.Metric) {
	c, in := u.counts(), 0.0
	if c.InForce {
		in = 1
	}
	out <- prometheus.MustNewConstMetric(u.inForce, prometheus.GaugeValue, in)
	out <- prometheus.MustNewConstMetric(u.users, prometheus.GaugeValue, float64(c.Users))
}
