package queuecore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/selector"
)

// keptChanges is how many changes of queues there is room for between two batches, some 600 bytes each.
const keptChanges = 256

// directory is what the world sees of queues and bindings: what is on disk. The
// machine may be a batch ahead of it.
type directory struct {
	clock    *clock
	watchers watchers[QueueChange]
	changed  []QueueChange // room for those of one batch; the writer's goroutine's

	mu       sync.RWMutex // over what follows; the writer's goroutine alone changes it
	byName   map[string]QueueInfo
	byID     map[uint32]QueueInfo
	bindings map[string]map[string]string // queue's name to patterns to selectors
	members  map[string][]string          // relay's name to names of members, sorted
	topics   selector.Table[string]
	asks     asks
}

func (d *directory) init(m *machine.Machine, c *clock) {
	d.clock = c
	d.byName, d.byID = make(map[string]QueueInfo), make(map[uint32]QueueInfo)
	d.bindings, d.members = make(map[string]map[string]string), make(map[string][]string)
	d.apply(m.Describe())
}

// apply follows the changes that have been written.
func (d *directory) apply(changes []machine.Change) {
	if len(changes) == 0 {
		return
	}
	d.follow(changes)
	d.watchers.tell(d.changed)
	if clear(d.changed); cap(d.changed) > keptChanges {
		d.changed = nil
	}
	d.changed = d.changed[:0]
}

// note keeps a change for those who watch.
func (d *directory) note(x QueueChange) {
	if d.watchers.any() {
		d.changed = append(d.changed, x)
	}
}

func (d *directory) follow(changes []machine.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range changes {
		d.change(&changes[i])
	}
}

func (d *directory) change(c *machine.Change) {
	name := c.Queue.Name
	switch {
	case c.Deleted:
		d.note(QueueChange{Was: d.byName[name]})
		delete(d.byName, name)
		delete(d.byID, c.Queue.ID)
		d.dismiss(c.Queue.Config.Of, name)
	case c.Bound != "":
		d.topics.Add(pattern(c.Bound), name)
		d.asks.add(c)
		if d.bindings[name] == nil {
			d.bindings[name] = make(map[string]string)
		}
		d.bindings[name][c.Bound] = c.Selector
	case c.Unbound != "":
		d.topics.Remove(pattern(c.Unbound), name)
		d.asks.remove(c)
		if delete(d.bindings[name], c.Unbound); len(d.bindings[name]) == 0 {
			delete(d.bindings, name)
		}
	default:
		info := queueInfo(&c.Queue, d.clock)
		d.note(QueueChange{Was: d.byName[name], Is: info})
		d.byName[name], d.byID[info.ID] = info, info
		d.enroll(info.Config.Of, name)
	}
}

// pattern parses what the machine has taken already.
func pattern(text string) selector.Pattern {
	p, err := selector.Parse(text)
	if err != nil {
		panic("a binding with a bad pattern: " + text)
	}
	return p
}

// Queue returns what is known of a queue; ErrNotFound. It costs no round trip
// through the loop.
func (b *Broker) Queue(name string) (QueueInfo, error) {
	b.directory.mu.RLock()
	defer b.directory.mu.RUnlock()
	if q, ok := b.directory.byName[name]; ok {
		return q, nil
	}
	return QueueInfo{}, fmt.Errorf("queue %q: %w", name, ErrNotFound)
}

// QueueByID is Queue by QueueInfo.ID.
func (b *Broker) QueueByID(id uint32) (QueueInfo, error) {
	b.directory.mu.RLock()
	defer b.directory.mu.RUnlock()
	if q, ok := b.directory.byID[id]; ok {
		return q, nil
	}
	return QueueInfo{}, fmt.Errorf("queue number %d: %w", id, ErrNotFound)
}

// Queues returns the queues whose names begin with prefix, sorted by name.
func (b *Broker) Queues(prefix string) []QueueInfo {
	b.directory.mu.RLock()
	defer b.directory.mu.RUnlock()
	var qs []QueueInfo
	for name, q := range b.directory.byName {
		if strings.HasPrefix(name, prefix) {
			qs = append(qs, q)
		}
	}
	slices.SortFunc(qs, func(x, y QueueInfo) int { return cmp.Compare(x.Name, y.Name) })
	return qs
}

// Bindings returns the bindings of a queue, or of all queues when queue is "",
// sorted by queue and pattern.
func (b *Broker) Bindings(queue string) []Binding {
	b.directory.mu.RLock()
	defer b.directory.mu.RUnlock()
	var xs []Binding
	for name, patterns := range b.directory.bindings {
		for p, s := range patterns {
			if queue == "" || queue == name {
				xs = append(xs, Binding{Pattern: p, Queue: name, Selector: s})
			}
		}
	}
	slices.SortFunc(xs, func(x, y Binding) int {
		return cmp.Or(cmp.Compare(x.Queue, y.Queue), cmp.Compare(x.Pattern, y.Pattern))
	})
	return xs
}

// Match returns the names of the queues that a message sent to the topic would
// reach if it were what the bindings' selectors want, sorted, or nil. It costs no round
// trip through the loop.
func (b *Broker) Match(topic string) []string {
	b.directory.mu.RLock()
	defer b.directory.mu.RUnlock()
	var names []string
	b.directory.topics.Match(topic, func(name string) { names = append(names, name) })
	slices.Sort(names)
	return names
}
