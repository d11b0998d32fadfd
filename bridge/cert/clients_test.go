package cert_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/cert"
)

// authority vouches for clients.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.make(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// make makes a certificate that the authority signs, or its own.
func (a *authority) make(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return c, key
}

// client is what a client of the authority shows.
func (a *authority) client(usage x509.ExtKeyUsage, life time.Duration) tls.Certificate {
	c, key := a.make(&x509.Certificate{
		Subject: pkix.Name{CommonName: "anna"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		ExtKeyUsage: []x509.ExtKeyUsage{usage},
	})
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key}
}

func pemOf(all ...*x509.Certificate) (text []byte) {
	for _, c := range all {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

// openFor opens a server that asks clients for certificates of these authorities.
func openFor(t *testing.T, f *files, clients cert.Clients, ca []byte) (*cert.Server, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	f.replace("server")
	f.write(path, ca)
	s, err := cert.Open(cert.Files{Cert: f.cert, Key: f.key, ClientCA: path, Clients: clients}, f.options())
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

// shake has a client shake hands, and returns what both learn of it.
func shake(t *testing.T, server, client *tls.Config) (s, c tls.ConnectionState, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan error, 1)
	// Ends with the handshake, which ends when the client's connection does.
	go func() {
		nc, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		defer nc.Close()
		at := tls.Server(nc, server)
		_, err = io.WriteString(at, "hello")
		s = at.ConnectionState()
		done <- err
	}()
	nc, err := tls.Dial("tcp", l.Addr().String(), client)
	if err != nil {
		return s, c, errors.Join(err, <-done)
	}
	_, err = io.ReadAll(nc)
	c = nc.ConnectionState()
	nc.Close()
	return s, c, errors.Join(err, <-done)
}

// showing shows a certificate, or none, whoever the server asks for: as clients do that mean harm.
func showing(c ...tls.Certificate) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(c) == 0 {
				return &tls.Certificate{}, nil
			}
			return &c[0], nil
		},
	}
}

func TestClientCertificates(t *testing.T) {
	ours, others := newAuthority(t, "ours"), newAuthority(t, "others")
	good := ours.client(x509.ExtKeyUsageClientAuth, time.Hour)
	for name, tt := range map[string]struct {
		clients cert.Clients
		show    []tls.Certificate
		ok      bool
		names   int
	}{
		"required":                {cert.Required, []tls.Certificate{good}, true, 1},
		"required, none":          {cert.Required, nil, false, 0},
		"optional":                {cert.Optional, []tls.Certificate{good}, true, 1},
		"optional, none":          {cert.Optional, nil, true, 0},
		"of another CA":           {cert.Required, []tls.Certificate{others.client(x509.ExtKeyUsageClientAuth, time.Hour)}, false, 0},
		"optional, of another CA": {cert.Optional, []tls.Certificate{others.client(x509.ExtKeyUsageClientAuth, time.Hour)}, false, 0},
		"for servers":             {cert.Optional, []tls.Certificate{ours.client(x509.ExtKeyUsageServerAuth, time.Hour)}, false, 0},
		"over":                    {cert.Optional, []tls.Certificate{ours.client(x509.ExtKeyUsageClientAuth, -time.Minute)}, false, 0},
	} {
		f := newFiles(t)
		server, _ := openFor(t, f, tt.clients, pemOf(ours.cert))
		s, _, err := shake(t, server.Config(), showing(tt.show...))
		if (err == nil) != tt.ok || len(s.VerifiedChains) != tt.names {
			t.Errorf("%s: %v, %d chains", name, err, len(s.VerifiedChains))
		}
	}
}

// A CA that is taken out of the file vouches for nobody any more, sessions from before included:
// there are none to come back to.
func TestReplacedCA(t *testing.T) {
	ours, others := newAuthority(t, "ours"), newAuthority(t, "others")
	f := newFiles(t)
	server, path := openFor(t, f, cert.Optional, pemOf(ours.cert, others.cert))
	config := server.Config()
	c := showing(ours.client(x509.ExtKeyUsageClientAuth, time.Hour))
	c.ClientSessionCache = tls.NewLRUClientSessionCache(9)
	for range 2 {
		if s, c, err := shake(t, config, c); err != nil || len(s.VerifiedChains) == 0 || c.DidResume {
			t.Errorf("%v, resumed: %v", err, c.DidResume)
		}
	}
	f.now = f.now.Add(time.Second)
	f.write(path, []byte("none\n"))
	if _, _, err := shake(t, config, c); err != nil {
		t.Errorf("a broken file counts: %v", err)
	}
	if s := server.States(); len(s) != 2 || !s[0].InForce || s[1].InForce || !s[1].CA {
		t.Errorf("%+v", s)
	}
	f.now = f.now.Add(time.Second)
	f.write(path, pemOf(others.cert))
	if _, _, err := shake(t, config, c); err == nil {
		t.Error("the CA is gone, and its client came in")
	}
	if s := server.States(); !s[1].InForce || !s[1].Until.Equal(others.cert.NotAfter) {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(f.log.String(), "a new file of client CAs cannot be used"); n != 1 {
		t.Errorf("logged %d times: %s", n, f.log.String())
	}
}

// Where clients are not asked, sessions are resumed; what is spoken is what suites says.
func TestWhatIsSpoken(t *testing.T) {
	f := newFiles(t)
	f.replace("a")
	p, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	server := p.Config()
	for name, tt := range map[string]struct {
		change func(*tls.Config)
		ok     bool
	}{
		"1.1": {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, false},
		"CBC": {func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		}, false},
		"1.2": {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, true},
		"1.3": {func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, true},
	} {
		c := showing()
		tt.change(c)
		if _, _, err := shake(t, server, c); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := showing()
	c.ClientSessionCache = tls.NewLRUClientSessionCache(9)
	for i := range 2 {
		if _, c, err := shake(t, server, c); err != nil || c.DidResume != (i == 1) {
			t.Errorf("%v, resumed: %v", err, c.DidResume)
		}
	}
}

func TestFilesOfCAs(t *testing.T) {
	ours := newAuthority(t, "ours")
	whole := pemOf(ours.cert)
	f := newFiles(t)
	_, key := f.pair("x")
	for name, tt := range map[string]struct {
		text []byte
		want string
	}{
		"empty":   {nil, "there is no certificate in PEM"},
		"a key":   {key, "it has a PRIVATE KEY"},
		"cut off": {append(bytes.Clone(whole), whole[:len(whole)/2]...), "of 2 certificates only 1 are whole"},
		"damaged": {append(bytes.Replace(whole, []byte("A"), []byte("?"), 1), whole...), "of 2 certificates only 1 are whole"},
		"no DER":  {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), "certificate 1: "},
	} {
		path := filepath.Join(t.TempDir(), "ca.pem")
		f.replace("server")
		f.write(path, tt.text)
		_, err := cert.Open(cert.Files{Cert: f.cert, Key: f.key, ClientCA: path, Clients: cert.Optional}, f.options())
		if err == nil || !strings.Contains(err.Error(), path+": "+tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := cert.Client(path, "", ""); err == nil || !strings.Contains(err.Error(), path+": "+tt.want) {
			t.Errorf("client, %s: %v", name, err)
		}
	}
}

func TestClient(t *testing.T) {
	f := newFiles(t)
	f.replace("me")
	if c, err := cert.Client(f.cert, f.cert, f.key); err != nil || len(c.Certificates) != 1 || c.RootCAs == nil {
		t.Error(c, err)
	}
	if c, err := cert.Client("", "", ""); err != nil || c.RootCAs != nil {
		t.Error(c, err)
	}
	for want, files := range map[string][3]string{
		"name both files": {"", f.cert, ""}, "go together": {"", "", f.key},
		"no such file": {"", "/no/such.pem", f.key}, "/none.pem": {"/none.pem", "", ""},
	} {
		if _, err := cert.Client(files[0], files[1], files[2]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
