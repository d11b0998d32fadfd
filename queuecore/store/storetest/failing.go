package storetest

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/sluicemq/sluice/queuecore/store"
)

// ErrInjected is the error of a Fault that names none.
var ErrInjected = errors.New("storetest: injected fault")

// Failing is a store that does what another one does, unless a test says
// otherwise. Load, Get and Close pass through. All methods may be called from
// any goroutine.
type Failing struct {
	store.Store
	writes, syncs tap
	noRoom        atomic.Pointer[error]
}

// Fault says which calls fail, and how.
type Fault struct {
	// At is the first call to fail, counted from when the fault was set: 1 is
	// the next call. Zero is 1.
	At int
	// Times is how many calls in a row fail. Zero is 1; negative is all of them.
	Times int
	// Err is what they return. Nil is ErrInjected.
	Err error
	// Done has the call do its work all the same and return the error then, as a
	// disk may. Otherwise a Write that fails has written nothing.
	Done bool
}

// NewFailing wraps s.
func NewFailing(s store.Store) *Failing { return &Failing{Store: s} }

// Write implements store.Store.
func (f *Failing) Write(b *store.Batch) error {
	return f.writes.call(func() error { return f.Store.Write(b) })
}

// Sync implements store.Store.
func (f *Failing) Sync() error { return f.syncs.call(f.Store.Sync) }

// FailWrite sets the fault of Write, in place of an earlier one.
func (f *Failing) FailWrite(x Fault) { f.writes.fail(x) }

// FailSync sets the fault of Sync, in place of an earlier one.
func (f *Failing) FailSync(x Fault) { f.syncs.fail(x) }

// Room implements store.Room.
func (f *Failing) Room() error {
	if p := f.noRoom.Load(); p != nil {
		return *p
	}
	if r, ok := f.Store.(store.Room); ok {
		return r.Room()
	}
	return nil
}

// FailRoom makes Room return err until Heal: the disk is full, as far as those
// are concerned who ask.
func (f *Failing) FailRoom(err error) { f.noRoom.Store(&err) }

// Heal removes all faults.
func (f *Failing) Heal() {
	f.noRoom.Store(nil)
	f.writes.heal()
	f.syncs.heal()
}

// Writes returns the number of calls of Write so far, failed and held ones included.
func (f *Failing) Writes() int { return f.writes.count() }

// Syncs returns the number of calls of Sync so far, failed and held ones included.
func (f *Failing) Syncs() int { return f.syncs.count() }

// HoldWrite makes the next Write wait, before it does anything, until the gate
// is opened. Several gates hold one Write each, in their order.
func (f *Failing) HoldWrite() *Gate { return f.writes.hold() }

// HoldSync makes the next Sync wait until the gate is opened.
func (f *Failing) HoldSync() *Gate { return f.syncs.hold() }

// Gate holds one call back.
type Gate struct {
	// Reached is closed when a call has come to the gate.
	Reached chan struct{}

	open chan struct{}
	once sync.Once
}

// Open lets the call go, or the next one pass. It may be called again.
func (g *Gate) Open() { g.once.Do(func() { close(g.open) }) }

// tap stands before one of the calls.
type tap struct {
	mu    sync.Mutex // guards what follows
	calls int
	fault *Fault
	gates []*Gate
}

func (t *tap) call(do func() error) error {
	fault, gate := t.enter()
	if gate != nil {
		close(gate.Reached)
		<-gate.open
	}
	if fault == nil {
		return do()
	}
	if fault.Done {
		if err := do(); err != nil {
			return err
		}
	}
	return fault.Err
}

// enter counts a call, and says what is to happen to it.
func (t *tap) enter() (*Fault, *Gate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	var gate *Gate
	if len(t.gates) > 0 {
		gate, t.gates = t.gates[0], t.gates[1:]
	}
	f := t.fault
	if f == nil {
		return nil, gate
	}
	if f.At > 1 {
		f.At--
		return nil, gate
	}
	if f.Times--; f.Times == 0 {
		t.fault = nil
	}
	return f, gate
}

func (t *tap) fail(x Fault) {
	if x.Err == nil {
		x.Err = ErrInjected
	}
	if x.Times == 0 {
		x.Times = 1
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = &x
}

func (t *tap) heal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = nil
}

func (t *tap) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls
}

func (t *tap) hold() *Gate {
	g := &Gate{Reached: make(chan struct{}), open: make(chan struct{})}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gates = append(t.gates, g)
	return g
}
