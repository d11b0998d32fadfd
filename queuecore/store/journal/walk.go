package journal

import (
	"errors"
	"strings"
	"sync"

	"github.com/sluicemq/sluice/queuecore/store"
)

// Load implements store.Store. It shows the store as it was when Load was called.
func (s *Store) Load(prefix []byte, fn func(key, value []byte) error) error {
	p := string(prefix)
	return s.walk(p, func(k string) bool { return strings.HasPrefix(k, p) }, fn, func(fn func(key, value []byte) error) error {
		return s.below.Load(prefix, fn)
	})
}

// Range implements store.Store, as Load does.
func (s *Store) Range(from, to []byte, fn func(key, value []byte) error) error {
	end := string(to)
	return s.walk(string(from), func(k string) bool { return k < end }, fn, func(fn func(key, value []byte) error) error {
		return s.below.Range(from, to, fn)
	})
}

// walk calls fn for the keys from, as long as in holds, in order: those of the generations and,
// where they do not know better, those that below shows.
func (s *Store) walk(from string, in func(string) bool, fn func(key, value []byte) error, below func(func(key, value []byte) error) error) error {
	s.beginning.RLock()
	begun := sync.OnceFunc(s.beginning.RUnlock)
	defer begun()
	v, err := s.snapshot(from, in)
	if err != nil {
		return err
	}
	defer v.release()
	v.fn = fn
	err = below(func(key, value []byte) error {
		begun()
		return v.pass(key, value)
	})
	begun() // fn may call the store
	if err != nil {
		return err
	}
	return v.rest(func(string) bool { return true })
}

// awaitBeginnings returns when all walks under way know of all that is frozen, or have
// begun their walk below, which then shows nothing of what is handed on later.
func (s *Store) awaitBeginnings() {
	s.beginning.Lock()
	defer s.beginning.Unlock()
}

// view is what the generations know of some keys, in order, and what a walk has come to.
type view struct {
	items []item
	pins  []*generation
	fn    func(key, value []byte) error
	from  string // keys below it are not wanted: fn has skipped them
}

// item is a key with its last value, or none if it was removed.
type item struct {
	key     string
	value   []byte
	deleted bool
}

// snapshot returns a view of the keys as they are now.
func (s *Store) snapshot(from string, in func(string) bool) (*view, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	v := &view{}
	for _, g := range s.old {
		v.add(g, from, in, true)
	}
	v.add(s.live, from, in, false)
	return v, nil
}

// add puts a generation over what is in the view.
func (v *view) add(g *generation, from string, in func(string) bool, frozen bool) {
	keys := g.between(nil, from, in, frozen)
	if len(keys) == 0 {
		return
	}
	g.pins.Add(1)
	v.pins = append(v.pins, g)
	older := v.items
	items := make([]item, 0, len(older)+len(keys))
	last := ""
	for i, k := range keys {
		if i > 0 && k == last {
			continue
		}
		last = k
		x, ok := g.slot(k)
		if !ok {
			continue // it came and went
		}
		for len(older) > 0 && older[0].key < k {
			items, older = append(items, older[0]), older[1:]
		}
		if len(older) > 0 && older[0].key == k {
			older = older[1:]
		}
		items = append(items, item{key: k, value: g.value(x), deleted: x.deleted})
	}
	v.items = append(items, older...)
}

// release lets the images go.
func (v *view) release() {
	for _, g := range v.pins {
		g.pins.Add(-1)
	}
}

// pass is given a key that the store below has.
func (v *view) pass(key, value []byte) error {
	if err := v.rest(func(k string) bool { return k < string(key) }); err != nil {
		return err
	}
	if string(key) < v.from {
		return v.skip()
	}
	if len(v.items) > 0 && v.items[0].key == string(key) {
		x := v.items[0]
		v.items = v.items[1:]
		if x.deleted {
			return nil
		}
		value = x.value
	}
	err := v.fn(key, value)
	if skip := (*store.SkipTo)(nil); errors.As(err, &skip) {
		v.from = string(skip.Key)
	}
	return err
}

// skip has the store below go on where fn wants to.
func (v *view) skip() error { return &store.SkipTo{Key: []byte(v.from)} }

// rest shows what is left in the view, as long as wanted holds.
func (v *view) rest(wanted func(key string) bool) error {
	for len(v.items) > 0 && wanted(v.items[0].key) {
		x := v.items[0]
		v.items = v.items[1:]
		if x.deleted || x.key < v.from {
			continue
		}
		err := v.fn([]byte(x.key), x.value)
		if skip := (*store.SkipTo)(nil); errors.As(err, &skip) {
			v.from = string(skip.Key)
		} else if err != nil {
			return err
		}
	}
	return nil
}
