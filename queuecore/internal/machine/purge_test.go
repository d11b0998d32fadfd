package machine

import (
	"math/rand/v2"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// A chunk that a purge cut in two may be packed and purged again before the first
// purge is swept. Its page then speaks of the second part only.
func TestPurgedTwiceBeforeItIsSwept(t *testing.T) {
	f := &fuzz{t: t, rnd: rand.New(rand.NewPCG(1, 1)), disk: memstore.New(), now: 1}
	f.reload(f.disk)
	f.steps(&CreateQueue{Name: "q"})
	f.steps(sends("q", sweepPerFlush+1000), &Purge{Name: "q"}, sends("q", 2*chunkSize))
	f.steps(&Purge{Name: "q"})
	f.reload(f.disk)
	f.sweepAll()
	f.reload(f.disk)
	if n := f.m.queues["q"].len(); n != 0 {
		t.Errorf("%d purged messages are there again", n)
	}
}

// steps does rs without a Flush, and writes what they ask for.
func (f *fuzz) steps(rs ...Request) {
	out := &Output{}
	for _, r := range rs {
		f.m.Step(r, f.now, out)
	}
	f.write(out)
}

func (f *fuzz) sweepAll() {
	out := &Output{}
	for f.m.Flush(f.now, out); len(f.m.chores.garbage) > 0; {
		f.m.Flush(f.now, out)
	}
	f.write(out)
}

func sends(name string, n int) *Tx {
	tx := &Tx{}
	for range n {
		h := Head{Sent: 1, Size: 10}
		tx.Sends = append(tx.Sends, Send{Name: name, Head: h, Record: AppendHead(nil, &h)})
	}
	return tx
}
