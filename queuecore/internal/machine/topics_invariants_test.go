package machine

import "fmt"

// marked begins a message with what tells judge where it was sent.
func marked(topic bool, text string) string {
	if topic {
		return "t" + text
	}
	return text
}

// topicOf reads where a message was sent, which the fuzz has one topic for.
func (f *fuzz) topicOf(d *Delivery) (string, bool) {
	if id, ok := d.Body.(uint64); ok {
		return "t.x", f.sentToTopic[id]
	}
	v, err := f.disk.Get(d.Key(nil))
	f.must(err)
	_, text, err := ParseHead(v)
	f.must(err)
	return "t.x", text[0] == 't'
}

func topicsFit(_ *Machine, q *queue) (err error) {
	t := q.topics
	if t == nil {
		if q.config.MaxPerTopic > 0 {
			return fmt.Errorf("bounds its topics and does not know them")
		}
		return nil
	}
	counts, n := make(map[*topic]int), 0
	q.index.view(0, func(e *entry) bool {
		x := t.of[e.seq]
		if (x == nil) != (e.seq >= t.next) {
			err = fmt.Errorf("entry %d is of %v, what is from %d on is not known", e.seq, x, t.next)
		}
		if x != nil {
			n++
			counts[x]++
		}
		return err == nil
	})
	if err != nil || n != len(t.of) {
		return fmt.Errorf("%d are known, %d are there: %w", len(t.of), n, err)
	}
	for name, x := range t.byName {
		if x.name != name || x.n != counts[x] || x.n == 0 {
			return fmt.Errorf("topic %q counts %d, has %d", x.name, x.n, counts[x])
		}
		if first, last := t.first(x), t.last(name); first > last || x.n == 1 && first != last {
			return fmt.Errorf("topic %q goes from %d to %d", name, first, last)
		}
	}
	return nil
}

// nothingIsAsked excepts nothing: uncheck comes with each transaction.
func nothingIsAsked(m *Machine) error {
	for _, q := range m.queues {
		if t := q.topics; t != nil && (len(t.asked) > 0 || len(t.order) > 0 || len(t.leaving) > 0 || t.spared != 0 || t.room != 0) {
			return fmt.Errorf("queue %s: %+v", q.name, t)
		}
	}
	return nil
}
