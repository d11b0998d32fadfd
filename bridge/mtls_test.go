package bridge

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/cert"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// mtlsHouse has a certificate of each listener, and asks clients for theirs.
type mtlsHouse struct {
	*House
	ca    *rig.Authority
	users string
}

// annaAndBen know the password, the access key A and the certificates of anna, and the certificate of ben.
const annaAndBen = `users:
  - {name: anna, password: "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE", certificates: ["CN=anna,O=Clients"], access_keys: [{id: A, secret: env:MTLS_TEST_SECRET}]}
  - {name: ben, certificates: ["CN=ben,O=Clients"], actions: [send]}
`

func openMTLS(t *testing.T, clients config.ClientAuth) *mtlsHouse {
	t.Helper()
	t.Setenv("MTLS_TEST_SECRET", "of-a")
	h := &mtlsHouse{ca: rig.NewAuthority(t, "house"), users: filepath.Join(t.TempDir(), "users.yaml")}
	h.write(t, annaAndBen)
	c := testConfig(t)
	c.UsersFile, c.NATSPort.WSAddr = h.users, "127.0.0.1:0"
	crt, key := h.ca.Server()
	c.STOMPPort = config.STOMPPort{TLSCert: crt, TLSKey: key, TLSClientCA: h.ca.CA(), TLSClientAuth: clients}
	c.NATSPort.TLSCert, c.NATSPort.TLSKey, c.NATSPort.TLSClientCA, c.NATSPort.TLSClientAuth = crt, key, h.ca.CA(), clients
	c.SQSPort = config.SQSPort{TLSCert: crt, TLSKey: key, TLSClientCA: h.ca.CA(), TLSClientAuth: clients}
	c.AdminPort = config.AdminPort{TLSCert: crt, TLSKey: key, TLSClientCA: h.ca.CA(), TLSClientAuth: clients}
	h.House = openHouse(t, c)
	return h
}

func (h *mtlsHouse) write(t *testing.T, users string) {
	t.Helper()
	if err := os.WriteFile(h.users, []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
}

// as is the configuration of a client with this certificate; "": with none.
func (h *mtlsHouse) as(t *testing.T, name string) *tls.Config {
	t.Helper()
	crt, key := "", ""
	if name != "" {
		crt, key = h.ca.Client(name)
	}
	c, err := cert.Client(h.ca.CA(), crt, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// login is what a client shows besides its certificate.
type login struct{ user, password string }

func (h *mtlsHouse) stomp(t *testing.T, c *tls.Config, l login) error {
	nc, err := tls.Dial("tcp", h.Addrs().STOMP, c)
	if err != nil {
		return err
	}
	defer nc.Close()
	var options []func(*stomp.Conn) error
	if l != (login{}) {
		options = append(options, stomp.ConnOpt.Login(l.user, l.password))
	}
	s, err := stomp.Connect(nc, options...)
	if err != nil {
		return err
	}
	return s.Disconnect()
}

func (h *mtlsHouse) nats(t *testing.T, url string, c *tls.Config, l login) error {
	options := []nats.Option{nats.Secure(c), nats.NoReconnect(), nats.Timeout(patience)}
	if l != (login{}) {
		options = append(options, nats.UserInfo(l.user, l.password))
	}
	nc, err := rig.ConnectNATS(url, options...)
	if err != nil {
		return err
	}
	nc.Close()
	return nil
}

// httpClient is one whose connections end with the test.
func httpClient(t *testing.T, c *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// sqs is signed where somebody logs in.
func (h *mtlsHouse) sqs(t *testing.T, c *tls.Config, l login) error {
	o := sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("https://" + h.Addrs().SQS), HTTPClient: rig.PlainBodies{HTTPClient: httpClient(t, c)},
		Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{},
	}
	if l != (login{}) {
		o.Credentials = credentials.NewStaticCredentialsProvider(l.user, l.password, "")
	}
	made, err := sqs.New(o).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("made")})
	if err == nil && *made.QueueUrl != "https://"+h.Addrs().SQS+"/000000000000/made" {
		return fmt.Errorf("the URL is %s", *made.QueueUrl)
	}
	return err
}

// admin asks for what takes a user who may administer.
func (h *mtlsHouse) admin(t *testing.T, c *tls.Config, l login) error {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+h.Addrs().Admin+"/v1/messages?queue=q", nil)
	if err != nil {
		return err
	}
	if l != (login{}) {
		r.SetBasicAuth(l.user, l.password)
	}
	a, err := httpClient(t, c).Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusNotFound { // as it is for him who may see that
		return errors.New(a.Status)
	}
	return nil
}

// A certificate is a login in every dialect, and with another login it must be of the same user.
func TestClientCertificatesInEveryDialect(t *testing.T) {
	for _, clients := range []config.ClientAuth{config.ClientAuthOptional, config.ClientAuthRequired} {
		h := openMTLS(t, clients)
		strangers := rig.NewAuthority(t, "strangers")
		crt, key := strangers.Client("anna")
		stranger, err := cert.Client(h.ca.CA(), crt, key)
		if err != nil {
			t.Fatal(err)
		}
		stranger.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &stranger.Certificates[0], nil }
		ways := map[string]func(*testing.T, *tls.Config, login) error{
			"stomp": h.stomp, "sqs": h.sqs, "admin": h.admin,
			"nats":    func(t *testing.T, c *tls.Config, l login) error { return h.nats(t, "tls://"+h.Addrs().NATS, c, l) },
			"nats_ws": func(t *testing.T, c *tls.Config, l login) error { return h.nats(t, "wss://"+h.Addrs().Web, c, l) },
		}
		for name, enter := range ways {
			right, wrong := login{"anna", "correct"}, login{"anna", "wrong"}
			if name == "sqs" {
				right, wrong = login{"A", "of-a"}, login{"A", "of-b"}
			}
			for what, tt := range map[string]struct {
				tls *tls.Config
				login
				ok bool
			}{
				"certificate alone":             {h.as(t, "anna"), login{}, true},
				"with its user's login":         {h.as(t, "anna"), right, true},
				"with a login that is wrong":    {h.as(t, "anna"), wrong, false},
				"with another's login":          {h.as(t, "ben"), right, false},
				"nobody's certificate":          {h.as(t, "carla"), login{}, false},
				"nobody's, with a login":        {h.as(t, "carla"), right, true},
				"no certificate, a login":       {h.as(t, ""), right, clients == config.ClientAuthOptional},
				"nothing":                       {h.as(t, ""), login{}, false},
				"of another CA":                 {stranger, login{}, false},
				"of another CA, with the login": {stranger, right, false},
			} {
				t.Run(fmt.Sprint(clients, " ", name, " ", what), func(t *testing.T) {
					if err := enter(t, tt.tls, tt.login); (err == nil) != tt.ok {
						t.Errorf("%v", err)
					}
				})
			}
		}
	}
}

// What a certificate's user may not do, he may not, and messages are his.
func TestCertificateIsItsUser(t *testing.T) {
	h := openMTLS(t, config.ClientAuthOptional)
	if err := h.admin(t, h.as(t, "ben"), login{}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("ben is an administrator: %v", err)
	}
	nc, err := tls.Dial("tcp", h.Addrs().STOMP, h.as(t, "ben"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := stomp.Connect(nc)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send("/queue/q", "", []byte("x"), stomp.SendOpt.Receipt)
	if err == nil || !strings.Contains(err.Error(), "create") && !strings.Contains(err.Error(), "access refused") {
		t.Errorf("ben has made a queue: %v", err)
	}
}

// Who is taken out of the users file is cut off, as who comes in by a password is.
func TestRevokedCertificate(t *testing.T) {
	h := openMTLS(t, config.ClientAuthRequired)
	nc, err := tls.Dial("tcp", h.Addrs().STOMP, h.as(t, "ben"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	r := say(t, nc, "CONNECT\naccept-version:1.2\nhost:x\n\n\x00", "CONNECTED")
	told := make(chan error, 9)
	n, err := rig.ConnectNATS("tls://"+h.Addrs().NATS, nats.Secure(h.as(t, "ben")), nats.NoReconnect(), nats.Timeout(patience),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { told <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	h.write(t, strings.Replace(annaAndBen, "CN=ben", "CN=benjamin", 1))
	if frame, err := r.ReadString(0); err != nil || !strings.Contains(frame, "not good any more") {
		t.Errorf("%q, %v", frame, err)
	}
	if err := <-told; !errors.Is(err, nats.ErrAuthorization) {
		t.Error(err)
	}
	if err := h.stomp(t, h.as(t, "anna"), login{}); err != nil {
		t.Error(err)
	}
}

// say sends a frame, and returns what reads the answers, of which the first begins with want.
func say(t *testing.T, nc net.Conn, frame, want string) *bufio.Reader {
	t.Helper()
	if _, err := io.WriteString(nc, frame); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(nc)
	if answer, err := r.ReadString(0); err != nil || !strings.HasPrefix(answer, want) {
		t.Fatalf("%q, %v, want %s", answer, err, want)
	}
	return r
}

// shortLived is a client of each dialect, with a certificate that is over soon.
type shortLived struct {
	tls   *tls.Config
	until time.Time
	stomp *bufio.Reader
	told  chan error   // of NATS
	web   *http.Client // of SQS and admin
}

// comeIn has them come in while the certificate is good. A machine that is too busy for that gets a longer one.
func comeIn(t *testing.T, h *mtlsHouse) *shortLived {
	t.Helper()
	for life := 10 * time.Second; ; life *= 3 {
		s := &shortLived{until: time.Now().Add(life), told: make(chan error, 9)}
		crt, key := h.ca.Write("short", &x509.Certificate{
			Subject: pkix.Name{Organization: []string{"Clients"}, CommonName: "anna"}, NotAfter: s.until,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		var err error
		if s.tls, err = cert.Client(h.ca.CA(), crt, key); err != nil {
			t.Fatal(err)
		}
		if err = s.connect(t, h); err == nil {
			return s
		}
		if time.Now().Before(s.until) || life > 5*time.Minute {
			t.Fatal(err)
		}
	}
}

func (s *shortLived) connect(t *testing.T, h *mtlsHouse) error {
	nc, err := tls.Dial("tcp", h.Addrs().STOMP, s.tls)
	if err != nil {
		return err
	}
	t.Cleanup(func() { nc.Close() })
	if _, err := io.WriteString(nc, "CONNECT\naccept-version:1.2\nhost:x\n\n\x00"); err != nil {
		return err
	}
	s.stomp = bufio.NewReader(nc)
	if answer, err := s.stomp.ReadString(0); err != nil || !strings.HasPrefix(answer, "CONNECTED") {
		return fmt.Errorf("%q, %v", answer, err)
	}
	n, err := nats.Connect("tls://"+h.Addrs().NATS, nats.Secure(s.tls), nats.NoReconnect(), nats.Timeout(patience),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { s.told <- err }))
	if err != nil {
		return err
	}
	t.Cleanup(n.Close)
	s.web = httpClient(t, s.tls)
	return errors.Join(s.askSQS(t, h, "200 false"), s.askAdmin(t, h, "404 false"))
}

func (s *shortLived) askSQS(t *testing.T, h *mtlsHouse, want string) error {
	return s.ask(t, http.MethodPost, h.Addrs().SQS, want)
}

func (s *shortLived) askAdmin(t *testing.T, h *mtlsHouse, want string) error {
	return s.ask(t, http.MethodGet, h.Addrs().Admin+"/v1/messages?queue=q", want)
}

// ask makes a request, and wants a status, and whether the answer is the last one of its connection.
func (s *shortLived) ask(t *testing.T, method, url, want string) error {
	r, err := http.NewRequestWithContext(t.Context(), method, "https://"+url, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
	a, err := s.web.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if got := fmt.Sprint(a.StatusCode, " ", a.Close); got != want {
		return fmt.Errorf("%s: %s, want %s", url, got, want)
	}
	_, err = io.Copy(io.Discard, a.Body)
	return err
}

// When the time of its certificate is over, a connection is over, with a word.
func TestExpiredCertificate(t *testing.T) {
	h := openMTLS(t, config.ClientAuthOptional)
	s := comeIn(t, h)
	if frame, err := s.stomp.ReadString(0); err != nil || !strings.Contains(frame, "certificate of this connection is over") {
		t.Errorf("%q, %v", frame, err)
	}
	if err := <-s.told; !errors.Is(err, nats.ErrAuthExpired) {
		t.Error(err)
	}
	if err := s.askSQS(t, h, "400 true"); err != nil { // by the connection from before
		t.Error(err)
	}
	p := &peopled{House: h.House, t: t}
	p.wantLine("the certificate is over", 0, auditLine{
		Event: "login", Credential: "certificate", Dialect: "sqs", Action: "login", Operation: "ListQueues", Result: "denied", Reason: "credentials refused: InvalidClientTokenId",
	})
	if err := s.askAdmin(t, h, "401 true"); err != nil { // so is this one
		t.Error(err)
	}
}

// Plain clients are told where nothing but TLS is spoken.
func TestPlainClients(t *testing.T) {
	h := openMTLS(t, config.ClientAuthRequired)
	nc, err := net.Dial("tcp", h.Addrs().STOMP)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	say(t, nc, "CONNECT\naccept-version:1.2\nhost:x\nlogin:anna\npasscode:correct\n\n\x00", "ERROR\nmessage:TLS is required\n")
	for _, addr := range []string{h.Addrs().SQS, h.Addrs().Admin} {
		a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + addr + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(a.Body)
		a.Body.Close()
		if a.StatusCode != 400 || !strings.Contains(string(b), "HTTP request to an HTTPS server") || err != nil {
			t.Errorf("%d %q, %v", a.StatusCode, b, err)
		}
	}
}

// HTTP/2 is not offered, and who wants nothing else is told so in the handshake.
func TestNoHTTP2(t *testing.T) {
	h := openMTLS(t, config.ClientAuthOptional)
	both, alone := h.as(t, ""), h.as(t, "")
	both.NextProtos, alone.NextProtos = []string{"h2", "http/1.1"}, []string{"h2"}
	nc, err := tls.Dial("tcp", h.Addrs().SQS, both)
	if err != nil {
		t.Fatal(err)
	}
	if p := nc.ConnectionState().NegotiatedProtocol; p != "http/1.1" {
		t.Errorf("%q", p)
	}
	nc.Close()
	if nc, err := tls.Dial("tcp", h.Addrs().SQS, alone); err == nil || !strings.Contains(err.Error(), "no application protocol") {
		t.Errorf("%v, %v", nc, err)
	}
}

// /metrics tells of files that are not good.
func TestTLSFilesInMetrics(t *testing.T) {
	h := openMTLS(t, config.ClientAuthOptional)
	client := httpClient(t, h.as(t, ""))
	metrics := func() string {
		a, err := client.Get("https://" + h.Addrs().Admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const is, expiry = `sluice_tls_files_in_force{file="client_ca",listener="sqs"} `, `sluice_tls_expiry_timestamp_seconds{file="certificate",listener="nats"} 1`
	if m := metrics(); !strings.Contains(m, is+"1") || !strings.Contains(m, expiry) {
		t.Error(m)
	}
	text, err := os.ReadFile(h.ca.CA())
	if err != nil {
		t.Fatal(err)
	}
	trust := h.as(t, "anna") // as long as there is a CA
	if err := os.WriteFile(h.ca.CA(), text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(metrics(), is+"0") { // the files are looked at every second
	}
	if err := h.stomp(t, trust, login{}); err != nil {
		t.Errorf("a broken file counts: %v", err)
	}
}

// A house does not open without its CAs.
func TestNoClientCA(t *testing.T) {
	c := testConfig(t)
	ca := rig.NewAuthority(t, "house")
	c.SQSPort.TLSCert, c.SQSPort.TLSKey = ca.Server()
	c.SQSPort.TLSClientCA, c.SQSPort.TLSClientAuth = filepath.Join(t.TempDir(), "none.pem"), config.ClientAuthOptional
	wantError(t, c, "sqs_tls_client_ca: client CAs: ")
}
