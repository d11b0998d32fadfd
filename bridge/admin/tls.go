package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TLSFile is how it is with a certificate of a listener, or with the file of the CAs of its clients.
type TLSFile struct {
	Listener string
	CA       bool      // of clients
	InForce  bool      // as it is on disk; false: an older one, since it is not good
	Until    time.Time // when the certificate ends, or the first of the CAs
}

// tlsCollector looks at them when it is scraped.
type tlsCollector struct {
	inForce, until *prometheus.Desc
	files          func() []TLSFile
}

func newTLSCollector(files func() []TLSFile) *tlsCollector {
	labels := []string{"listener", "file"}
	return &tlsCollector{
		inForce: prometheus.NewDesc("sluice_tls_files_in_force",
			"1 while the files of a certificate, or of the CAs of clients, as they are on disk are in force, 0 while older ones are: the log says why.", labels, nil),
		until: prometheus.NewDesc("sluice_tls_expiry_timestamp_seconds",
			"When the certificate in force ends, or the first of the CAs of clients.", labels, nil),
		files: files,
	}
}

// Describe implements prometheus.Collector.
func (c *tlsCollector) Describe(out chan<- *prometheus.Desc) {
	out <- c.inForce
	out <- c.until
}

// Collect implements prometheus.Collector.
func (c *tlsCollector) Collect(out chan<- prometheus.Metric) {
	for _, f := range c.files() {
		file, in := "certificate", 0.0
		if f.CA {
			file = "client_ca"
		}
		if f.InForce {
			in = 1
		}
		out <- prometheus.MustNewConstMetric(c.inForce, prometheus.GaugeValue, in, f.Listener, file)
		out <- prometheus.MustNewConstMetric(c.until, prometheus.GaugeValue, float64(f.Until.Unix()), f.Listener, file)
	}
}
