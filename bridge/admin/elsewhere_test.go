package admin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// elsewhere has what a listener accepts come from another machine.
type elsewhere struct{ net.Listener }

func (e elsewhere) Accept() (net.Conn, error) {
	nc, err := e.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return comes{nc}, nil
}

type comes struct{ net.Conn }

func (comes) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 7} }

// selfSigned is a certificate of nobody.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// From another machine a user may look after queues in TLS, and without it nobody may; /metrics asks for
// any user, unless it is open.
func TestFromElsewhere(t *testing.T) {
	p, err := auth.ParsePassword("$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE")
	if err != nil {
		t.Fatal(err)
	}
	known := auth.Of(auth.Set{Logins: []auth.Login{
		{User: "anna", Password: p}, {User: "ben", Password: p, Grant: auth.Grant{Actions: []protocols.Action{protocols.Send}}},
	}})
	b := open(t, memstore.New())
	create(t, b, "q")
	for _, tt := range []struct {
		inTLS, open bool
		users       protocols.Authenticator
		user, path  string
		want        int
	}{
		{true, false, known, "", "/livez", 200},
		{true, false, known, "", "/readyz", 200},
		{true, false, known, "", "/metrics", 401},
		{true, false, known, "carla", "/metrics", 401},
		{true, false, known, "ben", "/metrics", 200},
		{false, false, known, "", "/metrics", 401},
		{true, true, known, "", "/metrics", 200},
		{true, false, nil, "", "/metrics", 200},
		{true, false, known, "", "/v1/moves?queue=q", 401},
		{true, false, known, "ben", "/v1/moves?queue=q", 403},
		{true, false, known, "anna", "/v1/moves?queue=q", 200},
		{true, true, known, "", "/v1/moves?queue=q", 401},
		{false, false, known, "anna", "/v1/moves?queue=q", 403},
		{false, true, known, "anna", "/v1/moves?queue=q", 403},
		{true, false, nil, "", "/v1/moves?queue=q", 403},
	} {
		if got := askFromElsewhere(t, b, tt.inTLS, admin.Options{Auth: tt.users, Open: tt.open}, tt.user, tt.path); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}

// acts are what an audit log has been told of, which cannot record logins.
type acts struct{ logins []protocols.Act }

func (a *acts) Login(x protocols.Act) error {
	a.logins = append(a.logins, x)
	return protocols.ErrUnrecorded
}
func (*acts) Record(protocols.Act) {}

// shownTo is an authenticator that remembers what it was shown.
type shownTo struct {
	protocols.Authenticator
	shown protocols.Credentials
}

func (s *shownTo) Authenticate(ctx context.Context, c protocols.Credentials) (protocols.Principal, error) {
	s.shown = c
	return s.Authenticator.Authenticate(ctx, c)
}

// Who asks for metrics from elsewhere is in the audit log as who asks for anything else, and sees them when it
// fails. That he comes in TLS is known to whom decides.
func TestMetricsFromElsewhereAreAudited(t *testing.T) {
	p, err := auth.ParsePassword("$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE")
	if err != nil {
		t.Fatal(err)
	}
	known := &shownTo{Authenticator: auth.Of(auth.Set{Logins: []auth.Login{{User: "anna", Password: p}}})}
	b := open(t, memstore.New())
	for _, tt := range []struct {
		inTLS      bool
		user, path string
		want       int
		credential string
	}{
		{true, "anna", "/metrics", 200, "password"},
		{false, "anna", "/metrics", 200, "password"},
		{true, "carla", "/metrics", 401, "password"},
		{true, "", "/metrics", 401, "none"},
		{true, "anna", "/v1/moves?queue=q", 503, "password"},
	} {
		log := new(acts)
		audit := func(s *admin.Server) { s.SetAudit(log, func() (c admin.AuditCounts) { return c }) }
		if got := askFromElsewhere(t, b, tt.inTLS, admin.Options{Auth: known}, tt.user, tt.path, audit); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
		if len(log.logins) != 1 || log.logins[0].Client.User != tt.user || log.logins[0].Client.Credential != tt.credential || (log.logins[0].Err != nil) != (tt.want == 401) {
			t.Errorf("%+v: %+v", tt, log.logins)
		}
		if tt.user != "" && known.shown.Secure != tt.inTLS {
			t.Errorf("%+v: secure is %v", tt, known.shown.Secure)
		}
	}
}

// askFromElsewhere asks a server of its own as a user, by the password of all, and returns the status.
func askFromElsewhere(t *testing.T, b *queuecore.Broker, inTLS bool, o admin.Options, user, path string, prepare ...func(*admin.Server)) int {
	t.Helper()
	o.Log, o.Limits = slog.New(slog.DiscardHandler), patient()
	s := admin.New(o)
	s.SetReady(b)
	for _, p := range prepare {
		p(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, serves, scheme := l.Addr().String(), net.Listener(elsewhere{l}), "http"
	if inTLS {
		serves, scheme = tls.NewListener(serves, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}), "https"
	}
	served := make(chan error, 1)
	// Ends with Shutdown.
	go func() { served <- s.Serve(serves) }()
	defer func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-served
	}()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://"+strings.Replace(address, "127.0.0.1", "localhost", 1)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "mq.example.com"
	if user != "" {
		r.SetBasicAuth(user, "correct")
	}
	a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	return a.StatusCode
}
