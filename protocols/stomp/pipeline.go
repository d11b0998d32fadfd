package stomp

import (
	"context"
	"errors"
	"sync"

	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/queuecore"
)

// pipeline keeps the frames of one connection that are not answered yet, in the
// order in which they came: a RECEIPT is written when its frame and all before
// it are processed. The reader reserves places, the broker settles them, the
// writer takes what is settled.
type pipeline struct {
	wake  func() // tells the writer that there is something to take
	ready func() // the same, when it is a RECEIPT and no more
	room  chan struct{}
	most  func() int // places; nil: pipelineFrames
	// spares reports whether the connection goes on after an error. It must not block.
	spares func(error) bool
	panics *panics.Guard // of what the broker calls
	failed func()        // ends the connection after one

	mu     sync.Mutex // over what follows
	places []*place   // oldest first
	bytes  int        // of receipt ids
	free   []*place
	closed bool // by the reader: no more places
	orphan bool // places are settled that are not there any more
}

// place is one frame in the pipeline.
type place struct {
	answer
	settled bool
	// done is place.settle for its pipeline: what the broker calls.
	done func([]queuecore.Sent, error)
}

// answer is what becomes of one frame.
type answer struct {
	receipt string
	wants   bool   // a RECEIPT
	err     error  // an ERROR instead
	spared  bool   // the connection goes on after err
	then    func() // what may happen once the answer stands in the stream; may be nil
	temp    bool   // it is no error if the queue is gone
	parts   bool   // no message that waits for the socket may come after it
}

// plain reports whether the answer is a RECEIPT or nothing, and nothing hangs on it.
func (a *answer) plain() bool { return a.err == nil && a.then == nil && !a.parts }

func newPipeline(wake, ready func(), spares func(error) bool) *pipeline {
	return &pipeline{wake: wake, ready: ready, spares: spares, room: make(chan struct{}, 1)}
}

// reserve adds a place and waits for room first, until ctx ends.
func (p *pipeline) reserve(ctx context.Context, a answer) (*place, error) {
	for {
		if x := p.tryReserve(a); x != nil {
			return x, nil
		}
		select {
		case <-p.room:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (p *pipeline) tryReserve(a answer) *place {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.places); n > 0 && (n >= p.limit() || p.bytes+len(a.receipt) > pipelineBytes) {
		return nil
	}
	return p.add(a)
}

func (p *pipeline) limit() int {
	if p.most == nil {
		return pipelineFrames
	}
	return p.most()
}

// add adds a place. p.mu is held.
func (p *pipeline) add(a answer) *place {
	var x *place
	if n := len(p.free); n > 0 {
		x, p.free = p.free[n-1], p.free[:n-1]
	} else {
		x = &place{}
		x.done = func(_ []queuecore.Sent, err error) {
			defer p.panics.Catch(p.failed)
			p.settle(x, err)
		}
	}
	x.answer, x.settled = a, false
	p.bytes += len(a.receipt)
	p.places = append(p.places, x)
	return x
}

// settle says how a reserved place came out. It does not block.
func (p *pipeline) settle(x *place, err error) {
	switch first, plain := p.note(x, err); {
	case !first:
	case plain:
		p.ready()
	default:
		p.wake()
	}
}

// note enters how x came out, and reports whether it is the first to be answered, and plain.
func (p *pipeline) note(x *place, err error) (first, plain bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.temp && errors.Is(err, queuecore.ErrNotFound) {
		err = nil
	}
	x.settled, x.err, x.spared = true, err, err != nil && p.spares(err)
	return !p.orphan && p.places[0] == x, x.plain()
}

// last adds a settled place for the answer that ends the connection, even when
// there is no room.
func (p *pipeline) last(a answer) {
	p.mu.Lock()
	p.add(a).settled = true
	p.mu.Unlock()
	p.wake()
}

// abandon is last for a connection that does not know which of its places will be
// settled: it waits for none.
func (p *pipeline) abandon(a answer) {
	p.mu.Lock()
	p.places, p.free, p.orphan = nil, nil, true
	p.mu.Unlock()
	p.last(a)
}

// close says that there are no more places.
func (p *pipeline) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.wake()
}

// keptPlaces is how many places a quiet connection keeps for later.
const keptPlaces = 256

// take appends the settled answers at the head of the pipeline to as, and
// removes their places. It reports whether more can come.
func (p *pipeline) take(as []answer) ([]answer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.places) && p.places[n].settled {
		n++
	}
	return p.cut(as, n), len(p.places) > 0 || !p.closed
}

// takePlain is take up to the first answer that is not plain. It reports whether
// the writer has something to do now: that answer, or to end.
func (p *pipeline) takePlain(as []answer) ([]answer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.places) && p.places[n].settled && p.places[n].plain() {
		n++
	}
	as = p.cut(as, n)
	if len(p.places) > 0 {
		return as, p.places[0].settled
	}
	return as, p.closed
}

// cut appends the first n answers to as, and removes their places. p.mu is held.
func (p *pipeline) cut(as []answer, n int) []answer {
	for _, x := range p.places[:n] {
		as = append(as, x.answer)
		p.bytes -= len(x.receipt)
		if x.answer = (answer{}); len(p.free) < keptPlaces {
			p.free = append(p.free, x)
		}
	}
	left := copy(p.places, p.places[n:])
	clear(p.places[left:])
	p.places = p.places[:left]
	if n > 0 {
		select {
		case p.room <- struct{}{}:
		default:
		}
	}
	return as
}
