package machine

import (
	"time"

	"github.com/sluicemq/sluice/queuecore/selector"
	"github.com/sluicemq/sluice/queuecore/store"
)

// Machine is the state of all queues.
type Machine struct {
	limits Limits

	queues      map[string]*queue
	byID        map[uint32]*queue
	bindings    selector.Table[*queue]         // those without selectors
	selective   selector.Table[*binding]       // those with, and those that look at the origin
	bound       uint64                         // bindings ever made, since the store was opened
	deadLetters map[string]map[*queue]struct{} // by name: the queues that name it as their dead-letter queue
	sessions    map[uint64]*session
	subscribed  map[subscriptionKey]*queue // by what each is known by; those without a name are not in it
	consumers   map[uint64]*consumer
	shared      map[uint64]int32 // references to each shared record that has more than one
	timers      timers
	tally       tally
	window      window
	sieveRoom   sieveRoom
	totals      Totals // of queues that are gone
	numbers     numbers
	chores      chores

	now     int64
	out     *Output
	attempt attempt
	scratch []byte // for pages
}

// Limits bound what a machine takes; 0 is no bound, but for Warm.
type Limits struct {
	Queues     int   // there may be
	Cache      int64 // bytes of messages of durable queues kept in memory
	Warm       int   // waiting entries that stand in memory in full; the others are packed
	Ahead      int   // waiting entries of a queue with group order that are looked through for a free group
	Leases     int   // of all queues together
	Groups     int   // of a queue with fair groups, up to which groups are known that have packed entries alone
	IndexBytes int64 // of memory for entries and dedup ids; then sends are refused
	SieveBytes int64 // of memory for what is known for receivers' selectors; then further ones are refused
}

// numbers are what the next queue and the next shared record are called, and up
// to where such numbers are spoken for on disk.
type numbers struct {
	nextID      uint32
	idMarks     uint32
	nextShared  uint64
	sharedMarks uint64
	format      byte  // of what is on disk
	timeMark    int64 // the time that the disk knows
}

// chores are what Flush has to do.
type chores struct {
	dirty     []*queue // whose receivers may be served
	starving  []*queue // whose receivers wait for leases of other queues to end
	garbage   []*wreck
	revivers  []reviver
	forgetful []*queue // with ids to forget
	moves     []*move  // that run
	hungry    []*sieve // for which queues are to be looked through
	resting   bool     // the moves are
	looking   int      // Looks of moves that are under way
	untold    []*queue // with entries whose topics are to be read
	counting  int      // Looks for that which are under way
	resumed   []*Tx    // that waited for topics of what is gone
	strays    [][]byte // keys of pages and moves that say nothing any more
	pages     []*chunk // with a new page that is not on disk
	packing   struct { // where to look next for what can be packed
		queue uint32
		seq   uint64
	}
}

// attempt is what the check of a transaction gathers.
type attempt struct {
	targets []*queue // of the send at hand
	takers  []*queue // of the relay at hand
	routes  uint64   // counts sends whose targets have been gathered
	asked   asked
	checked []*queue  // with counts of what is to come
	topical []*topics // with what is asked of them
}

// New returns a machine without queues.
func New(l Limits) *Machine {
	return &Machine{
		limits:      l,
		queues:      make(map[string]*queue),
		byID:        make(map[uint32]*queue),
		sessions:    make(map[uint64]*session),
		consumers:   make(map[uint64]*consumer),
		shared:      make(map[uint64]int32),
		window:      window{limit: l.Cache},
		deadLetters: make(map[string]map[*queue]struct{}),
		subscribed:  make(map[subscriptionKey]*queue),
		numbers:     numbers{nextID: 1, nextShared: 1},
	}
}

// Request is one of the request types of this package. Each is good for one Step.
type Request interface{ step(m *Machine) }

// Copy asks for the value of Batch.Ops[Op], which is empty: the record at From,
// as it is before that operation, with Head in place of its own (ReplaceHead).
type Copy struct {
	Op         int
	From, Head []byte
}

// Output is what steps ask for. Once Copies are filled in, all of Batch must be
// written before anything else in it is told.
type Output struct {
	Batch    store.Batch
	Cuts     []int // the operations before each of these stand for themselves: Batch may be written in such pieces
	Copies   []Copy
	Durable  bool      // someone is told that something is on disk
	Answered []any     // owners of the requests that are answered
	Changes  []Change  // of queues and bindings, in order
	Looks    []*Look   // that are asked for
	Warnings []Warning // of queues that park messages, once for each
	GivenUp  []GivenUp // messages that are not handed out any more where they are

	arena []byte
}

// Change tells what became of a queue or of its bindings.
type Change struct {
	Queue    QueueInfo
	Deleted  bool
	Bound    string // a pattern that now leads to the queue
	Unbound  string // one that no longer does
	Selector string // of what is bound
	Binding  Verdict
}

// Warning tells that a queue has begun to park what it gives up.
type Warning struct {
	Queue, Reason string // Reason is that of the first message
	DeadLetter    string // the dead-letter queue that is missing; "": none is named
}

// GivenUp tells that a queue gave a message up: it went to the dead-letter queue, or was parked.
type GivenUp struct {
	Queue    uint32
	Seq      uint64
	Attempts int
	Reason   string
}

// QueueInfo describes a queue.
type QueueInfo struct {
	Name              string
	ID                uint32
	Config            Config
	Created, Modified int64
	Subscription      *Subscription // of a queue that is one; nobody may change it
}

// Empty reports whether there is nothing to write or to say.
func (o *Output) Empty() bool {
	return o.Batch.Len() == 0 && len(o.Answered) == 0 && len(o.Changes) == 0 && len(o.Looks) == 0 && len(o.Warnings) == 0 && len(o.GivenUp) == 0
}

// Reset makes o ready for the next steps. What it held must no longer be in use.
func (o *Output) Reset() {
	o.Batch.Reset()
	clear(o.Answered)
	clear(o.Changes)
	clear(o.Copies)
	clear(o.Looks)
	clear(o.Warnings)
	clear(o.GivenUp)
	o.Answered, o.Changes, o.Copies, o.Cuts, o.Looks = o.Answered[:0], o.Changes[:0], o.Copies[:0], o.Cuts[:0], o.Looks[:0]
	o.Durable, o.Warnings, o.GivenUp = false, o.Warnings[:0], o.GivenUp[:0]
	o.arena = o.arena[:0]
}

// Step does r as of now.
func (m *Machine) Step(r Request, now int64, out *Output) {
	m.begin(now, out)
	r.step(m)
	out.cut()
	m.writePages()
}

// cut ends what must be written in one piece.
func (o *Output) cut() {
	if n := o.Batch.Len(); n > 0 && (len(o.Cuts) == 0 || o.Cuts[len(o.Cuts)-1] < n) {
		o.Cuts = append(o.Cuts, n)
	}
}

func (m *Machine) begin(now int64, out *Output) {
	m.now, m.out = max(now, m.now), out
	for _, key := range m.chores.strays {
		out.Batch.Delete(key)
		out.cut()
	}
	m.chores.strays = nil
}

// Flush does what time has brought and serves the receivers that wait. It
// returns when it wants to be called again at the latest: 0 is not before the
// next Step, and now or earlier means that there is more to do already.
func (m *Machine) Flush(now int64, out *Output) int64 {
	m.begin(now, out)
	more := m.tick()
	more = m.revive() || more
	more = m.shift() || more
	m.readTopics()
	m.forget()
	m.feed()
	for len(m.chores.dirty) > 0 {
		q := m.chores.dirty[len(m.chores.dirty)-1]
		m.chores.dirty = m.chores.dirty[:len(m.chores.dirty)-1]
		q.dirty = false
		m.serve(q)
	}
	more = m.scout() || more
	m.squeeze()
	out.cut()
	m.writePages()
	more = m.sweep() || more
	m.markTime()
	if more {
		return m.now
	}
	return m.wake()
}

// wake returns when there is something to do next; 0 is not before the next Step.
func (m *Machine) wake() int64 {
	return sooner(sooner(m.timers.next(), m.nextMove()), m.nextTopics())
}

// sooner returns the earlier of two times, of which 0 is never.
func sooner(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// timeMarks is how far apart the times are that are left on disk.
const timeMarks = int64(time.Second)

// markTime leaves the time on disk now and then, along with something else, so that it
// does not go back when the store is opened under a clock that was set back.
func (m *Machine) markTime() {
	if m.out.Batch.Len() > 0 && m.now-m.numbers.timeMark >= timeMarks {
		m.writeCounters()
		m.out.cut()
	}
}

// Now is the time of the last step, or after Load the time to go on from: it may be later
// than what Load was given.
func (m *Machine) Now() int64 { return m.now }

// Totals returns the counters of all queues together.
func (m *Machine) Totals() Totals {
	t := m.totals
	for _, q := range m.queues {
		t.add(&q.totals)
	}
	return t
}

func (t *Totals) add(u *Totals) {
	t.Sent += u.Sent
	t.Duplicate += u.Duplicate
	t.Delivered += u.Delivered
	t.Redelivered += u.Redelivered
	t.Acked += u.Acked
	t.Nacked += u.Nacked
	t.Expired += u.Expired
	t.DeadLettered += u.DeadLettered
	t.Dropped += u.Dropped
}

// answer says that owner's request is answered.
func (m *Machine) answer(owner any) { m.out.Answered = append(m.out.Answered, owner) }

// touch remembers to serve q's receivers.
func (m *Machine) touch(q *queue) {
	if !q.dirty && q.waitingReceivers() > 0 {
		q.dirty = true
		m.chores.dirty = append(m.chores.dirty, q)
	}
}

// key returns bytes that live as long as the output.
func (o *Output) key(build func(b []byte) []byte) []byte {
	start := len(o.arena)
	o.arena = build(o.arena)
	return o.arena[start:len(o.arena):len(o.arena)]
}

// put adds a put; fresh says that nothing stands at key.
func (o *Output) put(key, value []byte, fresh bool) {
	if fresh {
		o.Batch.PutFresh(key, value)
	} else {
		o.Batch.Put(key, value)
	}
}

func (o *Output) entryKey(family byte, id uint32, seq uint64) []byte {
	start := len(o.arena)
	o.arena = appendEntryKey(o.arena, family, id, seq)
	return o.arena[start:len(o.arena):len(o.arena)]
}

func (o *Output) queueKey(family byte, id uint32) []byte {
	start := len(o.arena)
	o.arena = appendQueueKey(o.arena, family, id)
	return o.arena[start:len(o.arena):len(o.arena)]
}

func (o *Output) sharedKey(number uint64) []byte {
	start := len(o.arena)
	o.arena = appendSharedKey(o.arena, number)
	return o.arena[start:len(o.arena):len(o.arena)]
}
