package coretest

import (
	"fmt"
	"sync"
)

// Ledger keeps what producers and consumers of messages with distinct names were
// promised, and holds a queue to it. It may be used from any goroutine.
type Ledger struct {
	mu       sync.Mutex
	messages map[string]*promise
	wrong    []string
	counts   Counts
}

// Counts say how much a ledger has seen.
type Counts struct {
	Sent      int // confirmed
	Acked     int // confirmed
	Delivered int
	Again     int // of these, not for the first time
}

// promise is what is known of one message.
type promise struct {
	sent, acked bool // confirmed
	acking      bool // asked for, and perhaps done
	seen        bool
	twin        string // sent in one transaction with it
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{messages: make(map[string]*promise)} }

// Sending says that these messages are about to be sent, together or not at all.
func (l *Ledger) Sending(names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, name := range names {
		l.messages[name] = &promise{twin: names[(i+1)%len(names)]}
	}
}

// Sent says that the messages were confirmed.
func (l *Ledger) Sent(names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		l.messages[name].sent = true
		l.counts.Sent++
	}
}

// Delivered says that a message came, and returns whether it is one that
// was sent.
func (l *Ledger) Delivered(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.messages[name]
	if p == nil {
		l.fault("%q was delivered and never sent", name)
		return false
	}
	if p.acked {
		l.fault("%q was delivered after its ack had been confirmed", name)
	}
	if l.counts.Delivered++; p.seen {
		l.counts.Again++
	}
	p.seen = true
	return true
}

// Acking says that an ack is about to be sent.
func (l *Ledger) Acking(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages[name].acking = true
}

// Acked says that the ack was confirmed.
func (l *Ledger) Acked(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages[name].acked = true
	l.counts.Acked++
}

func (l *Ledger) fault(format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// Check compares the ledger with what a queue holds: how often each name is
// there. It returns everything that was ever wrong, and the counts so far.
// Nobody may be sending or acking meanwhile.
func (l *Ledger) Check(present map[string]int) ([]string, Counts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, p := range l.messages {
		switch n := present[name]; {
		case n > 1:
			l.fault("%q is there %d times", name, n)
		case n == 0 && p.sent && !p.acking:
			l.fault("%q was confirmed and is lost", name)
		case n == 1 && p.acked:
			l.fault("%q is back although its ack was confirmed", name)
		}
		if l.came(name, present) != l.came(p.twin, present) {
			l.fault("%q came without %q, which was sent in the same transaction", name, p.twin)
		}
	}
	for name := range present {
		if l.messages[name] == nil {
			l.fault("%q is there and was never sent", name)
		}
	}
	return l.wrong, l.counts
}

// came reports whether the queue has ever shown that it took the message.
func (l *Ledger) came(name string, present map[string]int) bool {
	return l.messages[name].seen || present[name] > 0
}
