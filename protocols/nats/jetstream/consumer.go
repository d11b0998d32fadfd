package jetstream

import (
	"sync"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// consumer hands one queue's messages to those who pull, or to its deliver subject. It
// has no goroutine while nobody waits, and one that stands in Broker.Receive while
// somebody does.
type consumer struct {
	engine  *Engine
	stream  string // its name
	queue   string
	queueID uint32
	home    queuecore.QueueInfo // the stream's queue; another one than queue when that is a member of it
	name    string
	learned sync.Once          // see learn
	mayHear func(*Client) bool // what is pushed

	// mu stands over what follows. The broker is never called while it is held,
	// since the broker's answers may wait for it.
	mu     sync.Mutex
	record record
	// subjects is what the consumer asks for; see Engine.aim.
	subjects queuecore.Subjects
	closed   bool
	queued   waiting
	out      ledger
	resting  ledger     // given back with a delay; not counted against max_ack_pending
	before   *inherited // nil once learn is done, and when nothing was out
	asking   asking
	clock    clock
	push     push
	progress
}

// progress is how far a consumer has come.
type progress struct {
	seq       uint64 // deliveries so far
	learnt    uint64 // the number of the last of them that learn has given to what was out before the start
	streamSeq uint64 // the highest stream sequence delivered
	delivered time.Time
}

// isMember reports whether the consumer's queue is its own.
func (o *consumer) isMember() bool { return o.home.ID != o.queueID }

// gone forgets the consumers of a queue that is no more.
func (o *consumer) gone() {
	if o.isMember() {
		o.engine.unregister(o)
		return
	}
	o.engine.closeConsumers(o.queueID)
}

// close ends the consumer: whoever waits is told why.
func (o *consumer) close(why status) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.closed = true
	o.endAll(why)
	o.interrupt()
	o.clock.stop()
}

// endAll tells every waiting pull that it is over.
func (o *consumer) endAll(why status) {
	for len(o.queued.pulls) > 0 {
		p := o.queued.pulls[0]
		p.tell(why)
		o.remove(p)
	}
}

// remove takes a pull out.
func (o *consumer) remove(p *pull) {
	if !o.queued.remove(p) {
		return
	}
	p.client.forget(p)
	if len(o.queued.pulls) == 0 {
		o.interrupt()
		o.rest()
	}
}

// drop takes a pull out that nobody listens to any more.
func (o *consumer) drop(p *pull) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.remove(p)
}

// wake looks again whether there is something to do.
func (o *consumer) wake() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kick()
}

// touch notes that somebody uses the consumer.
func (o *consumer) touch() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest()
}

// begin takes up a consumer from before the start, with what of its queue was out then.
func (o *consumer) begin(before *inherited) {
	o.mu.Lock()
	o.before = before
	o.mu.Unlock()
	o.touch()
}

// settled notes that a delivery is over, and returns its object.
func (o *consumer) settled(seq uint64, attempt uint32) *mapping.Pointer {
	o.mu.Lock()
	defer o.mu.Unlock()
	object := o.forget(seq, attempt)
	o.rest()
	o.kick()
	return object
}

// forget forgets a delivery, and returns its object. mu is held.
func (o *consumer) forget(seq uint64, attempt uint32) *mapping.Pointer {
	object := o.out.settle(seq, attempt)
	o.resting.settle(seq, attempt)
	if o.before != nil {
		o.before.drop(seq)
	}
	return object
}

// delivery returns what is known of a delivery that is out.
func (o *consumer) delivery(r queuecore.Receipt) (held, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h := o.out.bySeq[r.Seq]
	if h == nil || h.attempt != r.Attempt {
		return held{}, false
	}
	return *h, true
}

// rests notes that a delivery has been given back, and rests until its time.
func (o *consumer) rests(h held) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.resting.add(h)
}

// extended notes that a delivery's lease has been lengthened.
func (o *consumer) extended(seq uint64, attempt uint32, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.out.extend(seq, attempt, until)
	o.rest()
}

// update takes over a changed configuration.
func (o *consumer) update(r record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.engine.pushes.move(o, o.record.Config.DeliverSubject, r.Config.DeliverSubject)
	}
	o.record = r
	o.push.pace.bits = r.Config.RateLimit
	o.interrupt() // the Receive under way has the old lease
	o.rest()
	o.beatPush(time.Now())
	o.kick()
}
