package stomp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	gostomp "github.com/go-stomp/stomp/v3"
)

func withOrigins(origins ...string) houseOption {
	return func(s *houseSettings) { s.options.Origins = origins }
}

// withTLS gives a house a certificate of example.org, which trusting knows.
func withTLS(t testing.TB) houseOption {
	c := certificate(t)
	return func(s *houseSettings) {
		s.options.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{c}}
	}
}

func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"example.org"}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// dialTLS shakes hands, with whatever certificate.
func dialTLS(t testing.TB, address string, c *tls.Config) *tls.Conn {
	t.Helper()
	nc, err := tls.Dial("tcp", address, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// trusting takes any certificate: these tests are not about whose it is.
func trusting() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// One port serves STOMP by TCP, by TLS, by WebSocket, and by WebSocket in TLS.
func TestFirstBytesDecide(t *testing.T) {
	h := newHouse(t, withTLS(t))
	address := h.listen()
	dial := func() net.Conn {
		nc, err := net.Dial("tcp", address)
		must(t, err)
		return nc
	}
	clients := []*client{
		newClient(t, dial()),
		newClient(t, dialTLS(t, address, trusting())),
		newClient(t, openWeb(t, dial(), wsText)),
		newClient(t, openWeb(t, dialTLS(t, address, trusting()), wsBinary)),
	}
	for i, c := range clients {
		c.login("1.2")
		c.subscribe("0", "/topic/all")
		if i == 0 {
			c.put("/queue/a", "kept")
		}
	}
	body := strings.Repeat("to all of you ", 20_000)
	clients[3].put("/topic/all", body)
	for i, c := range clients {
		if f := c.expect("MESSAGE"); string(f.Body) != body {
			t.Errorf("client %d: %d bytes", i, len(f.Body))
		}
	}
	for _, c := range clients {
		c.send("NONSENSE\nreceipt:1\n\n^@")
		c.expectError("not a command")
	}
}

// go-stomp over a TLS connection, with bodies of many records, and to an end with DISCONNECT.
func TestGoStompOverTLS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		h := newHouse(t, withTLS(t))
		c := trusting()
		c.MaxVersion = version
		g, err := gostomp.Connect(dialTLS(t, h.listen(), c), patience()...)
		must(t, err)
		s := subscribeGo(t, g, "/queue/a", gostomp.AckClientIndividual)
		body := make([]byte, 1<<20)
		for range 3 {
			must(t, g.Send("/queue/a", "", body, gostomp.SendOpt.Receipt))
			m := receive(t, s)
			if len(m.Body) != len(body) {
				t.Errorf("%d bytes", len(m.Body))
			}
			must(t, g.Ack(m))
		}
		must(t, g.Disconnect())
		if n := h.stats("a").Len(); n != 0 {
			t.Errorf("%d messages left", n)
		}
	}
}

// What begins like TLS and is none, is too old, or meets no certificate, ends its own
// connection, with no word of STOMP.
func TestTLSThatFails(t *testing.T) {
	h, without := newHouse(t, withTLS(t)), newHouse(t)
	address, bare := h.listen(), without.listen()
	witness := h.connect("1.2")
	for name, tt := range map[string]struct{ address, bytes string }{
		"garbage":        {address, "\x16\x03\x01\x00\x10" + strings.Repeat("\xff", 16)},
		"too long":       {address, "\x16\x03\x01\xff\xff" + strings.Repeat("\x00", 10)},
		"no certificate": {bare, "\x16\x03\x01\x00\x10" + strings.Repeat("\xff", 16)},
		"HTTP in clear":  {address, "\x16\x03GET / HTTP/1.1\r\n\r\n"},
	} {
		nc, err := net.Dial("tcp", tt.address)
		must(t, err)
		_, err = io.WriteString(nc, tt.bytes)
		must(t, err)
		must(t, nc.(*net.TCPConn).CloseWrite())
		b, err := io.ReadAll(nc)
		if err != nil || strings.Contains(string(b), "ERROR") {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		nc.Close()
	}
	old := trusting()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if nc, err := tls.Dial("tcp", address, old); err == nil {
		nc.Close()
		t.Error("TLS 1.1 is spoken")
	}
	witness.sync()
}

// TLS in TLS is no frame of STOMP.
func TestTLSInTLS(t *testing.T) {
	h := newHouse(t, withTLS(t))
	c := newClient(t, dialTLS(t, h.listen(), trusting()))
	c.send("\x16\x03\x01\x00\x05hello\n\n^@")
	c.expectError("malformed")
}

// A handshake that stands still is cut when the time for the login is over, and by a shutdown.
func TestHandshakeThatStandsStill(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		nc := h.pipes.dial()
		defer nc.Close()
		start := time.Now()
		_, err := io.WriteString(nc, "\x16\x03\x01")
		must(t, err)
		if _, err = io.ReadAll(nc); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("cut after %v", d)
		}
		late := h.pipes.dial()
		defer late.Close()
		_, err = io.WriteString(late, "\x16\x03\x01")
		must(t, err)
		must(t, h.gateway.Shutdown(context.Background()))
		if b, err := io.ReadAll(late); err != nil || len(b) > 0 {
			t.Errorf("%q, %v", b, err)
		}
	}, withTLS(t))
}

// The close frame that says what was wrong reaches a client that is still sending.
func TestCloseFrameReachesAClientThatIsStillSending(t *testing.T) {
	h := newHouse(t)
	nc, err := net.Dial("tcp", h.listen())
	must(t, err)
	w := openWeb(t, nc, wsBinary)
	c := newClient(t, w)
	c.login("1.2")
	_, err = nc.Write(append([]byte("\x81\x05hello"), make([]byte, 256<<10)...))
	must(t, err)
	c.expectClosed()
	if code := w.closedWith(); code != 1002 {
		t.Errorf("closed with %d", code)
	}
}
