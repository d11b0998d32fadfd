package queuecore

import (
	"container/list"
	"errors"
	"sync"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// readAhead reads the records of neighbouring entries together: receivers that
// drain a long queue want one after the other, and a walk over the store costs a
// tenth of so many look-ups. A record never changes, so nothing in here can be old.
// All methods may be called from any goroutine.
type readAhead struct {
	limit int

	mu    sync.Mutex
	runs  map[runKey]*run
	line  list.List // of *run, the oldest first
	bytes int
	last  map[uint32]uint64 // by queue: where the last read was
}

// runLength is how many sequence numbers are read together.
const runLength = 64

type runKey struct {
	queue uint32
	run   uint64
}

// run is the records of one run of sequence numbers; each is handed out once.
type run struct {
	key   runKey
	ready chan struct{} // closed when records and bytes are set

	// From then on under the readAhead's mutex.
	records [runLength][]byte
	left    int
	bytes   int
	place   *list.Element
}

// aheadBytes bounds the records that were read and not asked for yet.
const aheadBytes = 16 << 20

// runBytes is about what a run takes besides its records.
const runBytes = 2 << 10

func newReadAhead(limit int) *readAhead {
	return &readAhead{limit: limit, runs: make(map[runKey]*run), last: make(map[uint32]uint64)}
}

// scanFunc is store.Store.Range.
type scanFunc func(from, to []byte, fn func(key, value []byte) error) error

// take returns the record of an entry if it is at hand, or if the entry's neighbours
// have been asked for of late, so that reading them together is worth while. Otherwise,
// and for a record that is not there, it returns nil: the caller looks it up.
func (a *readAhead) take(queue uint32, seq uint64, scan scanFunc) []byte {
	a.mu.Lock()
	r := a.runs[runKey{queue, seq / runLength}]
	near := a.near(queue, seq)
	if r == nil && !near {
		a.mu.Unlock()
		return nil
	}
	if r == nil {
		r = a.begin(runKey{queue, seq / runLength})
		a.mu.Unlock()
		a.load(r, scan)
	} else {
		a.mu.Unlock()
		<-r.ready
	}
	return a.pick(r, seq)
}

// near reports whether seq is close to what was read last of its queue, and
// remembers it. Several receivers may be out of step by some messages each.
func (a *readAhead) near(queue uint32, seq uint64) bool {
	const reach = 16 * runLength
	last, ok := a.last[queue]
	if len(a.last) > 10_000 {
		clear(a.last)
	}
	a.last[queue] = seq
	return ok && seq < last+reach && last < seq+reach
}

func (a *readAhead) begin(k runKey) *run {
	r := &run{key: k, ready: make(chan struct{})}
	a.runs[k] = r
	return r
}

// load reads r's records. Where it cannot read, whoever looks the record up
// finds out why.
func (a *readAhead) load(r *run, scan scanFunc) {
	first := r.key.run * runLength
	bytes := 0
	_ = scan(machine.EntryKey(r.key.queue, first), machine.EntryKey(r.key.queue, first+runLength), func(k, v []byte) error {
		seq, ok := machine.EntrySeq(k)
		if bytes += len(v); !ok || bytes > a.limit/4 {
			return errEnough
		}
		r.records[seq%runLength] = append([]byte(nil), v...)
		r.left++
		return nil
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	close(r.ready)
	r.bytes = runBytes
	for i := range r.records {
		r.bytes += len(r.records[i])
	}
	a.bytes += r.bytes
	r.place = a.line.PushBack(r)
	for a.bytes > a.limit && a.line.Len() > 1 {
		a.drop(a.line.Front().Value.(*run))
	}
}

// errEnough ends a scan.
var errEnough = errors.New("enough")

// pick hands out one record of r.
func (a *readAhead) pick(r *run, seq uint64) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := r.records[seq%runLength]
	if v == nil {
		return nil
	}
	r.records[seq%runLength] = nil
	r.left--
	if a.runs[r.key] == r {
		r.bytes -= len(v)
		a.bytes -= len(v)
		if r.left == 0 {
			a.drop(r)
		}
	}
	return v
}

// drop forgets r.
func (a *readAhead) drop(r *run) {
	delete(a.runs, r.key)
	a.line.Remove(r.place)
	a.bytes -= r.bytes
}
