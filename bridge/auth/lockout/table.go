package lockout

import (
	"container/list"
	"time"
)

// How many of each are remembered, some 200 bytes each. Beyond, those whose last failure is the longest ago go.
const (
	maxPairs     = 64 << 10
	maxAddresses = 16 << 10
	maxUsers     = 16 << 10
)

// table remembers failures by key. Its owner sees to it that one goroutine at a time uses it.
type table struct {
	most  int
	byKey map[uint64]*list.Element
	order list.List // of *entry, the last to fail at the back
}

type entry struct {
	key   uint64
	owner uint64 // whom it is of, with others; 0: nobody
	count int
	at    time.Time // until when what has faded is out of count
	until time.Time // locked
}

func newTable(most int) *table { return &table{most: most, byKey: make(map[uint64]*list.Element)} }

func (t *table) find(key uint64) *entry {
	if e := t.byKey[key]; e != nil {
		return e.Value.(*entry)
	}
	return nil
}

// locked returns how long a lock on key lasts yet.
func (t *table) locked(key uint64, now time.Time) time.Duration {
	if e := t.find(key); e != nil {
		return e.until.Sub(now)
	}
	return 0
}

// failures returns how many there are that have not faded.
func (t *table) failures(key uint64, now time.Time, fade time.Duration) int {
	e := t.find(key)
	if e == nil {
		return 0
	}
	e.fade(now, fade)
	return e.count
}

// add counts a failure and returns how many there are.
func (t *table) add(key uint64, now time.Time, fade time.Duration) int {
	x := t.byKey[key]
	if x == nil {
		t.makeRoom()
		x = t.order.PushBack(&entry{key: key, at: now})
		t.byKey[key] = x
	}
	t.order.MoveToBack(x)
	e := x.Value.(*entry)
	e.fade(now, fade)
	e.count++
	return e.count
}

func (t *table) makeRoom() {
	if t.order.Len() >= t.most {
		t.forget(t.order.Front().Value.(*entry).key)
	}
}

// own says whose key is, which is there.
func (t *table) own(key, owner uint64) { t.find(key).owner = owner }

// lock begins a lock on key, which is there.
func (t *table) lock(key uint64, until time.Time) { t.find(key).until = until }

func (t *table) forget(key uint64) {
	if x := t.byKey[key]; x != nil {
		t.order.Remove(x)
		delete(t.byKey, key)
	}
}

// forgetOf forgets what is of one of the owners, and returns how many of them were locked.
func (t *table) forgetOf(owners map[uint64]bool, now time.Time) (locked int) {
	for key, x := range t.byKey {
		e := x.Value.(*entry)
		if !owners[e.owner] {
			continue
		}
		if e.until.After(now) {
			locked++
		}
		t.forget(key)
	}
	return locked
}

// takeBack takes one failure off.
func (t *table) takeBack(key uint64) {
	if e := t.find(key); e != nil && e.count > 0 {
		e.count--
	}
}

// fade takes off one failure for each time that has passed.
func (e *entry) fade(now time.Time, each time.Duration) {
	n := int(now.Sub(e.at) / each)
	e.at = e.at.Add(time.Duration(n) * each)
	if e.count = max(0, e.count-n); e.count == 0 {
		e.at = now
	}
}
