package bridge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
)

// writePair writes a certificate of localhost and its key, and returns the files and
// those who trust it.
func writePair(t *testing.T) (cert, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key, trust = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	both := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	trust.AppendCertsFromPEM(both)
	for path, content := range map[string][]byte{cert: both, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, trust
}

// With a certificate a house serves STOMP in TLS and in clear, on one port.
func TestSTOMPInTLS(t *testing.T) {
	c := testConfig(t)
	var trust *x509.CertPool
	c.STOMPPort.TLSCert, c.STOMPPort.TLSKey, trust = writePair(t)
	h := openHouse(t, c)
	nc, err := tls.Dial("tcp", h.Addrs().STOMP, &tls.Config{RootCAs: trust, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	inTLS, err := stomp.Connect(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := inTLS.Send("/queue/a", "", []byte("secret"), stomp.SendOpt.Receipt); err != nil {
		t.Fatal(err)
	}
	inClear, err := stomp.Dial("tcp", h.Addrs().STOMP)
	if err != nil {
		t.Fatal(err)
	}
	s, err := inClear.Subscribe("/queue/a", stomp.AckAuto)
	if err != nil {
		t.Fatal(err)
	}
	if m := <-s.C; m.Err != nil || string(m.Body) != "secret" {
		t.Errorf("%q, %v", m.Body, m.Err)
	}
	for _, client := range []*stomp.Conn{inTLS, inClear} {
		if err := client.Disconnect(); err != nil {
			t.Error(err)
		}
	}
}

// A house does not open without the certificate that it was told of.
func TestNoCertificate(t *testing.T) {
	c := testConfig(t)
	cert, key, _ := writePair(t)
	c.STOMPPort.TLSCert, c.STOMPPort.TLSKey = filepath.Join(t.TempDir(), "none.pem"), key
	wantError(t, c, "none.pem: no such file")
	c.STOMPPort.TLSCert, c.STOMPPort.TLSKey = key, cert
	wantError(t, c, "stomp_tls_cert: ")
}

// With a certificate a house has NATS clients speak TLS, in WebSockets and without, and both
// reach each other; with nats_tls_first the plain ones begin with it.
func TestNATSInTLS(t *testing.T) {
	for name, first := range map[string][]nats.Option{"after INFO": nil, "first": {nats.TLSHandshakeFirst()}} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t)
			var trust *x509.CertPool
			c.NATSPort.TLSCert, c.NATSPort.TLSKey, trust = writePair(t)
			c.NATSPort.TLSFirst, c.NATSPort.WSAddr = first != nil, "127.0.0.1:0"
			h := openHouse(t, c)
			secure := nats.Secure(&tls.Config{RootCAs: trust, ServerName: "localhost"})
			plain, err := nats.Connect("tls://"+h.Addrs().NATS, append(first, secure, nats.NoReconnect(), nats.Timeout(patience))...)
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Close()
			web, err := nats.Connect("wss://"+h.Addrs().Web, secure, nats.NoReconnect(), nats.Timeout(patience))
			if err != nil {
				t.Fatal(err)
			}
			defer web.Close()
			_, err = web.Subscribe("echo", func(m *nats.Msg) { _ = m.Respond(m.Data) })
			if err != nil || web.Flush() != nil {
				t.Fatal(err)
			}
			if m, err := plain.RequestWithContext(t.Context(), "echo", []byte("x")); err != nil || string(m.Data) != "x" {
				t.Errorf("%v, %v", m, err)
			}
		})
	}
}

func TestNoCertificateForNATS(t *testing.T) {
	c := testConfig(t)
	cert, key, _ := writePair(t)
	c.NATSPort.TLSCert, c.NATSPort.TLSKey = key, cert
	wantError(t, c, "nats_tls_cert: ")
}
