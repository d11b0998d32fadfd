package coretest

import "github.com/sluicemq/sluice/queuecore"

// twinTopics is what a transaction asks of the topics of queues that bound them.
type twinTopics struct {
	w       *twin
	leaving map[*twinMessage]bool // that it acks
	asked   map[twinTopic]int
}

type twinTopic struct {
	q    *twinQueue
	name string // "": sent to a queue
}

func (w *twin) asksTopics(acks []queuecore.Receipt) *twinTopics {
	x := &twinTopics{w: w, leaving: make(map[*twinMessage]bool), asked: make(map[twinTopic]int)}
	for _, r := range acks {
		if q := w.queueByID(r.Queue); q != nil {
			if m := q.message(r.Seq); m != nil && m.fits(r) {
				x.leaving[m] = true
			}
		}
	}
	return x
}

// add counts a message that is to come to q, and reports whether it is refused.
func (x *twinTopics) add(q *twinQueue, name string) bool {
	at := twinTopic{q, name}
	x.asked[at]++
	over := x.over(at)
	return over > 0 && (!q.config.DropOldestPerTopic || x.asked[at] > q.config.MaxPerTopic)
}

// over returns how many messages are too many.
func (x *twinTopics) over(at twinTopic) int {
	if at.q.config.MaxPerTopic == 0 {
		return 0
	}
	n := x.asked[at]
	for _, m := range at.q.all {
		if m.topic == at.name && !x.leaving[m] {
			n++
		}
	}
	return n - at.q.config.MaxPerTopic
}

// victims returns what goes from q to make room, and its bytes.
func (x *twinTopics) victims(q *twinQueue) (gone []*twinMessage, bytes int) {
	for at := range x.asked {
		if at.q != q {
			continue
		}
		over := x.over(at)
		for _, m := range q.all {
			if over > 0 && m.topic == at.name && !x.leaving[m] {
				gone, bytes = append(gone, m), bytes+m.size
				over--
			}
		}
	}
	return gone, bytes
}

// drop drops the victims.
func (x *twinTopics) drop() {
	for _, q := range x.w.queues {
		gone, _ := x.victims(q)
		for _, m := range gone {
			x.w.take(q, m)
			q.totals.Dropped++
		}
	}
}

// trimTopics drops what q has too many of since its rules have changed.
func (w *twin) trimTopics(q *twinQueue) {
	if !q.config.DropOldestPerTopic {
		return
	}
	x := w.asksTopics(nil)
	for _, m := range q.all {
		x.asked[twinTopic{q, m.topic}] = 0
	}
	x.drop()
}

// lastOf returns the number of the last message of a topic; 0: there is none.
func (q *twinQueue) lastOf(name string) (last uint64) {
	for _, m := range q.all {
		if m.topic == name {
			last = m.seq
		}
	}
	return last
}
