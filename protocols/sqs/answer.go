package sqs

import (
	"container/list"
	"sync"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// answers remembers what receives with an id of their own were answered with, so that a
// client that did not get the answer is given the same messages when it asks again.
// Most clients never do: an answer holds receipts and no messages, has no timer, and
// goes with the first of its messages that is settled, or when later ones come.
type answers struct {
	most, mostBytes int // of line

	mu        sync.Mutex // over what follows, and the answers
	byKey     map[answerKey]*answer
	byReceipt map[queuecore.Receipt]*answer
	line      list.List // of *answer, those that are remembered, oldest first
	bytes     int       // that these take, about
}

// answerKey names an answer. An id is its user's own: nobody is given what somebody
// else has received because he uses, or guesses, the same one.
type answerKey struct {
	queue uint32
	user  string
	id    string
}

// answer is what a receive was answered with. Until done is closed that receive is
// under way; from then on done, short, at and handed stay as they are.
type answer struct {
	key    answerKey
	short  bool          // the receive does not wait for messages
	done   chan struct{} // closed when the receive has ended
	at     time.Time     // of the answer
	handed []handed      // none: there is nothing to be given again

	place  *list.Element // in the line; nil: not remembered
	reused bool          // was given to more than the receive that it is of

	// giving is held while the messages are given again. One of them is settled
	// before that, when there is no answer any more, or after.
	giving sync.Mutex
}

// handed is a message that a receive has handed out, as far as the core would not tell
// it again.
type handed struct {
	receipt queuecore.Receipt
	first   time.Time
}

// What an answer and each of its messages take of memory, about.
const (
	answerBytes = 512
	handedBytes = 128
)

func newAnswers(most, mostBytes int) *answers {
	return &answers{
		most: most, mostBytes: mostBytes,
		byKey: make(map[answerKey]*answer), byReceipt: make(map[queuecore.Receipt]*answer),
	}
}

// claim returns the answer of that key. first says that there is none: it is then for
// the caller to receive, and to call end.
func (s *answers) claim(key answerKey, short bool, now time.Time) (a *answer, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(now)
	if a = s.byKey[key]; a != nil {
		return a, false
	}
	a = &answer{key: key, short: short, done: make(chan struct{})}
	s.byKey[key] = a
	return a, true
}

// end says what the receive that claimed a has got. Nothing is not remembered.
func (s *answers) end(a *answer, list []queuecore.Delivery, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(a.done)
	a.at = now
	if len(list) == 0 {
		delete(s.byKey, a.key)
		return
	}
	a.handed = make([]handed, len(list))
	for i := range list {
		a.handed[i] = handed{list[i].Receipt, list[i].First}
		s.byReceipt[list[i].Receipt] = a
	}
	a.place = s.line.PushBack(a)
	s.bytes += a.size()
	s.prune(now)
}

// reuse reports whether a is still remembered. If it is, its messages are no longer
// those of one receive alone.
func (s *answers) reuse(a *answer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.reused = a.reused || a.place != nil
	return a.place != nil
}

// forget drops the answer that a message is in, for the message is about to be settled.
// It waits while that is given again.
func (s *answers) forget(r queuecore.Receipt) {
	if a := s.with(r); a != nil {
		a.giving.Lock()
		defer a.giving.Unlock()
		s.void(a)
	}
}

// with returns the answer that a message is in, or nil.
func (s *answers) with(r queuecore.Receipt) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byReceipt[r]
}

// void drops a, which is not good any more.
func (s *answers) void(a *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(a)
}

// takeBack drops a, which did not reach its client, and reports whether nobody else
// was given its messages.
func (s *answers) takeBack(a *answer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.reused {
		return false
	}
	s.drop(a)
	return true
}

// prune drops what is too old, and the oldest while there is too much.
func (s *answers) prune(now time.Time) {
	for e := s.line.Front(); e != nil; e = s.line.Front() {
		a := e.Value.(*answer)
		if a.isFresh(now) && s.line.Len() <= s.most && s.bytes <= s.mostBytes {
			return
		}
		s.drop(a)
	}
}

func (s *answers) drop(a *answer) {
	if a.place == nil {
		return
	}
	s.line.Remove(a.place)
	a.place = nil
	s.bytes -= a.size()
	delete(s.byKey, a.key)
	for _, h := range a.handed {
		delete(s.byReceipt, h.receipt)
	}
}

// hasEnded reports whether the receive that a is of is no longer under way.
func (a *answer) hasEnded() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

func (a *answer) isFresh(now time.Time) bool { return now.Sub(a.at) < answerWindow }

func (a *answer) size() int {
	return answerBytes + len(a.key.user) + len(a.key.id) + handedBytes*len(a.handed)
}
