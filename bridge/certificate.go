package bridge

import (
	"crypto/tls"
	"fmt"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/cert"
	"github.com/sluicemq/sluice/bridge/config"
)

// certificates are what clients that speak TLS are answered with; nil: no TLS.
type certificates struct{ stomp, nats *tls.Config }

// openCertificates reads the files. Whether both of a pair are named has been checked.
func openCertificates(cfg *config.Config, log *slog.Logger, taken func(path string) func(error)) (c certificates, err error) {
	if c.stomp, err = openCertificate("stomp_tls_cert", cfg.STOMPPort.TLSCert, cfg.STOMPPort.TLSKey, cert.Options{Log: log, Taken: taken(cfg.STOMPPort.TLSCert)}); err != nil {
		return c, err
	}
	c.nats, err = openCertificate("nats_tls_cert", cfg.NATSPort.TLSCert, cfg.NATSPort.TLSKey, cert.Options{Log: log, Taken: taken(cfg.NATSPort.TLSCert)})
	return c, err
}

// openCertificate returns nil when no file is named.
func openCertificate(setting, certificate, key string, o cert.Options) (*tls.Config, error) {
	if certificate == "" {
		return nil, nil
	}
	pair, err := cert.Open(certificate, key, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return pair.Config(), nil
}
