package machine

// lane holds entries in order of sequence number. New ones come in order and
// stand in a line; the few that come back stand in a heap, and the lower head of
// the two is the lane's. Entries that were settled meanwhile are passed over:
// keep says which ones still belong here.
type lane struct {
	line []*entry // from start on
	at   int
	back []*entry // heap by seq
}

// push adds e.
func (l *lane) push(e *entry) {
	if n := len(l.line); n == l.at || l.line[n-1].seq < e.seq {
		l.line = append(l.line, e)
		return
	}
	l.pushBack(e)
}

func (l *lane) pushBack(e *entry) {
	l.back = append(l.back, e)
	for i := len(l.back) - 1; i > 0; {
		p := (i - 1) / 2
		if l.back[p].seq <= l.back[i].seq {
			break
		}
		l.back[p], l.back[i] = l.back[i], l.back[p]
		i = p
	}
}

// head returns the first entry for which keep holds, and drops those before it.
func (l *lane) head(keep func(*entry) bool) *entry {
	for l.at < len(l.line) && !keep(l.line[l.at]) {
		l.shift()
	}
	for len(l.back) > 0 && !keep(l.back[0]) {
		l.popBack()
	}
	switch {
	case l.at == len(l.line) && len(l.back) == 0:
		return nil
	case len(l.back) == 0:
		return l.line[l.at]
	case l.at == len(l.line) || l.back[0].seq < l.line[l.at].seq:
		return l.back[0]
	}
	return l.line[l.at]
}

// drop takes the head out, which head has just returned.
func (l *lane) drop(head *entry) {
	if len(l.back) > 0 && l.back[0] == head {
		l.popBack()
		return
	}
	l.shift()
}

func (l *lane) shift() {
	l.line[l.at] = nil
	l.at++
	if l.at > 32 && l.at*2 > len(l.line) {
		n := copy(l.line, l.line[l.at:])
		clear(l.line[n:])
		l.line, l.at = l.line[:n], 0
	}
}

func (l *lane) popBack() {
	last := len(l.back) - 1
	l.back[0] = l.back[last]
	l.back[last] = nil
	l.back = l.back[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return
		}
		if c+1 < last && l.back[c+1].seq < l.back[c].seq {
			c++
		}
		if l.back[i].seq <= l.back[c].seq {
			return
		}
		l.back[i], l.back[c] = l.back[c], l.back[i]
		i = c
	}
}

// trim drops from the whole lane what keep does not hold for. It is called now
// and then by a queue whose entries go without being received.
func (l *lane) trim(keep func(*entry) bool) {
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
