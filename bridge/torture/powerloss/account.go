package powerloss

import (
	"fmt"
	"slices"
	"strings"
)

// account keeps what was promised to producers and consumers. One goroutine uses it.
type account struct {
	interval  bool // confirmations come before the sync, and count until the cut alone
	messages  map[string]*fate
	order     map[string][]string // of each producer's names
	open      map[string]tx       // transactions to look at after the cut, by word and first name
	found     map[string]int      // what the present child has found so far
	recovered int
	confirmed Confirmed
	broken    Broken
}

// fate is what is known of one message.
type fate struct {
	sent, acked bool // confirmed
	acking      bool // asked for, and perhaps done
	seen        bool // it was delivered
	old         bool // it was there when the present child opened the store
}

// tx is what must happen together or not at all.
type tx struct{ sends, acks []string }

func newAccount(interval bool) *account {
	a := &account{interval: interval, messages: make(map[string]*fate)}
	a.begin()
	return a
}

// begin starts the account of the next child.
func (a *account) begin() {
	a.order, a.open, a.found = make(map[string][]string), make(map[string]tx), make(map[string]int)
}

// The words of a child. Each stands on a line, with the names of messages after it.
const (
	wordFound   = "found"  // in the store, when it was opened
	wordOpened  = "opened" // all that was found has been said
	wordSending = "sending"
	wordSent    = "sent"
	wordTook    = "took"
	wordAcking  = "acking"
	wordAcked   = "acked"
	wordMoving  = "moving" // acking the first and sending the second, in one transaction
	wordMoved   = "moved"
	wordReady   = "ready" // the store is open, and nobody has looked what is in it
	wordClosed  = "closed"
)

// hear takes one line of a child.
func (a *account) hear(word string, names []string) error {
	switch word {
	case wordFound:
		for _, name := range names {
			a.found[name]++
		}
	case wordOpened:
		a.settle()
	case wordSending:
		a.send(names)
		a.open[word+names[0]] = tx{sends: names}
	case wordSent:
		a.sent(names)
		a.confirmed.Sent += len(names)
		a.confirm(wordSending, names)
	case wordTook:
		a.took(names)
	case wordAcking:
		a.ack(names)
		a.open[word+names[0]] = tx{acks: names}
	case wordAcked:
		a.acked(names)
		a.confirmed.Acked += len(names)
		a.confirm(wordAcking, names)
	case wordMoving:
		a.ack(names[:1])
		a.messages[names[1]] = &fate{}
		a.open[word+names[0]] = tx{acks: names[:1], sends: names[1:]}
	case wordMoved:
		a.acked(names[:1])
		a.sent(names[1:])
		a.confirmed.Moved++
		a.confirm(wordMoving, names)
	case wordReady, wordClosed:
	default:
		return fmt.Errorf("the child says %q", word)
	}
	return nil
}

func (a *account) send(names []string) {
	producer := names[0][:strings.LastIndexByte(names[0], '.')]
	a.order[producer] = append(a.order[producer], names...)
	for _, name := range names {
		a.messages[name] = &fate{}
	}
}

func (a *account) sent(names []string) {
	for _, name := range names {
		a.messages[name].sent = true
	}
}

func (a *account) took(names []string) {
	a.confirmed.Delivered += len(names)
	for _, name := range names {
		switch f := a.messages[name]; {
		case f == nil:
			a.broken.count(&a.broken.Damaged, "%s was delivered and never sent", name)
			a.messages[name] = &fate{seen: true}
		case f.acked:
			a.broken.count(&a.broken.Back, "%s was delivered after its ack had been confirmed", name)
		default:
			f.seen = true
		}
	}
}

func (a *account) ack(names []string) {
	for _, name := range names {
		a.messages[name].acking = true
	}
}

func (a *account) acked(names []string) {
	for _, name := range names {
		a.messages[name].acked = true
	}
}

// confirm ends what names belong to: the fates of the messages say the rest,
// unless a cut may still undo it.
func (a *account) confirm(asked string, names []string) {
	if !a.interval {
		delete(a.open, asked+names[0])
	}
}

// settle compares what was found with what was promised. What is there is
// promised from now on; everything else is over.
func (a *account) settle() {
	a.recovered++
	a.checkMessages()
	a.checkTransactions()
	a.checkOrder()
	next := make(map[string]*fate)
	for name := range a.found {
		next[name] = &fate{sent: true, old: true}
		if f := a.messages[name]; f != nil {
			next[name].seen = f.seen
		}
	}
	a.messages = next
	a.begin()
}

func (a *account) checkMessages() {
	for name, f := range a.messages {
		switch n := a.found[name]; {
		case n > 1:
			a.broken.count(&a.broken.Twice, "%s is there %d times", name, n)
		case n == 1 && f.acked:
			a.broken.count(&a.broken.Back, "%s is back although its ack was confirmed", name)
		case a.lost(name):
			a.broken.count(&a.broken.Lost, "%s was confirmed and is lost", name)
		}
	}
	for name := range a.found {
		if a.messages[name] == nil {
			a.broken.count(&a.broken.Damaged, "%s is there and was never sent, or had been acked long ago", name)
		}
	}
}

// lost reports whether a confirmed message is gone without a reason.
func (a *account) lost(name string) bool {
	f := a.messages[name]
	return f.sent && !f.acking && a.found[name] == 0
}

// came reports whether a message has ever shown that it was taken.
func (a *account) came(name string) bool { return a.messages[name].seen || a.found[name] > 0 }

// checkTransactions looks at what a cut may have torn: each transaction is done
// or not, whole. With an interval a message that is gone says nothing if it had been
// taken, or was new: a cut may have undone more than one of its steps.
func (a *account) checkTransactions() {
	for _, t := range a.open {
		var done, not []string
		tally := func(name string, is bool) {
			if is {
				done = append(done, name)
			} else {
				not = append(not, name)
			}
		}
		for _, name := range t.sends {
			if f := a.messages[name]; !a.interval || !f.seen {
				tally(name, a.came(name))
			}
		}
		for _, name := range t.acks {
			if f := a.messages[name]; !a.interval || f.old {
				tally(name, a.found[name] == 0)
			}
		}
		if len(done) > 0 && len(not) > 0 {
			a.broken.count(&a.broken.Torn, "of one transaction, sends %v and acks %v, %v are done and %v are not", t.sends, t.acks, done, not)
		}
	}
}

// checkOrder looks for a message that is lost while a later one of its producer,
// who had waited for the confirmation, is there.
func (a *account) checkOrder() {
	for _, names := range a.order {
		later := false
		for _, name := range slices.Backward(names) {
			if later && a.lost(name) {
				a.broken.count(&a.broken.Holes, "%s is lost, and a later message of the same producer is not", name)
			}
			later = later || a.came(name)
		}
	}
}
