package workload

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

// A body says whose it is, and nothing but the whole of it does.
func TestBody(t *testing.T) {
	for _, n := range []int{0, 1, 10, 60, 4097, maxBody} {
		b := body(77, n)
		if len(b) < n {
			t.Errorf("a body of %d bytes has %d", n, len(b))
		}
		if id, ok := idOf(b, workQueue); !ok || id != 77 {
			t.Errorf("%d bytes: id %d, %v", n, id, ok)
		}
		if id, ok := idOf(b, fanBQueue); !ok || id != 78 {
			t.Errorf("%d bytes, second queue of a topic: id %d, %v", n, id, ok)
		}
		if _, ok := idOf(b[:len(b)-1], workQueue); ok && n > 10 {
			t.Errorf("%d bytes: the last one is not missed", n)
		}
		if _, ok := idOf(append(b, 'x'), workQueue); ok {
			t.Errorf("%d bytes: one too many is not seen", n)
		}
	}
	for _, text := range []string{"", "x", "1", "1 ", "a 5 a 5", "1 999999999999 1", "-1 20 xxxxxxxxxxxxxxx"} {
		if id, ok := idOf([]byte(text), workQueue); ok {
			t.Errorf("%q has the id %d", text, id)
		}
	}
}

func TestSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	large, sum := 0, 0
	const n = 20_000
	for range n {
		x := size(r)
		if x < 1 || x > maxBody {
			t.Fatalf("size %d", x)
		}
		if sum += x; x > 4<<10 {
			large++
		}
	}
	if large == 0 || large > n/50 || sum/n > 1000 {
		t.Errorf("%d of %d are large, %d bytes on average", large, n, sum/n)
	}
}

// What was not confirmed is sent again in its order, and given up when it is old.
func TestResends(t *testing.T) {
	l := ledger.New(ledger.Options{})
	ids := l.Sending(make([]ledger.Send, 4)...)
	var x resends
	list := make([]resend, len(ids))
	for i, id := range ids {
		list[i] = resend{id: id, first: farAgo(i == 2)}
	}
	x.remember(l, list, map[ledger.ID]bool{ids[1]: true})
	again := x.take(l)
	if len(again) != 2 || again[0].id != ids[0] || again[1].id != ids[3] || len(x.take(l)) != 0 {
		t.Errorf("sent again: %+v", again)
	}
}

func farAgo(far bool) time.Time {
	if far {
		return time.Now().Add(-resendWithin)
	}
	return time.Now()
}
