package coretest

import (
	"slices"
	"strings"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// twin does what a Broker does, in the plainest way: every queue is a slice, and
// every question looks at all of it. Its driver asks it for one thing after the
// other; settle then does what follows by itself.
type twin struct {
	now    time.Duration
	queues []*twinQueue // in the order in which they were made
	bound  []queuecore.Binding
	gone   queuecore.Totals // of queues that are no more
	looked []string         // queues whose parked messages must be looked at again
	waits  []*twinWaiter    // in the order in which they came
	moves  []*twinMove      // all that are known, in the order in which they began
	saw    func(string)     // what became of noisy groups, or of owners
	affine bool             // receivers are, or may be, consumers

	replaced int // messages whose seats others took

	overdue func(string) // what became of what expired where another queue was named for it
}

type twinQueue struct {
	name   string
	id     uint32
	config queuecore.QueueConfig
	owner  int      // the session it goes with; 0: none
	sub    *twinSub // nil: it is no subscription
	last   uint64
	all    []*twinMessage
	firsts map[string]twinFirst // by dedup key
	fair   twinFair
	owners twinOwners
	totals queuecore.Totals
}

// twinFirst is the send that a duplicate is answered with.
type twinFirst struct {
	seq     uint64
	id      queuecore.MessageID
	expires time.Duration
}

type twinMessage struct {
	twinSend
	seq     uint64
	state   queuecore.State
	visible time.Duration // when a delay or a lease by clock ends, or ended
	session int           // that leases it; 0: the clock does
	attempt int
	base    int    // what the count was when it was moved here
	reason  string // why it is parked
	dead    *queuecore.DeadLetter
	owned   bool // leased to the owner of its group
}

// twinSend is a message as it was sent.
type twinSend struct {
	topic     string // that it was sent to; "": a queue
	body      string
	color     string
	priority  int
	group, id string
	last      bool // of its group
	size      int
	sent      time.Duration
	deliver   time.Duration // 0: none was named
	seat      string
	expires   time.Duration // 0: never
}

// twinWaiter is a receiver that waits.
type twinWaiter struct {
	queue   *twinQueue
	n       int
	lease   time.Duration
	session int
	color   string
	got     []*twinMessage

	consumer *twinConsumer
}

// newTwin returns a twin without queues. It begins late enough that no time it
// counts back from there is 0.
func newTwin() *twin {
	return &twin{now: 1000 * time.Hour, saw: func(string) {}, overdue: func(string) {}}
}

// queue returns the queue called name, or nil.
func (w *twin) queue(name string) *twinQueue {
	for _, q := range w.queues {
		if q.name == name {
			return q
		}
	}
	return nil
}

func (w *twin) queueByID(id uint32) *twinQueue {
	for _, q := range w.queues {
		if q.id == id {
			return q
		}
	}
	return nil
}

func (w *twin) create(name string, id uint32, c queuecore.QueueConfig, owner int) {
	w.queues = append(w.queues, &twinQueue{
		name: name, id: id, config: c, owner: owner, firsts: make(map[string]twinFirst), fair: twinFair{began: w.now},
	})
	if to := w.queue(c.Of); c.Of != "" {
		w.queues[len(w.queues)-1].last = to.last
	}
	w.queues[len(w.queues)-1].forget()
	for _, q := range w.queues {
		if q.config.DeadLetter == name {
			w.looked = append(w.looked, q.name)
		}
	}
}

func (w *twin) delete(q *twinQueue) {
	for _, t := range w.membersOf(q) {
		w.delete(t)
	}
	w.queues = slices.DeleteFunc(w.queues, func(x *twinQueue) bool { return x == q })
	w.bound = slices.DeleteFunc(w.bound, func(x queuecore.Binding) bool { return x.Queue == q.name })
	w.moves = slices.DeleteFunc(w.moves, func(v *twinMove) bool { return v.Source == q.name })
	w.gone = plus(w.gone, q.totals)
}

// update gives q another configuration.
func (w *twin) update(q *twinQueue, c queuecore.QueueConfig) {
	old := q.config
	q.config = c
	if c.FairGroups != old.FairGroups {
		q.fair = twinFair{began: w.now}
	}
	if c.GroupAffinity != old.GroupAffinity {
		q.forget()
	}
	if c.MaxPerTopic != old.MaxPerTopic || c.DropOldestPerTopic != old.DropOldestPerTopic {
		w.trimTopics(q)
	}
	for key, f := range q.firsts {
		if c.DedupWindow < old.DedupWindow {
			f.expires = min(f.expires, w.now+c.DedupWindow)
			q.firsts[key] = f
		}
	}
	if c.MaxAttempts != old.MaxAttempts || c.DeadLetter != old.DeadLetter {
		w.looked = append(w.looked, q.name)
	}
}

// topics returns the queues that a message to the topic reaches, if its color is right.
func (w *twin) topics(topic string) (qs []*twinQueue) {
	for _, q := range w.queues {
		if slices.ContainsFunc(w.bound, func(x queuecore.Binding) bool { return x.Queue == q.name && matches(x.Pattern, topic) }) {
			qs = append(qs, q)
		}
	}
	return qs
}

func matches(pattern, topic string) bool {
	p, t := strings.Split(pattern, "."), strings.Split(topic, ".")
	for i := range p {
		if p[i] == ">" {
			return i < len(t)
		}
		if i >= len(t) || p[i] != "*" && p[i] != t[i] {
			return false
		}
	}
	return len(p) == len(t)
}

func plus(a, b queuecore.Totals) queuecore.Totals {
	return queuecore.Totals{
		Sent: a.Sent + b.Sent, Duplicate: a.Duplicate + b.Duplicate, Delivered: a.Delivered + b.Delivered,
		Redelivered: a.Redelivered + b.Redelivered, Acked: a.Acked + b.Acked, Nacked: a.Nacked + b.Nacked,
		Expired: a.Expired + b.Expired, DeadLettered: a.DeadLettered + b.DeadLettered, Dropped: a.Dropped + b.Dropped,
	}
}

func (w *twin) totals() queuecore.Totals {
	t := w.gone
	for _, q := range w.queues {
		t = plus(t, q.totals)
	}
	return t
}

func (q *twinQueue) count(s queuecore.State) int {
	n := 0
	for _, m := range q.all {
		if m.state == s {
			n++
		}
	}
	return n
}

// resting counts what was given back with a delay.
func (q *twinQueue) resting() int {
	n := 0
	for _, m := range q.all {
		if m.state == queuecore.Delayed && m.attempt > 0 {
			n++
		}
	}
	return n
}

// again counts what of the messages that are out, or rest, was handed out before.
func (q *twinQueue) again() int {
	n := 0
	for _, m := range q.all {
		if m.attempt > 1 && (m.state == queuecore.Leased || m.state == queuecore.Delayed) {
			n++
		}
	}
	return n
}

func (q *twinQueue) bytes() int {
	n := 0
	for _, m := range q.all {
		n += m.size
	}
	return n
}

// take removes m.
func (w *twin) take(q *twinQueue, m *twinMessage) {
	q.all = slices.DeleteFunc(q.all, func(x *twinMessage) bool { return x == m })
	w.hushDone(q)
}

// find returns the message if its last hand-over was the given one.
func (q *twinQueue) find(seq uint64, attempt int) *twinMessage {
	if m := q.message(seq); m != nil && m.attempt == attempt {
		return m
	}
	return nil
}

// message returns the message, or nil.
func (q *twinQueue) message(seq uint64) *twinMessage {
	for _, m := range q.all {
		if m.seq == seq {
			return m
		}
	}
	return nil
}
