package bridge

import (
	"crypto/tls"
	"fmt"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/cert"
	"github.com/sluicemq/sluice/bridge/config"
)

// stompTLS returns what STOMP clients that speak TLS are answered with, or nil.
func stompTLS(p *config.STOMPPort, log *slog.Logger) (*tls.Config, error) {
	if p.TLSCert == "" {
		return nil, nil
	}
	pair, err := cert.Open(p.TLSCert, p.TLSKey, cert.Options{Log: log})
	if err != nil {
		return nil, fmt.Errorf("stomp_tls_cert: %w", err)
	}
	return pair.Config(), nil
}
