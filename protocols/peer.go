package protocols

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// Peer is the client's side of a TLS connection: the certificate that it has shown and the
// listener has verified. The zero Peer has shown none.
type Peer struct {
	Certificate *x509.Certificate
	// Until is when the listener would not take it any more.
	Until time.Time
}

// PeerOf returns the peer of a connection whose handshake is done; nil: it is not in TLS.
func PeerOf(s *tls.ConnectionState) (p Peer) {
	if s == nil || len(s.VerifiedChains) == 0 {
		return p
	}
	p.Certificate = s.VerifiedChains[0][0]
	for _, chain := range s.VerifiedChains {
		if end := endOf(chain); end.After(p.Until) {
			p.Until = end
		}
	}
	return p
}

// endOf is when the first certificate of a chain ends.
func endOf(chain []*x509.Certificate) time.Time {
	end := chain[0].NotAfter
	for _, c := range chain {
		if c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	return end
}

// OnExpiry calls f in a goroutine of its own when the time of the peer's certificate is over, at once if
// it is already, and never for one that has none. A gateway closes the connection then. The function returned calls
// that off, and must be called when the connection ends.
func (p Peer) OnExpiry(f func()) (stop func() bool) {
	if p.Certificate == nil {
		return func() bool { return true }
	}
	return time.AfterFunc(time.Until(p.Until), f).Stop
}
