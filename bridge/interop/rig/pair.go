package rig

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"testing"
	"time"
)

// WritePair writes for a test a certificate of 127.0.0.1 and localhost, which clients
// trust as a root, and its key.
func WritePair(t *testing.T) (cert, key string) {
	t.Helper()
	a := &Authority{t: t, dir: t.TempDir()}
	i := a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}, nil)
	return a.write("cert.pem", "CERTIFICATE", i.cert.Raw), a.writeKey("key.pem", i.key)
}
