package interop_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/driver/golang"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience bounds every single thing that a client is asked to do. It is not
// what a thing takes: it is when the test gives up and says so.
const patience = rig.ClientTime

// sqsUser is whom the server knows SQS clients by, and names as the sender.
const sqsUser = "interop"

// suite is a running house and a driver for each language.
type suite struct {
	addrs     map[string]string // by dialect
	languages []*language
}

// language is a driver, or the reason why there is none.
type language struct {
	name    string
	driver  *driver.Driver
	clients map[string]string
	absent  string
}

func TestInterop(t *testing.T) {
	s := &suite{addrs: openHouse(t), languages: startLanguages(t)}
	t.Run("crossings", s.testCrossings)
	t.Run("redelivery", s.testRedelivery)
	t.Run("lease", s.testLeaseEnd)
	t.Run("dead letter", s.testDeadLetter)
	t.Run("names", s.testNames)
	t.Run("restart", s.testRestart)
}

// openHouse serves all dialects from a house in this process, so that the race
// detector sees it, and returns its addresses. It lets in only those SQS clients that
// have signed: the signature of each language's SDK is verified.
func openHouse(t *testing.T) map[string]string {
	t.Helper()
	cfg := rig.Config()
	cfg.DataDir = t.TempDir()
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	cfg.AccessKeys = []config.AccessKey{{ID: "interop", Secret: config.SecretRef("file:" + secretFile(t)), User: sqsUser}}
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	a := h.Addrs()
	return map[string]string{driver.STOMP: a.STOMP, driver.NATS: a.NATS, driver.SQS: a.SQS}
}

// secretFile holds the secret that every driver signs with.
func secretFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("interop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startLanguages starts every driver. Python and Node.js are left out of short
// runs, and where they are not installed.
func startLanguages(t *testing.T) []*language {
	t.Helper()
	all := []*language{
		{name: "go", driver: driver.StartFunc(golang.Run)},
		{name: "python"},
		{name: "node"},
	}
	start := map[string]func(*testing.T) (*driver.Driver, error){"python": startPython, "node": startNode}
	for _, l := range all {
		if l.driver == nil {
			l.start(t, start[l.name])
		}
		if l.driver != nil {
			t.Cleanup(func() {
				if err := l.driver.Stop(); err != nil {
					t.Errorf("%s driver: %v", l.name, err)
				}
			})
			l.greet(t)
		}
	}
	return all
}

func (l *language) start(t *testing.T, start func(*testing.T) (*driver.Driver, error)) {
	t.Helper()
	if testing.Short() {
		l.absent = "short run"
		return
	}
	d, err := start(t)
	switch {
	case err == nil:
		l.driver = d
	case rig.MayBeLeftOut(err):
		l.absent = err.Error()
		t.Logf("%s is left out: %v", l.name, err)
	default:
		t.Fatalf("%s: %v", l.name, err)
	}
}

func (l *language) greet(t *testing.T) {
	t.Helper()
	hello, err := l.driver.Call(t.Context(), driver.Request{Do: driver.Hello}, patience)
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	l.clients = hello.Clients
}

func startPython(t *testing.T) (*driver.Driver, error) {
	return startProgram(t, rig.Python, "driver/python", "driver.py")
}

func startNode(t *testing.T) (*driver.Driver, error) {
	return startProgram(t, rig.Node, "driver/node", "driver.mjs")
}

func startProgram(
	t *testing.T, install func(context.Context, fs.FS) (*rig.Language, error), dir, program string,
) (*driver.Driver, error) {
	source, at := os.DirFS(filepath.FromSlash(dir)), t.TempDir()
	l, err := install(t.Context(), source)
	if err != nil {
		return nil, err
	}
	if err := l.Install(at, source); err != nil {
		return nil, err
	}
	// The driver outlives the test's own context: cleanups still stop it.
	return driver.StartProcess(l.Command(context.Background(), filepath.Join(at, program)))
}

// present are the languages that there are.
func (s *suite) present() (found []*language) {
	for _, l := range s.languages {
		if l.absent == "" {
			found = append(found, l)
		}
	}
	return found
}

// turn returns the nth language, counted around.
func (s *suite) turn(n int) *language {
	found := s.present()
	return found[n%len(found)]
}

// produce, consume, settle and count are one request each, to the house of addrs.

func (l *language) produce(ctx context.Context, addrs map[string]string, dialect, queue string, m []driver.Message) error {
	_, err := l.driver.Call(ctx, driver.Request{
		Do: driver.Produce, Dialect: dialect, Addr: addrs[dialect], Queue: spellQueue(dialect, queue), Messages: m,
	}, patience)
	return err
}

func (l *language) consume(ctx context.Context, addrs map[string]string, dialect, queue string, n int, settle string) ([]driver.Message, error) {
	r, err := l.driver.Call(ctx, driver.Request{
		Do: driver.Consume, Dialect: dialect, Addr: addrs[dialect], Queue: spellQueue(dialect, queue), Count: n, Settle: settle,
	}, patience)
	if err == nil && len(r.Messages) != n {
		return nil, errors.New("the driver returned another number of messages than it was asked for")
	}
	return r.Messages, err
}

func (l *language) settle(ctx context.Context, addrs map[string]string, dialect, queue, how string, handles ...string) error {
	_, err := l.driver.Call(ctx, driver.Request{
		Do: driver.Settle, Dialect: dialect, Addr: addrs[dialect], Queue: spellQueue(dialect, queue), Settle: how, Handles: handles,
	}, patience)
	return err
}

func (l *language) count(ctx context.Context, addrs map[string]string, dialect, queue string) (driver.Counts, error) {
	r, err := l.driver.Call(ctx, driver.Request{
		Do: driver.Count, Dialect: dialect, Addr: addrs[dialect], Queue: spellQueue(dialect, queue),
	}, patience)
	if err != nil || r.Counts == nil {
		return driver.Counts{}, err
	}
	return *r.Counts, nil
}

func (l *language) close(ctx context.Context, addrs map[string]string, dialect string) error {
	_, err := l.driver.Call(ctx, driver.Request{Do: driver.Close, Dialect: dialect, Addr: addrs[dialect]}, patience)
	return err
}
