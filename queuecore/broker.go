package queuecore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// Broker keeps queues in a store. All methods may be called from any goroutine.
type Broker struct {
	options   Options
	clock     *clock
	store     store.Store
	inbox     inbox
	directory directory
	pending   *semaphore.Weighted // bytes of requests that are not answered
	sessions  atomic.Uint64       // the last session's number
	attached  atomic.Uint64       // the last attachment's
	consumers atomic.Uint64       // the last consumer's number
	ids       idSource
	ahead     *readAhead
	scout     *scout
	planner   *planner
	watchers  watchers[GivenUp]

	closing sync.Once
	quit    chan struct{} // closed when Close is called
	done    chan struct{} // closed when the loop and the writer have ended
	failure atomic.Pointer[error]
	failed  chan struct{}         // closed once failure is set
	noRoom  atomic.Pointer[error] // why sends are refused for the time being
	reading sync.RWMutex          // held by those who read the store; for writing to close it
	closed  atomic.Bool
	close   error // what Close returns; good once done is closed
}

// Open reads the queues of s and starts to serve them. The broker owns s from
// then on and closes it; when Open fails, s is still the caller's.
func Open(ctx context.Context, s store.Store, o *Options) (*Broker, error) {
	options := o.withDefaults()
	m := machine.New(options.limits())
	load := func(prefix []byte, fn func(k, v []byte) error) error {
		return s.Load(prefix, func(k, v []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return fn(k, v)
		})
	}
	clock := newClock(&options)
	if err := m.Load(load, clock.now()); err != nil {
		return nil, fmt.Errorf("opening queues: %w", err)
	}
	if behind := clock.goOn(m.Now()); behind > tolerance {
		options.Log.Warn("the clock is behind what the store knows; times of earlier messages count on from there", "behind", behind)
	}
	b := &Broker{
		options: options,
		clock:   clock,
		store:   s,
		pending: semaphore.NewWeighted(options.MaxPendingBytes),
		ahead:   newReadAhead(aheadBytes),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		failed:  make(chan struct{}),
	}
	b.scout = newScout(b)
	b.inbox.init()
	b.directory.init(m, clock)
	b.lookForRoom()
	// The loop and its writer end when Close has put the shutdown request into the inbox.
	go b.run(m)
	b.planner = newPlanner(b)
	b.planner.resume()
	return b, nil
}

// Close sends no more messages by plans, answers what is under way, keeps every message and closes the store.
// Sessions that are still open are closed first. Close may be called twice.
func (b *Broker) Close() error {
	b.closing.Do(func() {
		b.planner.close()
		b.closed.Store(true)
		close(b.quit)
		c := &shutdownCall{}
		c.Owner = c
		b.inbox.close(c)
	})
	<-b.done
	return b.close
}

// Failed returns a channel that is closed once the store has failed. From then on
// Err says why, and nothing is confirmed by this Broker any more.
func (b *Broker) Failed() <-chan struct{} { return b.failed }

// Err returns nil while the broker can confirm sends, and otherwise why not: an
// ErrUnavailable, which is ErrNoSpace too while the disk is full, or ErrClosed.
func (b *Broker) Err() error {
	if p := b.failure.Load(); p != nil {
		return *p
	}
	if b.closed.Load() {
		return ErrClosed
	}
	if p := b.noRoom.Load(); p != nil {
		return *p
	}
	return nil
}

// lookForRoom asks the store whether there is space for new messages. While there
// is none, sends are refused; receives and acks, which make space, go on.
func (b *Broker) lookForRoom() {
	if r, ok := b.store.(store.Room); ok {
		if err := r.Room(); err != nil {
			b.refuseSends(err)
			return
		}
	}
	b.takeSends()
}

// takeSends ends what refuseSends began.
func (b *Broker) takeSends() {
	if b.noRoom.Swap(nil) != nil {
		b.options.Log.Info("the disk has room again; sends are taken")
	}
}

// refuseSends makes err the reason why sends are refused for the time being.
func (b *Broker) refuseSends(err error) {
	err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	if b.noRoom.Swap(&err) == nil {
		b.options.Log.Error("sends are refused until the disk has room; receives and acks go on", "err", err)
	}
}

// fail makes err the reason why nothing is confirmed any more.
func (b *Broker) fail(err error) error {
	wrapped := fmt.Errorf("%w: %w", ErrUnavailable, err)
	if b.failure.CompareAndSwap(nil, &wrapped) {
		b.options.Log.Error("the store failed; nothing is confirmed until it is reopened", "err", err)
		close(b.failed)
	}
	return *b.failure.Load()
}

// request is what goes through the inbox.
type request interface {
	machine.Request
	// answered tells the caller. It runs on the broker's goroutines; err is set
	// when the request was not done, or what it did could not be kept.
	answered(err error)
}

// call is the part of a request whose caller waits for the answer.
type call struct {
	done chan struct{}
	err  error // the broker's own trouble
}

func newCall() call { return call{done: make(chan struct{})} }

func (c *call) answered(err error) {
	c.err = err
	close(c.done)
}

// question is a request of the machine whose caller waits for the answer.
type question struct {
	machine.Request
	call
}

// ask has r done and waits until it is answered. Owner is r's own. A request
// that is in the inbox cannot be taken back; ctx ends the waiting alone.
func (b *Broker) ask(ctx context.Context, r machine.Request, owner *any) error {
	c := &question{r, newCall()}
	*owner = c
	if err := b.inbox.put(c); err != nil {
		return b.refusal(err)
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refusal prefers the reason why the broker stopped to the fact that it did.
func (b *Broker) refusal(err error) error {
	if e := b.Err(); e != nil && errors.Is(err, ErrClosed) {
		return e
	}
	return err
}

// dies is deferred by the broker's own goroutines. A panic there ends the process, on purpose: the machine or
// a batch may be half-done, and whoever went on with it might confirm what is not kept, or lose what is.
// What was confirmed is on disk, and the next start reads that. A gateway whose callback panics
// must catch it itself.
func (b *Broker) dies(where string) {
	if v := recover(); v != nil {
		b.options.Log.Error("panic in the core: the process ends, since its state is not known to be whole; the next start goes on with what is on disk",
			"in", where, "panic", v)
		panic(v) // the runtime prints the stack, and exits with status 2
	}
}

func (b *Broker) now() int64 { return b.clock.now() }
