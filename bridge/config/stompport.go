package config

import (
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
	// TLSClientCA names a file in PEM: the certificates of those who vouch for clients. It
	// is read again, too. TLSClientAuth says whether clients show certificates of their own.
	TLSClientCA   string     `yaml:"stomp_tls_client_ca"`
	TLSClientAuth ClientAuth `yaml:"stomp_tls_client_auth"`
	// WSOrigins names the origins, with commas between them, of pages that may open a
	// WebSocket; * stands for all. A page of the very address (or localhost) and port that
	// it calls always may.
	WSOrigins string `yaml:"stomp_ws_origins"`
}

// Origins returns the origins in WSOrigins.
func (p *STOMPPort) Origins() []string { return words(p.WSOrigins) }

func (p *STOMPPort) check() error { return checkOrigins("stomp_ws_origins", p.Origins()) }

// checkPair wants both of the files of a certificate, or none.
func checkPair(certKey, cert, keyKey, key string) error {
	switch {
	case cert == "" && key != "":
		return fmt.Errorf("%s is set and %s is empty: name the file of the certificate, too", keyKey, certKey)
	case cert != "" && key == "":
		return fmt.Errorf("%s is set and %s is empty: name the file of the private key, too", certKey, keyKey)
	}
	return nil
}

// words are those of a list with commas.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func checkOrigins(key string, names []string) error {
	for _, o := range names {
		if !isOrigin(o) {
			return fmt.Errorf("%s names %q: an origin looks like https://app.example.com, or is * for all", key, o)
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
