package jetstream

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLedgerAgainstTwin compares the ledger with a plain map.
func TestLedgerAgainstTwin(t *testing.T) {
	start := time.Unix(1000, 0)
	rapid.Check(t, func(t *rapid.T) {
		var l ledger
		twin, order := map[uint64]held{}, uint64(0)
		seqs := rapid.Uint64Range(1, 8)
		ends := rapid.Custom(func(t *rapid.T) time.Time {
			return start.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "seconds")) * time.Second)
		})
		attempts := rapid.Uint32Range(1, 3)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				order++
				h := held{seq: seqs.Draw(t, "seq"), attempt: attempts.Draw(t, "attempt"), order: order, until: ends.Draw(t, "until")}
				l.add(h)
				twin[h.seq] = h
			},
			"settle": func(t *rapid.T) {
				seq, attempt := seqs.Draw(t, "seq"), attempts.Draw(t, "attempt")
				l.settle(seq, attempt)
				if twin[seq].attempt == attempt {
					delete(twin, seq)
				}
			},
			"extend": func(t *rapid.T) {
				seq, attempt, until := seqs.Draw(t, "seq"), attempts.Draw(t, "attempt"), ends.Draw(t, "until")
				l.extend(seq, attempt, until)
				if h, ok := twin[seq]; ok && h.attempt == attempt {
					h.until = until
					twin[seq] = h
				}
			},
			"sweep": func(t *rapid.T) {
				now := ends.Draw(t, "now")
				l.sweep(now)
				for seq, h := range twin {
					if !h.until.After(now) {
						delete(twin, seq)
					}
				}
			},
			"": func(t *rapid.T) {
				checkLedger(t, &l, twin, order)
			},
		})
	})
}

func checkLedger(t *rapid.T, l *ledger, twin map[uint64]held, top uint64) {
	again, floor := 0, top
	for _, h := range twin {
		floor = min(floor, h.order-1)
		if h.attempt > 1 {
			again++
		}
	}
	if l.len() != len(twin) || l.redelivered() != again || l.floor(top) != floor {
		t.Fatalf("len %d, redelivered %d, floor %d; want %d, %d, %d", l.len(), l.redelivered(), l.floor(top), len(twin), again, floor)
	}
	n := 0
	for h := l.first; h != nil; h = h.next {
		n++
		if want := twin[h.seq]; want.until != h.until || want.attempt != h.attempt {
			t.Fatalf("%+v, want %+v", h, want)
		}
		if h.next != nil && h.next.until.Before(h.until) || h.next == nil && l.last != h {
			t.Fatal("out of order")
		}
	}
	if n != len(twin) {
		t.Fatalf("the list has %d of %d", n, len(twin))
	}
}
