package sqs_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is how long a test waits before it gives up, where it gives up at all.
const patience = 2 * time.Minute

// house is a gateway with a real core behind it.
type house struct {
	t      testing.TB
	broker *queuecore.Broker
	gate   *sqs.Gateway
	dial   dialer
	web    *http.Client
	served chan error
	as     *signer // of every request without a signature; nil: nobody
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// open starts a house that listens to l; dial connects to it whatever the address.
func open(t testing.TB, o sqs.Options, l net.Listener, dial dialer) *house {
	t.Helper()
	return openOn(t, memstore.New(), o, l, dial)
}

// openOn is open with a store of the test's own. The core goes by the gateway's clock.
func openOn(t testing.TB, disk store.Store, o sqs.Options, l net.Listener, dial dialer) *house {
	t.Helper()
	b, err := queuecore.Open(context.Background(), disk, &queuecore.Options{Log: quiet(), Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	if o.Log == nil {
		o.Log = quiet()
	}
	h := &house{t: t, broker: b, gate: sqs.New(b, o), dial: dial, web: newWeb(dial), served: make(chan error, 1)}
	// Ends with Shutdown in close.
	go func() { h.served <- h.gate.Serve(l) }()
	return h
}

func newWeb(dial dialer) *http.Client {
	return &http.Client{Transport: whole{&http.Transport{DialContext: dial, MaxIdleConnsPerHost: 64}}}
}

// whole sends bodies from memory. The SDK closes its own when an answer begins; on a busy machine
// the transport may not have come to the end of it by then, and gives up the connection.
type whole struct{ *http.Transport }

func (x whole) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return x.Transport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return x.Transport.RoundTrip(r)
}

func (h *house) close() {
	h.t.Helper()
	h.web.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.gate.Shutdown(ctx); err != nil {
		h.t.Errorf("shutdown: %v", err)
	}
	if err := <-h.served; err != nil {
		h.t.Errorf("serve: %v", err)
	}
	if err := h.broker.Close(); err != nil {
		h.t.Errorf("close: %v", err)
	}
}

// start opens a house on the network, for as long as the test runs.
func start(t testing.TB, o sqs.Options) *house {
	t.Helper()
	o.Limits = unhurried(o.Limits)
	l, dial := port(t)
	h := open(t, o, l, dial)
	t.Cleanup(h.close)
	return h
}

// unhurried leaves clients the time that a busy machine takes, where a test does not limit it.
func unhurried(l sqs.Limits) sqs.Limits {
	for _, limit := range []*time.Duration{&l.HeaderTimeout, &l.BodyTimeout, &l.WriteTimeout, &l.IdleTimeout} {
		if *limit == 0 {
			*limit = time.Hour
		}
	}
	return l
}

// port returns a listener on a free port of this machine.
func port(t testing.TB) (net.Listener, dialer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", l.Addr().String())
	}
}

// openPiped opens a house on pipes, where fake time works. The SDK's answers
// must fit into one buffer there: its client gives the connection up when an
// answer begins before the pipe has told it that the request is written.
func openPiped(t testing.TB, o sqs.Options) *house {
	t.Helper()
	p := newPipes()
	return open(t, o, p, p.dial)
}

// client returns an unmodified client of the AWS SDK.
func (h *house) client() *awssqs.Client { return h.clientAs("AKID") }

func (h *house) clientAs(key string) *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region:           "eu-west-3",
		BaseEndpoint:     aws.String("http://sqs.test"),
		Credentials:      credentials.NewStaticCredentialsProvider(key, "SECRET", ""),
		HTTPClient:       h.web,
		RetryMaxAttempts: 1,
	})
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// post sends one JSON request and returns the answer with its body read.
func (h *house) post(action, body string, header ...string) (*http.Response, string) {
	h.t.Helper()
	r, err := http.NewRequest("POST", "http://sqs.test/", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return h.do(r)
}

// form sends one query request.
func (h *house) form(path, form string) (*http.Response, string) {
	h.t.Helper()
	r, err := http.NewRequest("POST", "http://sqs.test"+path, strings.NewReader(form))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.do(r)
}

func (h *house) do(r *http.Request) (*http.Response, string) {
	h.t.Helper()
	if h.as != nil {
		h.as.at = time.Now()
		h.as.sign(h.t, r)
	}
	res, err := h.web.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res, string(b)
}

// raw writes text to a connection of its own and returns what comes back until
// the server closes it.
func (h *house) raw(text string) string {
	h.t.Helper()
	c, err := h.dial(context.Background(), "", "")
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	// Ends when the text is written or the connection closed.
	go io.WriteString(c, text)
	var b bytes.Buffer
	_, _ = io.Copy(&b, bufio.NewReader(c))
	return b.String()
}

// pipes is a listener whose connections are pipes in memory.
type pipes struct {
	conns chan net.Conn
	gone  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.gone:
	default:
		close(p.gone)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.gone:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
