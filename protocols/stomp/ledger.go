package stomp

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/queuecore"
)

// ledger knows what the client of one connection has been given and has not
// settled. What a client calls a delivery means something in its own ledger
// alone, so that no client can settle what another holds.
type ledger struct {
	limit int // of deliveries

	mu      sync.Mutex // over what follows, and the held of each subscription
	last    uint64     // number of the youngest delivery
	total   int
	byKey   map[string]*held
	stalled []*subscription // that wait until total is below the limit
}

// held is one delivery that the client has not settled.
type held struct {
	sub     *subscription
	number  uint64 // of the deliveries of the connection, in their order
	key     string // what the client calls it when it settles it; "" in auto mode
	receipt queuecore.Receipt
	bytes   int              // that count for a window
	nack    time.Duration    // how it goes back when it is settled by NACK
	claimed bool             // an ACK or NACK is on its way, or in an open transaction
	object  *mapping.Pointer // removed once the delivery is acked; nil: none
}

func newLedger(limit int) *ledger {
	return &ledger{limit: limit, byKey: make(map[string]*held)}
}

// credit returns how many more deliveries s may hold. When it is none, s.wake
// gets a token as soon as there may be more.
func (l *ledger) credit(s *subscription) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.limit {
		if !slices.Contains(l.stalled, s) {
			l.stalled = append(l.stalled, s)
		}
		return 0
	}
	if s.window > 0 {
		return s.windowCredit()
	}
	return min(s.prefetch-len(s.held)-s.claims, l.limit-l.total)
}

// add enters a delivery. Its key is the message's own id where the version wants
// that, and made unique within the connection; otherwise its number. From then on a client that guesses
// its key can claim it.
func (l *ledger) add(s *subscription, o *payload.Opened, bytes int, id string, byID bool) *held {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	h := &held{sub: s, number: l.last, receipt: o.Receipt, bytes: bytes, object: o.Object}
	s.bytes += bytes
	if s.mode != ackAuto {
		h.key = strconv.FormatUint(h.number, 10)
		if byID {
			if _, taken := l.byKey[id]; taken {
				id += "-" + h.key
			}
			h.key = id
		}
		l.byKey[h.key] = h
	}
	s.held = append(s.held, h)
	l.total++
	return h
}

// claim takes the delivery that the client calls key from its subscription, and
// when the mode of that is client, all before it as well. STOMP 1.2, "SUBSCRIBE
// ack Header". subscription must be the subscription's id, unless it is "".
// With alone it is that one in any mode. Each claim is followed by makeRoom, and then by settled or putBack.
func (l *ledger) claim(key, subscription string, alone bool) []*held {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.byKey[key]
	if h == nil || h.claimed || subscription != "" && h.sub.id != subscription {
		return nil
	}
	i, _ := slices.BinarySearchFunc(h.sub.held, h.number, byNumber)
	from := i
	if h.sub.mode == ackClient && !alone {
		from = 0
	}
	claimed := slices.Clone(h.sub.held[from : i+1])
	h.sub.held = slices.Delete(h.sub.held, from, i+1)
	for _, x := range claimed {
		x.claimed = true
	}
	h.sub.claims += len(claimed)
	return claimed
}

// makeRoom has others take the place of deliveries that have been claimed. A NACK must be the
// broker's before: else the next Receive would not see what it brings back.
func (l *ledger) makeRoom(hs []*held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range hs {
		h.sub.claims--
		h.sub.bytes -= h.bytes
		h.sub.wakeUp()
	}
}

func byNumber(h *held, n uint64) int { return cmp.Compare(h.number, n) }

// drop removes deliveries that are over. Those that the client has settled
// before, by guessing what they would be called, are passed by.
func (l *ledger) drop(hs []*held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, h := range hs {
		if j, ok := slices.BinarySearchFunc(h.sub.held, h.number, byNumber); ok {
			h.sub.held = slices.Delete(h.sub.held, j, j+1)
			h.sub.bytes -= h.bytes
			l.forget(hs[i : i+1])
		}
	}
}

// settled forgets deliveries that have been claimed.
func (l *ledger) settled(hs []*held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(hs)
}

// putBack undoes claims.
func (l *ledger) putBack(hs []*held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range hs {
		i, _ := slices.BinarySearchFunc(h.sub.held, h.number, byNumber)
		h.sub.held = slices.Insert(h.sub.held, i, h)
		h.sub.bytes += h.bytes
		h.claimed = false
	}
}

// forget lets those go on that waited for room. l.mu is held.
func (l *ledger) forget(hs []*held) {
	for _, h := range hs {
		delete(l.byKey, h.key)
		h.sub.wakeUp()
	}
	l.total -= len(hs)
	if l.total < l.limit {
		for _, s := range l.stalled {
			s.wakeUp()
		}
		l.stalled = nil
	}
}
