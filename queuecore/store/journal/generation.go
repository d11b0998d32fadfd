package journal

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// generation is what one segment did to the store: for each key the last thing. Its
// keys and values stand in the image of the segment, and are never changed there as
// long as the generation is in use.
type generation struct {
	segment *segment
	image   []byte
	synced  int             // bytes of the image that are on disk; guarded by Store.mu
	born    map[string]slot // keys that came with a fresh put, and that nothing older has put
	slots   map[string]slot // all other keys
	pins    atomic.Int32    // walks that use the image
	done    chan struct{}   // closed when the store below has all of it, or never will

	order sync.Mutex // guards what follows for walks; changes come with Store.mu held
	fresh []string   // keys that are in no run yet
	runs  [][]string // sorted keys, each run longer than twice the next
}

// slot is the last thing that was done to a key.
type slot struct {
	at, n   uint32 // the value, in the image
	deleted bool
	below   bool // an older generation or the store below may have the key
}

func newGeneration(s *segment, image []byte) *generation {
	return &generation{segment: s, image: image, born: make(map[string]slot), slots: make(map[string]slot), done: make(chan struct{})}
}

// reuse empties a generation that nobody uses any more, and keeps its memory.
func (g *generation) reuse(s *segment) {
	clear(g.born)
	clear(g.slots)
	clear(g.fresh)
	g.segment, g.image, g.synced, g.fresh, g.runs, g.done = s, g.image[:0], 0, g.fresh[:0], nil, make(chan struct{})
}

// text returns bytes of the image as a string, which is good as long as the image is.
func (g *generation) text(at, n uint32) string {
	if n == 0 {
		return ""
	}
	return unsafe.String(&g.image[at], n)
}

// do takes an operation that stands in the image.
func (g *generation) do(p place) {
	key := g.text(p.key, p.keyBytes)
	x := slot{at: p.value, n: p.valueBytes, deleted: p.kind == opDelete}
	if p.kind == opFresh {
		g.bear(key, x)
		return
	}
	if _, born := g.born[key]; born && x.deleted {
		delete(g.born, key) // it came and went, and nobody below knows
		return
	} else if born {
		g.born[key] = x
		return
	}
	was, there := g.slots[key]
	if x.below = !there || was.below; x.deleted && !x.below {
		delete(g.slots, key)
		return
	}
	g.slots[key] = x
	if !there {
		g.fresh = append(g.fresh, key)
	}
}

// bear takes a put of a key that is nowhere, unless as one that was removed.
func (g *generation) bear(key string, x slot) {
	if was, there := g.slots[key]; there {
		x.below = was.below
		g.slots[key] = x
		return
	}
	g.born[key] = x
	g.fresh = append(g.fresh, key)
}

// slot returns the last thing that was done to a key here.
func (g *generation) slot(key string) (x slot, ok bool) {
	if x, ok = g.born[key]; !ok {
		x, ok = g.slots[key]
	}
	return x, ok
}

// len returns how many keys there are.
func (g *generation) len() int { return len(g.born) + len(g.slots) }

// keyOf returns the key of a slot as it stands in the image, before the value. A map takes
// the key over that it is given, and one of another image would not stay what it is.
func (g *generation) keyOf(key string, s slot) string {
	n := uint32(len(key))
	return g.text(s.at-n, n)
}

// value returns a slot's value, which belongs to the image.
func (g *generation) value(s slot) []byte { return g.image[s.at : s.at+s.n : s.at+s.n] }

// freshMost is how many keys a walk looks through that are in no run.
const freshMost = 512

// between appends the keys from, in order, as long as in holds; keys that came and
// went may be among them, and some may be there twice. Frozen says that no keys are added
// to the generation any more.
func (g *generation) between(keys []string, from string, in func(string) bool, frozen bool) []string {
	g.order.Lock()
	defer g.order.Unlock()
	if len(g.fresh) > freshMost || frozen && len(g.fresh) > 0 {
		g.sortFresh()
	}
	start := len(keys)
	for _, run := range g.runs {
		i, _ := slices.BinarySearch(run, from)
		for ; i < len(run) && in(run[i]); i++ {
			keys = append(keys, run[i])
		}
	}
	for _, k := range g.fresh {
		if k >= from && in(k) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys[start:])
	return keys
}

// sortFresh makes a run of the fresh keys, and merges runs until each is longer than
// twice the next: a key is merged some log(n) times in all. g.order is held.
func (g *generation) sortFresh() {
	run := sortFamilies(g.fresh)
	g.fresh = g.fresh[:0]
	for n := len(g.runs); n > 0 && len(g.runs[n-1]) <= 2*len(run); n-- {
		run = merge(g.runs[n-1], run)
		g.runs = g.runs[:n-1]
	}
	g.runs = append(g.runs, run)
}

// sortFamilies returns keys in order. Those that begin with the same byte mostly come in order, or
// nearly so, and are sorted quickly once they are apart from the others.
func sortFamilies(keys []string) []string {
	var ends [257]int
	for _, k := range keys {
		ends[first(k)+1]++
	}
	for i := range ends[1:] {
		ends[i+1] += ends[i]
	}
	sorted, starts := make([]string, len(keys)), ends
	for _, k := range keys {
		sorted[ends[first(k)]] = k
		ends[first(k)]++
	}
	for i, start := range starts[:256] {
		slices.Sort(sorted[start:ends[i]])
	}
	return sorted
}

// first is the first byte of a key; the empty key comes before all others.
func first(k string) byte {
	if k == "" {
		return 0
	}
	return k[0]
}

func merge(a, b []string) []string {
	all := make([]string, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0], b[0]); {
		case c < 0:
			all, a = append(all, a[0]), a[1:]
		case c > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			a = a[1:]
		}
	}
	return append(append(all, a...), b...)
}

// keys returns all keys with a slot, in no order. Nobody may change the generation
// meanwhile.
func (g *generation) keys() []string {
	keys := slices.AppendSeq(make([]string, 0, g.len()), maps.Keys(g.born))
	return slices.AppendSeq(keys, maps.Keys(g.slots))
}
