package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluicemq/sluice/protocols/door"
)

// doorCollector reads how many connections there are, and were refused, when it is scraped.
type doorCollector struct {
	open, refused *prometheus.Desc
	doors         map[string]*door.Door // by gateway
}

func newDoorCollector(doors map[string]*door.Door) *doorCollector {
	return &doorCollector{
		open: prometheus.NewDesc("sluice_connections", "Open connections of clients.", []string{"gateway"}, nil),
		refused: prometheus.NewDesc("sluice_connections_refused_total",
			"Connections refused since the start, by reason: too many in all (connections), or from one address (address).",
			[]string{"gateway", "reason"}, nil),
		doors: doors,
	}
}

// Describe implements prometheus.Collector.
func (d *doorCollector) Describe(out chan<- *prometheus.Desc) {
	out <- d.open
	out <- d.refused
}

// Collect implements prometheus.Collector.
func (d *doorCollector) Collect(out chan<- prometheus.Metric) {
	for gateway, door := range d.doors {
		c := door.Counts()
		out <- prometheus.MustNewConstMetric(d.open, prometheus.GaugeValue, float64(c.Open), gateway)
		for reason, n := range map[string]uint64{"connections": c.RefusedAll, "address": c.RefusedHere} {
			out <- prometheus.MustNewConstMetric(d.refused, prometheus.CounterValue, float64(n), gateway, reason)
		}
	}
}
