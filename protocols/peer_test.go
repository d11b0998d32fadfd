package protocols_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// A peer's certificate is good as long as one of its chains is, and a chain as long as all of it.
func TestPeerOf(t *testing.T) {
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	until := func(d time.Duration) *x509.Certificate { return &x509.Certificate{NotAfter: at.Add(d)} }
	leaf := until(5 * time.Hour)
	p := protocols.PeerOf(&tls.ConnectionState{
		PeerCertificates: []*x509.Certificate{leaf},
		VerifiedChains:   [][]*x509.Certificate{{leaf, until(time.Hour), until(9 * time.Hour)}, {leaf, until(3 * time.Hour)}, {leaf, until(2 * time.Hour)}},
	})
	if p.Certificate != leaf || !p.Until.Equal(at.Add(3*time.Hour)) {
		t.Errorf("%v", p.Until)
	}
	for _, s := range []*tls.ConnectionState{nil, {}, {PeerCertificates: []*x509.Certificate{leaf}}} { // the last was not verified
		if p := protocols.PeerOf(s); p.Certificate != nil {
			t.Errorf("%+v is believed", s)
		}
	}
}

func TestOnExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan time.Time, 9)
		tell := func() { over <- time.Now() }
		begun := time.Now()
		peer := func(d time.Duration) protocols.Peer {
			return protocols.Peer{Certificate: &x509.Certificate{}, Until: begun.Add(d)}
		}
		peer(time.Minute).OnExpiry(tell)
		peer(-time.Minute).OnExpiry(tell)
		peer(time.Second).OnExpiry(tell)()
		if !(protocols.Peer{}).OnExpiry(tell)() {
			t.Error("nothing could be called off")
		}
		if got := (<-over).Sub(begun); got != 0 {
			t.Errorf("over after %v", got)
		}
		if got := (<-over).Sub(begun); got != time.Minute {
			t.Errorf("over after %v", got)
		}
		time.Sleep(time.Hour) // of the bubble
		if len(over) > 0 {
			t.Error("called off, and called")
		}
	})
}
