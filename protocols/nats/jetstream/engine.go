package jetstream

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/queuecore"
)

// Engine serves the JetStream API from one broker to the clients of one
// transport. All methods may be called from any goroutine.
type Engine struct {
	broker    *queuecore.Broker
	transport Transport
	log       *slog.Logger
	payloads  protocols.Payloads // nil: there are none
	panics    *panics.Guard
	table     map[string]operation
	unwatch   func() // ends what tells of messages that are given up
	views     views
	pushes    pushIndex
	calls     calls

	// ctx ends with Shutdown. Administration uses it instead of a client's, so
	// that a client that goes away leaves nothing half done.
	ctx  context.Context
	stop context.CancelFunc
	// admin holds a token while streams and consumers are made and removed.
	admin  chan struct{}
	aiming sync.Mutex // one aim at a time
	// work counts the goroutines of consumers and settlements.
	work sync.WaitGroup

	mu        sync.RWMutex                    // over what follows
	consumers map[uint32]map[string]*consumer // by QueueInfo.ID and name
	closing   bool
}

// Options are the settings of an Engine; nil fields are the defaults.
type Options struct {
	// Log gets what concerns no single request (nil: slog.Default).
	Log *slog.Logger
	// Payloads is where bodies lie that messages point to (nil: pointers are passed on).
	Payloads protocols.Payloads
	// Panics catches those of the engine's goroutines (nil: one of its own does).
	Panics *panics.Guard
}

// New returns an engine and readies the streams that are in the broker.
// Shutdown must be called before the broker is closed.
func New(b *queuecore.Broker, t Transport, o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Panics == nil {
		o.Panics = panics.New(o.Log, nil)
	}
	e := &Engine{
		broker: b, transport: t, log: o.Log, payloads: o.Payloads, panics: o.Panics, table: operations(),
		admin: make(chan struct{}, 1), consumers: make(map[uint32]map[string]*consumer),
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.recover()
	e.unwatch = b.WatchGivenUp(func(all []queuecore.GivenUp) {
		defer e.panics.Catch(nil)
		e.givenUp(all)
	})
	return e
}

// recover binds what a crash between making a queue and binding its subjects
// left unbound, and starts the clocks of consumers that end when nobody uses them.
func (e *Engine) recover() {
	for _, s := range e.streams(nil) {
		if !s.bound {
			continue
		}
		if err := e.bind(s.queue.Name, s.config.Subjects); err != nil {
			e.log.Error("subjects of a stream are not bound", "stream", s.name, "err", err)
		}
	}
	for _, s := range e.streams(nil) {
		e.resume(s)
	}
}

// resume begins the consumers of a stream that are there from before.
func (e *Engine) resume(s *stream) {
	names := e.consumerNames(s)
	if len(names) == 0 {
		return
	}
	before := e.inherit(s.queue.Name)
	for _, name := range names {
		o, err := e.consumer(s, name)
		if err != nil {
			continue
		}
		if o.isMember() {
			before = e.inherit(o.queue)
		}
		o.begin(before)
	}
}

// Drain ends every waiting pull with "409 Server Shutdown", and those that come
// later. Everything else goes on.
func (e *Engine) Drain() {
	e.mu.Lock()
	e.closing = true
	var all []*consumer
	for _, byName := range e.consumers {
		all = slices.AppendSeq(all, maps.Values(byName))
	}
	e.mu.Unlock()
	for _, o := range all {
		o.close(statusShutdown)
	}
}

// Shutdown drains the engine, waits until nothing of it runs, or ctx ends, and keeps how far
// durable consumers are.
// The clients must have been closed.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.Drain()
	e.unwatch()
	e.mu.Lock()
	e.stop() // nothing is spawned from here on
	e.mu.Unlock()
	done := make(chan struct{})
	// The goroutine ends when the engine's other goroutines have ended.
	go func() {
		e.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		e.keepReached(ctx)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lock takes the token for administration, or returns ctx's error.
func (e *Engine) lock(ctx context.Context) error {
	select {
	case e.admin <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine) unlock() { <-e.admin }

// spawn runs f unless the engine is stopping. A panic of f ends f alone.
func (e *Engine) spawn(f func()) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.ctx.Err() != nil {
		return false
	}
	e.work.Add(1)
	// The goroutine ends with f, which the context of the engine or of a
	// consumer ends; Shutdown waits for it.
	go func() {
		defer e.work.Done()
		defer e.panics.Catch(nil)
		f()
	}()
	return true
}

// answer sends a body to a reply subject, if there is one.
func (e *Engine) answer(reply, body []byte) {
	if len(reply) > 0 {
		e.transport.Deliver(reply, &wire.Message{Subject: reply, Payload: body})
	}
}
