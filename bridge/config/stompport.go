package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// STOMPPort says what STOMP clients may wrap their frames in. Plain STOMP and
// WebSockets always can be; TLS needs a certificate.
type STOMPPort struct {
	// TLSCert and TLSKey name files in PEM: a certificate with those between it and its
	// root behind it, and its private key. They are read again when they change.
	TLSCert string `yaml:"stomp_tls_cert"`
	TLSKey  string `yaml:"stomp_tls_key"`
	// WSOrigins names the origins, with commas between them, of pages that may open a
	// WebSocket; * stands for all. A page of the very address (or localhost) and port that
	// it calls always may.
	WSOrigins string `yaml:"stomp_ws_origins"`
}

// Origins returns the origins in WSOrigins.
func (p *STOMPPort) Origins() []string {
	return strings.FieldsFunc(p.WSOrigins, func(r rune) bool { return r == ',' || r == ' ' })
}

func (p *STOMPPort) check() error {
	switch {
	case p.TLSCert == "" && p.TLSKey != "":
		return errors.New("stomp_tls_key is set and stomp_tls_cert is empty: name the file of the certificate, too")
	case p.TLSCert != "" && p.TLSKey == "":
		return errors.New("stomp_tls_cert is set and stomp_tls_key is empty: name the file of the private key, too")
	}
	for _, o := range p.Origins() {
		if !isOrigin(o) {
			return fmt.Errorf("stomp_ws_origins names %q: an origin looks like https://app.example.com, or is * for all", o)
		}
	}
	return nil
}

// isOrigin reports whether o is as browsers spell one: scheme, host and port alone.
func isOrigin(o string) bool {
	if o == "*" {
		return true
	}
	u, err := url.Parse(o)
	return err == nil && u.Scheme != "" && u.Host != "" && u.Scheme+"://"+u.Host == o
}
