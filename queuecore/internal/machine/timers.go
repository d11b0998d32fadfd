package machine

// timers is a heap of entries by the time they are due. An entry knows its
// place, so that a settled lease leaves the heap at once.
type timers struct{ heap []timer }

type timer struct {
	at int64
	e  *entry
}

// before orders timers; those due at once go by queue and sequence number, so
// that the same steps always give the same answers.
func (t *timer) before(u *timer) bool {
	switch {
	case t.at != u.at:
		return t.at < u.at
	case t.e.queue != u.e.queue:
		return t.e.queue.id < u.e.queue.id
	}
	return t.e.seq < u.e.seq
}

// set puts e at its due time, moves it there, or takes it out.
func (t *timers) set(e *entry) {
	at := e.due()
	switch {
	case at == 0:
		t.drop(e)
	case e.timer < 0:
		e.timer = int32(len(t.heap))
		t.heap = append(t.heap, timer{at, e})
		t.up(int(e.timer))
	case t.heap[e.timer].at != at:
		t.heap[e.timer].at = at
		t.down(t.up(int(e.timer)))
	}
}

// drop takes e out; it need not be in.
func (t *timers) drop(e *entry) {
	i := int(e.timer)
	if i < 0 {
		return
	}
	e.timer = -1
	last := len(t.heap) - 1
	if i != last {
		t.heap[i] = t.heap[last]
		t.heap[i].e.timer = int32(i)
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

// pop takes out the earliest entry if it is due by now.
func (t *timers) pop(now int64) *entry {
	if len(t.heap) == 0 || t.heap[0].at > now {
		return nil
	}
	e := t.heap[0].e
	t.drop(e)
	return e
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
	h[i].e.timer, h[j].e.timer = int32(i), int32(j)
}
