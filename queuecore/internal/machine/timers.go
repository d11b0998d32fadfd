package machine

// timers is a heap of entries, and of chunks with packed entries, by the time they
// are due. Each knows its place, so that a settled lease leaves the heap at once.
type timers struct{ heap []timer }

type timer struct {
	at int64
	e  *entry
	c  *chunk // when e is nil
}

// place is where the timer's owner keeps its place.
func (t *timer) place() *int32 {
	if t.e != nil {
		return &t.e.timer
	}
	return &t.c.timer
}

func (t *timer) rank() (queue uint32, seq uint64) {
	if t.e != nil {
		return t.e.queue.id, t.e.seq
	}
	return t.c.queue.id, t.c.firstSeq()
}

// before orders timers; those due at once go by queue and sequence number, so
// that the same steps always give the same answers.
func (t *timer) before(u *timer) bool {
	if t.at != u.at {
		return t.at < u.at
	}
	q, n := t.rank()
	r, o := u.rank()
	return q < r || q == r && n < o
}

// set puts e at its due time, moves it there, or takes it out.
func (t *timers) set(e *entry) { t.put(timer{at: e.due(), e: e}) }

// setChunk is set for c's packed entries.
func (t *timers) setChunk(c *chunk) { t.put(timer{at: c.due(), c: c}) }

func (t *timers) put(x timer) {
	place := x.place()
	switch {
	case x.at == 0:
		t.remove(place)
	case *place < 0:
		*place = int32(len(t.heap))
		t.heap = append(t.heap, x)
		t.up(int(*place))
	case t.heap[*place].at != x.at:
		t.heap[*place].at = x.at
		t.down(t.up(int(*place)))
	}
}

// drop takes e out; it need not be in.
func (t *timers) drop(e *entry) { t.remove(&e.timer) }

// dropChunk is drop for a chunk.
func (t *timers) dropChunk(c *chunk) { t.remove(&c.timer) }

func (t *timers) remove(place *int32) {
	i := int(*place)
	if i < 0 {
		return
	}
	*place = -1
	last := len(t.heap) - 1
	if i != last {
		t.heap[i] = t.heap[last]
		*t.heap[i].place() = int32(i)
	}
	t.heap[last] = timer{}
	t.heap = t.heap[:last]
	if i != last {
		t.down(t.up(i))
	}
}

// next returns the earliest time, or 0.
func (t *timers) next() int64 {
	if len(t.heap) == 0 {
		return 0
	}
	return t.heap[0].at
}

// pop takes out the earliest entry or chunk if it is due by now.
func (t *timers) pop(now int64) (*entry, *chunk) {
	if len(t.heap) == 0 || t.heap[0].at > now {
		return nil, nil
	}
	x := t.heap[0]
	t.remove(x.place())
	return x.e, x.c
}

func (t *timers) up(i int) int {
	h := t.heap
	for i > 0 {
		p := (i - 1) / 2
		if !h[i].before(&h[p]) {
			break
		}
		t.swap(i, p)
		i = p
	}
	return i
}

func (t *timers) down(i int) {
	h := t.heap
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].before(&h[c]) {
			c++
		}
		if !h[c].before(&h[i]) {
			return
		}
		t.swap(i, c)
		i = c
	}
}

func (t *timers) swap(i, j int) {
	h := t.heap
	h[i], h[j] = h[j], h[i]
	*h[i].place(), *h[j].place() = int32(i), int32(j)
}
