package cert_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/cert"
)

// files are a certificate and a key on disk, and a clock beside them.
type files struct {
	t         *testing.T
	cert, key string
	now       time.Time
	log       strings.Builder
}

func newFiles(t *testing.T) *files {
	dir := t.TempDir()
	return &files{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), now: time.Now()}
}

func (f *files) open() (*cert.Server, error) {
	return cert.Open(cert.Files{Cert: f.cert, Key: f.key}, f.options())
}

func (f *files) options() cert.Options {
	return cert.Options{Log: slog.New(slog.NewTextHandler(&f.log, nil)), Now: func() time.Time { return f.now }}
}

// pair makes a certificate of a name.
func (f *files) pair(name string) (cert, key []byte) {
	f.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		f.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		f.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func (f *files) write(path string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *files) replace(name string) {
	c, k := f.pair(name)
	f.write(f.cert, c)
	f.write(f.key, k)
}

// shows returns the name in the certificate that a client is shown.
func (f *files) shows(c *tls.Config) string {
	f.t.Helper()
	shown, err := c.GetCertificate(nil)
	if err != nil || shown == nil {
		f.t.Fatal("no certificate", err)
	}
	return shown.Leaf.Subject.CommonName
}

// The files are looked at once a second; what cannot be used leaves the certificate
// as it was, and is logged once.
func TestReplacedFilesCount(t *testing.T) {
	f := newFiles(t)
	f.replace("first")
	p, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	c := p.Config()
	expect := func(after time.Duration, want string) {
		t.Helper()
		f.now = f.now.Add(after)
		if got := f.shows(c); got != want {
			t.Errorf("%q is shown, want %q", got, want)
		}
	}
	expect(0, "first")
	expect(time.Second, "first") // read again, as it is too new to be known by its time
	if strings.Contains(f.log.String(), "in force") {
		t.Error(f.log.String())
	}
	f.replace("second")
	expect(900*time.Millisecond, "first")
	expect(100*time.Millisecond, "second")
	if n := strings.Count(f.log.String(), "a new certificate is in force"); n != 1 {
		t.Errorf("logged %d times: %s", n, f.log.String())
	}

	half, key := f.pair("third")
	f.write(f.cert, half) // and the key is still the second's
	expect(time.Second, "second")
	expect(time.Second, "second")
	if n := strings.Count(f.log.String(), "cannot be used"); n != 1 {
		t.Errorf("logged %d times: %s", n, f.log.String())
	}
	if s := p.States(); len(s) != 1 || s[0].InForce || s[0].CA {
		t.Errorf("%+v", s)
	}
	f.write(f.key, key)
	expect(time.Second, "third")
	if s := p.States(); !s[0].InForce || !s[0].Until.After(f.now.Add(-time.Hour)) {
		t.Errorf("%+v", s)
	}
	if err := os.Remove(f.key); err != nil {
		t.Fatal(err)
	}
	expect(time.Second, "third")
	if c.MinVersion != tls.VersionTLS12 {
		t.Errorf("the least version is %x", c.MinVersion)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	f := newFiles(t)
	if _, err := f.open(); err == nil || !strings.Contains(err.Error(), f.cert) {
		t.Errorf("without files: %v", err)
	}
	f.replace("a")
	_, other := f.pair("b")
	f.write(f.key, other)
	if _, err := f.open(); err == nil || !strings.Contains(err.Error(), "does not match") || strings.Contains(err.Error(), "BEGIN") {
		t.Errorf("with the key of another: %v", err)
	}
	f.write(f.key, make([]byte, 1<<20+1))
	if _, err := f.open(); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("with a long file: %v", err)
	}
	if err := os.Remove(f.key); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(f.key, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.open(); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("with a directory: %v", err)
	}
}
