package machine

// ordered is what stands in lanes: entries by sequence number, chunks by theirs.
type ordered interface {
	comparable
	order() uint64
}

// lane holds entries, or chunks, in order. New ones come in order and stand in a
// line; the few that come back stand in a heap, and the lower head of the two is
// the lane's. Those that were settled meanwhile are passed over: keep says which
// ones still belong here.
type lane[T ordered] struct {
	line []T // from at on
	at   int
	back []T // heap by order
}

// push adds e.
func (l *lane[T]) push(e T) {
	if n := len(l.line); n == l.at || l.line[n-1].order() < e.order() {
		l.line = append(l.line, e)
		return
	}
	l.pushBack(e)
}

func (l *lane[T]) pushBack(e T) {
	l.back = append(l.back, e)
	for i := len(l.back) - 1; i > 0; {
		p := (i - 1) / 2
		if l.back[p].order() <= l.back[i].order() {
			break
		}
		l.back[p], l.back[i] = l.back[i], l.back[p]
		i = p
	}
}

// head returns the first entry for which keep holds, and drops those before it.
func (l *lane[T]) head(keep func(T) bool) (first T) {
	for l.at < len(l.line) && !keep(l.line[l.at]) {
		l.shift()
	}
	for len(l.back) > 0 && !keep(l.back[0]) {
		l.popBack()
	}
	switch {
	case l.at == len(l.line) && len(l.back) == 0:
		return first
	case len(l.back) == 0:
		return l.line[l.at]
	case l.at == len(l.line) || l.back[0].order() < l.line[l.at].order():
		return l.back[0]
	}
	return l.line[l.at]
}

// drop takes the head out, which head has just returned.
func (l *lane[T]) drop(head T) {
	if len(l.back) > 0 && l.back[0] == head {
		l.popBack()
		return
	}
	l.shift()
}

func (l *lane[T]) shift() {
	var none T
	l.line[l.at] = none
	l.at++
	if l.at > 32 && l.at*2 > len(l.line) {
		n := copy(l.line, l.line[l.at:])
		clear(l.line[n:])
		l.line, l.at = l.line[:n], 0
	}
}

func (l *lane[T]) popBack() {
	last := len(l.back) - 1
	l.back[0] = l.back[last]
	var none T
	l.back[last] = none
	l.back = l.back[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return
		}
		if c+1 < last && l.back[c+1].order() < l.back[c].order() {
			c++
		}
		if l.back[i].order() <= l.back[c].order() {
			return
		}
		l.back[i], l.back[c] = l.back[c], l.back[i]
		i = c
	}
}

// trim drops from the whole lane what keep does not hold for. It is called now
// and then by a queue whose entries go without being received.
func (l *lane[T]) trim(keep func(T) bool) {
	n := 0
	for _, e := range l.line[l.at:] {
		if keep(e) {
			l.line[n] = e
			n++
		}
	}
	clear(l.line[n:])
	l.line, l.at = l.line[:n], 0
	old := l.back
	l.back = nil
	for _, e := range old {
		if keep(e) {
			l.pushBack(e)
		}
	}
}

// cutBack drops what stands at the end of the line from number n on, and returns
// how many those were.
func (l *lane[T]) cutBack(n uint64) int {
	end := len(l.line)
	for end > l.at && l.line[end-1].order() >= n {
		end--
	}
	cut := len(l.line) - end
	clear(l.line[end:])
	l.line = l.line[:end]
	return cut
}
