package rig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority is a private CA of a test, with an intermediate one, as real ones have. Its files are in a directory of the
// test, which makes certificates from one goroutine at a time.
type Authority struct {
	t      testing.TB
	dir    string
	root   issuer
	middle issuer
	made   int64
}

// issuer is a certificate and its key.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes a CA of this name.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	a := &Authority{t: t, dir: t.TempDir()}
	ca := func(what string) *x509.Certificate {
		return &x509.Certificate{
			Subject: pkix.Name{Organization: []string{name}, CommonName: what}, NotAfter: time.Now().Add(time.Hour),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}
	}
	a.root = a.issue(ca("root"), nil)
	a.middle = a.issue(ca("intermediate"), &a.root)
	a.write("ca.pem", "CERTIFICATE", a.root.cert.Raw)
	return a
}

// CA is the file of the root, which clients and servers trust.
func (a *Authority) CA() string { return filepath.Join(a.dir, "ca.pem") }

// Server writes a certificate of localhost and 127.0.0.1 and its key.
func (a *Authority) Server() (cert, key string) {
	a.t.Helper()
	return a.Write("server", &x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
}

// Client writes a certificate of a client whose subject is CN=name,O=Clients, and its key.
func (a *Authority) Client(name string) (cert, key string) {
	a.t.Helper()
	return a.Write(name, &x509.Certificate{
		Subject: pkix.Name{Organization: []string{"Clients"}, CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// Write writes a certificate of any template, good for an hour unless that says otherwise, with the
// intermediate CA's behind it, and its key in PKCS #8.
func (a *Authority) Write(name string, template *x509.Certificate) (cert, key string) {
	a.t.Helper()
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	i := a.issue(template, &a.middle)
	return a.write(name+".pem", "CERTIFICATE", i.cert.Raw, a.middle.cert.Raw), a.writeKey(name+".key", i.key)
}

func (a *Authority) writeKey(name string, key *ecdsa.PrivateKey) (path string) {
	a.t.Helper()
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name, "PRIVATE KEY", secret)
}

// issue signs a template by another certificate, or by itself.
func (a *Authority) issue(template *x509.Certificate, by *issuer) issuer {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.made++
	template.SerialNumber, template.NotBefore = big.NewInt(a.made), time.Now().Add(-time.Hour)
	if by == nil {
		by = &issuer{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return issuer{cert, key}
}

func (a *Authority) write(name, kind string, blocks ...[]byte) (path string) {
	a.t.Helper()
	var text []byte
	for _, b := range blocks {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})...)
	}
	path = filepath.Join(a.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}
