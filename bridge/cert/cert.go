// Package cert keeps what a listener that speaks TLS needs: a certificate and its key, and
// the certificates of those who vouch for clients. It takes them from their files again when these are replaced.
//
// DESIGN.md says what is spoken, and why.
package cert

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// maxFile bounds each file, in bytes.
const maxFile = 1 << 20

// Options are for the log and for tests; zero fields are the defaults.
type Options struct {
	// Log is told when the files have been replaced, and when they cannot be used
	// (nil: slog.Default).
	Log *slog.Logger
	// Taken is told when a file takes the place of the one before, and when it cannot
	// be used, and then why (nil: nobody is).
	Taken func(path string, err error)
	// Now is the clock (nil: time.Now).
	Now func() time.Time
}

// Clients says whether clients show a certificate of their own.
type Clients uint8

// What clients may and must show. One that is shown must be good, or there is no connection.
const (
	Unasked  Clients = iota // they are not asked for any
	Optional                // they may show one
	Required                // without one there is no connection
)

// Files are those of a listener, all in PEM and of at most 1 MiB each.
type Files struct {
	Cert, Key string
	// ClientCA has the certificates of those who vouch for clients; not for Unasked.
	ClientCA string
	Clients  Clients
}

// Server is what a listener shows and whom it believes. All methods may be called from any goroutine.
type Server struct {
	clients     Clients
	pair        *followed[*tls.Certificate]
	authorities *followed[*authorities] // nil: clients are not asked
}

// Open reads the files. The error names the file, and nothing of what is in it.
func Open(files Files, o Options) (s *Server, err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Taken == nil {
		o.Taken = func(string, error) {}
	}
	s = &Server{clients: files.Clients}
	parse := func(pem [][]byte) (*tls.Certificate, error) { return parsePair(pem, files.Cert, files.Key) }
	if s.pair, err = follow("certificate", parse, o, files.Cert, files.Key); err != nil || files.Clients == Unasked {
		return s, err
	}
	parseCA := func(pem [][]byte) (*authorities, error) { return parseAuthorities(pem[0], files.ClientCA) }
	if s.authorities, err = follow("file of client CAs", parseCA, o, files.ClientCA); err != nil {
		err = fmt.Errorf("%w: %w", ErrClientCA, err)
	}
	return s, err
}

// ErrClientCA is what an error of Open is if it is about the file of client CAs.
var ErrClientCA = errors.New("client CAs")

func parsePair(pem [][]byte, cert, key string) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(pem[0], pem[1])
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", cert, key, err)
	}
	return &pair, nil
}

// Config returns the configuration of a server, which speaks TLS 1.2 and newer.
//
// A listener that asks clients for certificates resumes no sessions: who comes again shows again
// that he has the key, and is held against the CAs of that moment.
func (s *Server) Config() *tls.Config {
	c := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   suites(),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.pair.current(), nil },
	}
	if s.clients == Unasked {
		return c
	}
	c.SessionTicketsDisabled = true
	c.ClientAuth, c.ClientCAs = s.asks(), s.authorities.current().pool
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := c.Clone()
		now.GetConfigForClient, now.ClientCAs = nil, s.authorities.current().pool
		return now, nil
	}
	return c
}

func (s *Server) asks() tls.ClientAuthType {
	if s.clients == Required {
		return tls.RequireAndVerifyClientCert
	}
	return tls.VerifyClientCertIfGiven
}

// suites are those of TLS 1.2 that keep their secrets when the key is lost, and encrypt and
// authenticate in one. Those of TLS 1.3 are all like that.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// State is how it is with a certificate, or with the CAs of clients.
type State struct {
	CA      bool // of clients
	InForce bool // the files as they are on disk; false: older ones, since these are not good
	// Until is when the certificate ends, or the first of the CAs.
	Until time.Time
}

// States looks at the files, and returns how it is with the certificate and, where clients are asked, the CAs.
func (s *Server) States() []State {
	pair, good := s.pair.state()
	all := []State{{InForce: good, Until: pair.Leaf.NotAfter}}
	if s.authorities != nil {
		a, good := s.authorities.state()
		all = append(all, State{CA: true, InForce: good, Until: a.until})
	}
	return all
}

// authorities are those who vouch for clients.
type authorities struct {
	pool  *x509.CertPool
	until time.Time
}

// parseAuthorities takes a file of certificates and nothing else, of which there must be one.
func parseAuthorities(text []byte, path string) (*authorities, error) {
	all, err := certificates(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	a := &authorities{pool: x509.NewCertPool(), until: all[0].NotAfter}
	for _, c := range all {
		a.pool.AddCert(c) // once, however often it is there
		if c.NotAfter.Before(a.until) {
			a.until = c.NotAfter
		}
	}
	return a, nil
}
