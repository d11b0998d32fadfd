package stomp_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func TestMain(m *testing.M) { leak.Main(m) }

// house is a gateway over a real broker. In a bubble of synctest its clients come
// over pipes and its time is not real; otherwise they come over the loopback.
type house struct {
	t       testing.TB
	broker  *queuecore.Broker
	gateway *stomp.Gateway
	pipes   *pipeListener
	log     *logBook
}

type houseOption func(*houseSettings)

type houseSettings struct {
	store   store.Store
	options stomp.Options
	core    queuecore.Options
}

func withLimits(l stomp.Limits) houseOption {
	return func(s *houseSettings) { s.options.Limits = l }
}

func withDialect(d mapping.STOMPDialect) houseOption {
	return func(s *houseSettings) { s.options.Dialect = d }
}

func withNack(n mapping.STOMPNack) houseOption {
	return func(s *houseSettings) { s.options.Nack = n }
}

func withAuth(a protocols.Authenticator) houseOption {
	return func(s *houseSettings) { s.options.Auth = a }
}

func withStore(x store.Store) houseOption { return func(s *houseSettings) { s.store = x } }

// patient has no client cut by a clock where a busy machine may stand still: neither while it
// logs in, nor while it takes what is left behind its last frame.
func patient(s *houseSettings) {
	l := &s.options.Limits
	l.LoginTimeout = cmp.Or(l.LoginTimeout, time.Hour)
	l.WriteTimeout = cmp.Or(l.WriteTimeout, time.Hour)
	l.Linger = cmp.Or(l.Linger, 5*time.Minute)
}

// newHouse opens a house in real time.
func newHouse(t testing.TB, options ...houseOption) *house {
	t.Helper()
	return openHouse(t, append(slices.Clip(options), patient)...)
}

// openHouse opens one with the limits that a gateway has.
func openHouse(t testing.TB, options ...houseOption) *house {
	t.Helper()
	h := &house{t: t, pipes: newPipeListener(), log: &logBook{}}
	s := houseSettings{store: memstore.New(), options: stomp.Options{Server: "Sluice/test", Log: slog.New(h.log)}}
	s.core.Log = s.options.Log
	for _, o := range options {
		o(&s)
	}
	var err error
	if h.broker, err = queuecore.Open(context.Background(), s.store, &s.core); err != nil {
		t.Fatal(err)
	}
	h.gateway = stomp.New(h.broker, s.options)
	served := h.serve(h.pipes)
	t.Cleanup(func() {
		if err := h.gateway.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := h.broker.Close(); err != nil && !errors.Is(err, errDisk) {
			t.Error(err)
		}
	})
	return h
}

func (h *house) serve(l net.Listener) chan error {
	served := make(chan error, 1)
	go func() { served <- h.gateway.Serve(l) }()
	return served
}

// listen serves the loopback as well and returns the address.
func (h *house) listen() string {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	served := h.serve(l)
	h.t.Cleanup(func() {
		if err := h.gateway.Shutdown(context.Background()); err != nil {
			h.t.Error(err)
		}
		if err := <-served; err != nil {
			h.t.Error(err)
		}
	})
	return l.Addr().String()
}

// waiting returns how many messages a queue keeps, in whatever state.
func (h *house) stats(queue string) queuecore.Stats {
	h.t.Helper()
	s, err := h.broker.Stats(context.Background(), queue)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// inBubble runs f in a bubble of synctest with a house.
func inBubble(t *testing.T, f func(t *testing.T, h *house), options ...houseOption) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, openHouse(t, options...)) })
}

// pipeListener hands the other ends of pipes to a gateway.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) dial() net.Conn {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
	case <-l.done:
		_ = ours.Close()
	}
	return ours
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// logBook keeps what is logged at level Error.
type logBook struct {
	mu     sync.Mutex
	errors []string
}

func (b *logBook) Enabled(context.Context, slog.Level) bool { return true }
func (b *logBook) WithAttrs([]slog.Attr) slog.Handler       { return b }
func (b *logBook) WithGroup(string) slog.Handler            { return b }
func (b *logBook) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.errors = append(b.errors, r.Message)
	}
	return nil
}

func (b *logBook) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.errors)
}

// gate is a store whose Sync waits, and which can fail.
type gate struct {
	*memstore.Store
	mu   sync.Mutex
	open chan struct{}
	err  error
	n    int // Syncs
}

var errDisk = errors.New("disk on fire")

func newGate() *gate { return &gate{Store: memstore.New(), open: closed()} }

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// shut lets Sync wait until the function it returns is called, or the test ends.
func (g *gate) shut(t testing.TB) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := make(chan struct{})
	g.open = open
	release = sync.OnceFunc(func() { close(open) })
	t.Cleanup(release)
	return release
}

func (g *gate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

func (g *gate) syncs() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

func (g *gate) Sync() error {
	g.mu.Lock()
	open := g.open
	g.n++
	g.mu.Unlock()
	<-open
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return g.err
	}
	return g.Store.Sync()
}

// users is an authenticator with passwords and rules.
type users struct {
	passwords map[string]string
	may       func(user string, a protocols.Action, d queuecore.Destination) bool
	err       error
	panics    bool
}

func (u *users) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	if u.panics {
		panic("authenticator")
	}
	if u.err != nil {
		return nil, u.err
	}
	if p, ok := u.passwords[c.User]; !ok || p != c.Password {
		return nil, protocols.ErrDenied
	}
	return user{c.User, u}, nil
}

type user struct {
	name string
	all  *users
}

func (u user) Name() string { return u.name }
func (u user) May(a protocols.Action, d queuecore.Destination) bool {
	return u.all.may == nil || u.all.may(u.name, a, d)
}
