package ledger

import (
	"sync"
	"time"
)

// ID is the number of one message in one queue. They rise.
type ID uint64

// Ledger is the book. All methods may be called from any goroutine.
type Ledger struct {
	options Options

	mu      sync.Mutex // over what follows
	next    ID
	round   int
	closing bool // the server has been asked to stop, in this round
	live    map[ID]*entry
	groups  map[string]*group
	units   map[*Unit]struct{} // whose outcome is open
	open    map[string]int     // entries whose ack is not confirmed, by queue
	counts  Counts
	faults  faults
}

// Options say what may happen that is no fault.
type Options struct {
	// LeasesMayGo allows leases by clock to be lost with the server, as a power
	// cut may lose them and the death of the process may not.
	LeasesMayGo bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// New returns an empty ledger in round 1.
func New(o Options) *Ledger {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Ledger{
		options: o, next: 1, round: 1,
		live: make(map[ID]*entry), groups: make(map[string]*group), units: make(map[*Unit]struct{}),
		open:   make(map[string]int),
		faults: faults{byPromise: make(map[Promise]int)},
	}
}

// NextRound says that the server is gone, and the connections with it.
func (l *Ledger) NextRound() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.round++
	l.closing = false
}

// Closing says that the server is asked to stop: it ends connections one after the other, and may hand out to
// those that are left what the others gave back.
func (l *Ledger) Closing() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closing = true
}

// Open returns how many messages wait in a queue, as far as is known: those whose
// ack is not confirmed.
func (l *Ledger) Open(queue string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[queue]
}

// Waiting returns, by queue, how many messages must still be delivered: those
// that were confirmed or seen, and whose ack nobody has asked for.
func (l *Ledger) Waiting() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := make(map[string]int)
	for _, e := range l.live {
		if e.known() && !e.is(acking|acked) {
			waiting[e.queue]++
		}
	}
	return waiting
}

// Send is one message in one queue that is about to be asked for.
type Send struct {
	Queue string
	By    string    // the dialect
	Group string    // whose order is kept; one producer at a time sends to a group
	Due   time.Time // not handed out before; zero: at once
	Dedup bool      // sent under an id of its own, and may be sent again under it
}

// Sending says that these messages are about to be sent, and returns their IDs,
// one after the other.
func (l *Ledger) Sending(sends ...Send) []ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]ID, len(sends))
	for i := range sends {
		ids[i] = l.next
		l.next++
		l.begin(ids[i], &sends[i])
	}
	return ids
}

func (l *Ledger) begin(id ID, s *Send) {
	e := &entry{queue: s.Queue, by: s.By, sentIn: l.round}
	if !s.Due.IsZero() {
		e.due = s.Due.UnixMilli()
	}
	if s.Dedup {
		e.flags |= dedup
	}
	if s.Group != "" {
		e.group = l.group(s.Group)
		e.group.members = append(e.group.members, id)
	}
	l.live[id] = e
	l.open[s.Queue]++
}

// Sent says that the messages were confirmed.
func (l *Ledger) Sent(ids ...ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent(ids)
}

func (l *Ledger) sent(ids []ID) {
	for _, id := range ids {
		l.counts.Sent++
		if e := l.live[id]; e != nil {
			e.flags = e.flags&^retrying | sent
		}
	}
}

// Retrying says that messages whose answer was lost are sent again, under the
// same dedup ids. Until [Ledger.GaveUp] or Sent, a check does not settle them as
// never sent.
func (l *Ledger) Retrying(ids ...ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if e := l.live[id]; e != nil {
			e.flags |= retrying | retried
		}
		l.counts.Retried++
	}
}

// WasThere says that the server knew messages that were sent again.
func (l *Ledger) WasThere(ids ...ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.WereThere += len(ids)
}

// GaveUp says that messages will not be sent again.
func (l *Ledger) GaveUp(ids ...ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if e := l.live[id]; e != nil {
			e.flags &^= retrying
		}
	}
}

// Keep says that messages whose answer was lost will be sent again.
func (l *Ledger) Keep(ids ...ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if e := l.live[id]; e != nil {
			e.flags |= retrying
		}
	}
}

// Refused says that a client was told something else than what was promised.
func (l *Ledger) Refused(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults.add(Served, format, args...)
}

// Damaged says that a queue handed out a body that nobody sent.
func (l *Ledger) Damaged(queue string, body []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults.add(Whole, "queue %s holds a body that nobody sent: %.80q of %d bytes", queue, body, len(body))
}
