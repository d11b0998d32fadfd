package machine

// window keeps the messages of recent sends in memory, up to about a number of bytes,
// so that a receiver that keeps up costs no read. The oldest go first. Messages
// of transient queues are not in the window: memory is all they have.
type window struct {
	limit, used int64
	line        []*entry // from at on; those without a body are gone
	at, live    int
}

// messageOverhead is about what a message in memory takes besides its record's bytes.
const messageOverhead = 512

// add keeps body with e; its record has so many bytes.
func (w *window) add(e *entry, body any, record int) {
	n := record + messageOverhead
	if int64(n) > w.limit {
		return
	}
	e.body, e.kept = body, uint32(n)
	w.used += int64(n)
	w.live++
	w.line = append(w.line, e)
	for w.used > w.limit {
		old := w.line[w.at]
		w.line[w.at] = nil
		w.at++
		w.forget(old)
	}
}

// forget lets go of e's body, if the window keeps it.
func (w *window) forget(e *entry) {
	if e.body == nil || e.queue.config.Transient {
		return
	}
	w.used -= int64(e.kept)
	e.body = nil
	w.live--
	if len(w.line) > 2*w.live+1024 {
		w.compact()
	}
}

func (w *window) compact() {
	n := 0
	for _, e := range w.line[w.at:] {
		if e.body != nil {
			w.line[n] = e
			n++
		}
	}
	clear(w.line[n:])
	w.line, w.at = w.line[:n], 0
}
