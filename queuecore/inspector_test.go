package queuecore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
)

// inspected is a look at a store's records, some of which are lost.
type inspected struct {
	kept     store.Batch
	problems []string
	names    []string
}

// inspect shows an Inspector all records but those that lost names.
func inspect(t *testing.T, records map[string]string, order []string, lost func(key string) bool) inspected {
	t.Helper()
	i := queuecore.NewInspector()
	look := func(key []byte) store.Presence {
		switch _, ok := records[string(key)]; {
		case lost(string(key)):
			return store.Lost
		case ok:
			return store.Present
		}
		return store.Absent
	}
	for _, k := range order {
		if strings.HasPrefix(k, string(i.Names())) && !lost(k) {
			i.Learn([]byte(k), []byte(records[k]))
		}
	}
	var x inspected
	for _, k := range order {
		x.names = append(x.names, i.Name([]byte(k)))
		if lost(k) {
			continue
		}
		keep, problem := i.Judge([]byte(k), []byte(records[k]), look)
		if problem != "" {
			x.problems = append(x.problems, i.Name([]byte(k))+": "+problem)
		}
		if keep {
			x.kept.Put([]byte(k), []byte(records[k]))
		}
	}
	for _, r := range i.Mend(look) {
		x.problems = append(x.problems, r.What)
		x.kept.Put(r.Key, r.Value)
	}
	return x
}

// TestInspector: a sound store has no problems; a message whose shared record is
// lost is named and left out; a queue whose record is lost keeps its messages.
func TestInspector(t *testing.T) {
	r := newRig(t, nil)
	for _, q := range []string{"orders", "left", "right", "done"} {
		r.create(q, queuecore.QueueConfig{})
	}
	for _, q := range []string{"left", "right"} {
		r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "news", Queue: q}))
	}
	r.send("orders", "small")
	r.send("orders", strings.Repeat("large", 2000))
	_, err := r.Send(r.ctx, &queuecore.Message{Destination: queuecore.TopicNamed("news"), Body: []byte("shared")})
	r.must(err)
	_, err = r.StartMove(r.ctx, "done", "left", 0)
	r.must(err)
	r.must(r.Close())
	records, order := make(map[string]string), []string{}
	r.must(r.disk.Reopen().Load(nil, func(k, v []byte) error {
		records[string(k)], order = string(v), append(order, string(k))
		return nil
	}))

	if x := inspect(t, records, order, func(string) bool { return false }); len(x.problems) > 0 || x.kept.Len() != len(order) {
		t.Errorf("a sound store: %d of %d records kept, %q", x.kept.Len(), len(order), x.problems)
	} else if all := strings.Join(x.names, "\n"); !strings.Contains(all, `message 1 of queue "orders"`) || !strings.Contains(all, `binding "news" of queue "left"`) ||
		!strings.Contains(all, `move 1 from queue "done"`) {
		t.Errorf("names: %s", all)
	}

	shared := 0
	x := inspect(t, records, order, func(k string) bool { return k[0] == 'm' })
	for _, p := range x.problems {
		if strings.Contains(p, "cannot be read") {
			shared++
		}
	}
	if shared != 3 { // the large one, and one in each queue of the topic
		t.Errorf("without shared messages: %q", x.problems)
	}

	x = inspect(t, records, order, func(k string) bool { return k[0] == 'q' || k[0] == 'c' || k[0] == 'n' })
	fresh := newRig(t, nil)
	r.must(fresh.Close())
	disk := fresh.disk.Reopen()
	r.must(disk.Load(nil, func(k, _ []byte) error {
		var b store.Batch
		b.Delete(k)
		return disk.Write(&b)
	}))
	r.must(disk.Write(&x.kept))
	b, err := queuecore.Open(r.ctx, disk, nil)
	r.must(err)
	defer b.Close()
	var found []string
	for _, q := range b.Queues("") {
		s, err := b.Stats(r.ctx, q.Name)
		r.must(err)
		found = append(found, fmt.Sprintf("%s %d", q.Name, s.Ready))
	}
	if got := strings.Join(found, ", "); got != "orders 2, salvaged-2 1, salvaged-3 1, salvaged-4 0" {
		t.Errorf("queues made again: %s; %q", got, x.problems)
	}
}
