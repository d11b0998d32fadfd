package bridge

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/cert"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols/stomp"
)

// certificates are what clients that speak TLS are answered with, by the names of listeners; nil: no TLS.
type certificates map[string]*cert.Server

// openCertificates reads the files of those listeners that have any.
func openCertificates(cfg *config.Config, log *slog.Logger, taken func(path string, err error)) (certificates, error) {
	all := make(certificates)
	for _, name := range []string{config.STOMPName, config.NATSName, config.SQSName, config.AdminName} {
		t := cfg.TLS(name)
		if !t.On() {
			continue
		}
		o := cert.Options{Log: log.With("listener", name), Taken: taken}
		s, err := cert.Open(cert.Files{Cert: t.Cert, Key: t.Key, ClientCA: t.ClientCA, Clients: clientsOf(t)}, o)
		switch {
		case errors.Is(err, cert.ErrClientCA):
			return nil, fmt.Errorf("%s_tls_client_ca: %w", name, err)
		case err != nil:
			return nil, fmt.Errorf("%s_tls_cert: %w", name, err)
		}
		all[name] = s
	}
	return all, nil
}

func clientsOf(t config.TLS) cert.Clients {
	switch t.ClientAuth {
	case config.ClientAuthOptional:
		return cert.Optional
	case config.ClientAuthRequired:
		return cert.Required
	}
	return cert.Unasked
}

// of returns what a listener speaks TLS with, or nil.
func (c certificates) of(name string) *tls.Config {
	if s := c[name]; s != nil {
		return s.Config()
	}
	return nil
}

// around returns l in TLS, if its name has a certificate. In it HTTP/1.1 is spoken and nothing else.
func (c certificates) around(name string, l net.Listener) net.Listener {
	t := c.of(name)
	if t == nil {
		return l
	}
	t.NextProtos = []string{"http/1.1"}
	return tls.NewListener(l, t)
}

// states are how it is with all files, as admin knows them.
func (c certificates) states() (all []admin.TLSFile) {
	for name, s := range c {
		for _, x := range s.States() {
			all = append(all, admin.TLSFile{Listener: name, CA: x.CA, InForce: x.InForce, Until: x.Until})
		}
	}
	return all
}

// plainSTOMP says whose STOMP clients may do without TLS. Where there is no certificate, the addresses that
// are allowed have seen to it.
func plainSTOMP(cfg *config.Config) stomp.Plain {
	switch t := cfg.TLS(config.STOMPName); {
	case t.ClientAuth == config.ClientAuthRequired:
		return stomp.PlainFromNobody
	case t.On() && !cfg.PlainText(config.STOMPName):
		return stomp.PlainFromHere
	}
	return stomp.PlainFromAll
}
