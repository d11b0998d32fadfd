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
func openCertificates(cfg *config.Config, log *slog.Logger) (c certificates, err error) {
	if c.stomp, err = openCertificate("stomp_tls_cert", cfg.STOMPPort.TLSCert, cfg.STOMPPort.TLSKey, log); err != nil {
		return c, err
	}
	c.nats, err = openCertificate("nats_tls_cert", cfg.NATSPort.TLSCert, cfg.NATSPort.TLSKey, log)
	return c, err
}

// openCertificate returns nil when no file is named.
func openCertificate(setting, certificate, key string, log *slog.Logger) (*tls.Config, error) {
	if certificate == "" {
		return nil, nil
	}
	pair, err := cert.Open(certificate, key, cert.Options{Log: log})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return pair.Config(), nil
}
