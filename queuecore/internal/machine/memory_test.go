package machine

import (
	"fmt"
	"runtime"
	"testing"
	"unsafe"
)

// BenchmarkWaiting fills a queue and reports what a waiting message takes in
// memory once it has left the window.
func BenchmarkWaiting(b *testing.B) {
	const n = 200_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := New(Limits{Warm: 1 << 30})
		var out Output
		m.Step(&CreateQueue{Name: "q"}, 1, &out)
		for range n {
			h := Head{Sent: 1, Priority: 4, Size: 100}
			m.Step(&Tx{Sends: []Send{{Name: "q", Head: h, Record: AppendHead(nil, &h)}}}, 1, &out)
			out.Reset()
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/message")
		runtime.KeepAlive(m)
	}
}

func TestIndexWalksOverGaps(t *testing.T) {
	x, q := newIndex(&tally{}), &queue{}
	for seq := uint64(1); seq <= 1000; seq++ {
		x.add(q, seq).state = Ready
	}
	for seq := uint64(1); seq <= 1000; seq++ {
		if seq != 3 && seq != 500 && seq != 1000 {
			x.remove(x.get(seq))
		}
	}
	seen := func(from uint64) (all []uint64) {
		x.from(from, func(e *entry) bool { all = append(all, e.seq); return true })
		return all
	}
	for from, want := range map[uint64]string{
		0: "[3 500 1000]", 3: "[3 500 1000]", 4: "[500 1000]", 300: "[500 1000]", 501: "[1000]", 1001: "[]", 99999: "[]",
	} {
		if got := seen(from); fmt.Sprint(got) != want {
			t.Errorf("from %d: %v, want %s", from, got, want)
		}
	}
	first := uint64(0)
	x.head(func(e *entry) { first = e.seq })
	if x.n != 3 || len(x.chunks) != 3 || first != 3 {
		t.Errorf("%d entries in %d chunks", x.n, len(x.chunks))
	}
}

// What is packed where it stands is not kept in memory by the lanes it stood in.
func TestLanesLetGoOfWhatIsPacked(t *testing.T) {
	const n = 5000
	m, out := New(Limits{Warm: 1 << 20}), &Output{}
	m.Step(&CreateQueue{Name: "q"}, 1, out)
	m.Step(sends("q", n), 1, out)
	m.limits.Warm = 0
	for range n/chunkSize/squeezedPerFlush + 2 {
		m.Flush(1, out)
	}
	q := m.queues["q"]
	if stands := len(q.lanes[0].all()); q.index.warm > chunkSize || stands > 1100 {
		t.Errorf("%d are warm, and %d stand in the lane", q.index.warm, stands)
	}
}

// A warm entry keeps the room of its whole chunk, and the bound of memory knows it.
func TestSparseEntriesCountInFull(t *testing.T) {
	const chunks = 300
	m, out := New(Limits{Warm: 1 << 20}), &Output{}
	m.Step(&CreateQueue{Name: "q"}, 1, out)
	m.Step(sends("q", chunks*chunkSize), 1, out)
	for seq := range uint64(chunks * chunkSize) {
		if seq%chunkSize != 1 {
			m.Step(&Remove{Name: "q", Seq: seq}, 1, out)
			out.Reset()
		}
	}
	if n := m.queues["q"].len(); n > chunks+1 {
		t.Fatalf("%d are left", n)
	}
	if least := int64(chunks * chunkSize * unsafe.Sizeof(entry{})); m.tally.bytes() < least {
		t.Errorf("%d bytes are counted, the entries' room alone takes %d", m.tally.bytes(), least)
	}
}
