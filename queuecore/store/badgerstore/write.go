package badgerstore

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// Write implements store.Store, as one badger transaction. After an error other
// than store.ErrTooLarge and ErrNoSpace the store takes no more writes, and may
// refuse reads: it is not known then what the next opening will find.
func (s *base) Write(b *store.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Len() == 0 {
		return s.usable()
	}
	if err := s.usable(); err != nil {
		return err
	}
	if err := s.writable(inLog(b)); err != nil {
		return err
	}
	s.stage.reserve(b)
	err := s.commit(func(g *stage) error {
		for _, op := range b.Ops {
			if err := s.add(op); err != nil {
				return err
			}
		}
		return s.keep.count(g)
	})
	if errors.Is(err, badger.ErrTxnTooBig) {
		return fmt.Errorf("%d operations of %d bytes: %w", b.Len(), b.Size(), store.ErrTooLarge)
	}
	return err
}

// commit writes what fill puts in the stage, all or nothing. s.mu is held.
func (s *base) commit(fill func(*stage) error) error {
	if err := s.usable(); err != nil {
		return err
	}
	version := s.versions.next()
	txn := s.db.NewTransactionAt(version-1, true)
	defer txn.Discard()
	s.stage.begin(txn, weighCommit(version))
	defer s.stage.end()
	if err := fill(&s.stage); err != nil {
		return err
	}
	if err := s.wal.before(); err != nil {
		return s.fail("sync", err)
	}
	if err := txn.CommitAt(version, nil); errors.Is(err, badger.ErrTxnTooBig) {
		return err
	} else if err != nil {
		s.broken.Store(true)
		return s.fail("write", err)
	}
	return s.committed()
}

func (s *base) committed() error {
	g := &s.stage
	for key, parts := range g.large {
		if parts == 0 {
			delete(s.large, key)
		} else {
			s.large[key] = parts
		}
	}
	s.versions.advance()
	s.db.SetDiscardTs(s.versions.oldest())
	s.keep.writes.Add(1)
	s.keep.deleted.Add(g.deletes)
	if err := s.wal.after(g.weight); err != nil {
		return s.fail("sync", err)
	}
	return nil
}

// stage is a batch on its way into a transaction. Its memory is used again for
// the next one: badger keeps nothing of a transaction that is over.
type stage struct {
	txn     *badger.Txn
	bytes   []byte // what keys and values are packed in
	weight  weight
	deletes int64
	large   map[string]int // what the batch makes of Store.large
}

// reserve makes room for b, and gives up what an unusually large batch needed.
func (g *stage) reserve(b *store.Batch) {
	const trimmings, usual = 1 + sumBytes, 1 << 18
	need := b.Size() + b.Len()*trimmings
	if cap(g.bytes) < need || cap(g.bytes) > 4*usual && need < usual {
		g.bytes = make([]byte, 0, need)
	}
}

func (g *stage) begin(txn *badger.Txn, commit weight) {
	*g = stage{txn: txn, bytes: g.bytes[:0], weight: commit}
}

// end keeps the memory, and nothing of the transaction.
func (g *stage) end() { *g = stage{bytes: g.bytes[:0]} }

// pack returns what f appends, in memory that stays good when g.bytes grows.
func (g *stage) pack(f func([]byte) []byte) []byte {
	n := len(g.bytes)
	g.bytes = f(g.bytes)
	return g.bytes[n:len(g.bytes):len(g.bytes)]
}

func (g *stage) put(key, value []byte, mark byte) error {
	g.weight.add(weigh(len(key), len(value)))
	return g.txn.SetEntry(badger.NewEntry(key, value).WithMeta(mark))
}

func (g *stage) delete(key []byte) error {
	g.deletes++
	g.weight.add(weigh(len(key), 0))
	return g.txn.Delete(key)
}

// add puts one operation in the transaction.
func (s *base) add(op store.Op) error {
	if len(op.Key) > maxKey {
		return fmt.Errorf("key of %d bytes, limit %d: %w", len(op.Key), maxKey, store.ErrTooLarge)
	}
	g := &s.stage
	key := g.pack(func(b []byte) []byte { return appendDataKey(b, op.Key) })
	parts := 0
	if !op.Delete && len(op.Value) > s.part-sumBytes {
		parts = (len(op.Value) + s.part - 1) / s.part
	}
	if err := s.addParts(op, parts); err != nil {
		return err
	}
	switch {
	case op.Delete:
		return g.delete(key)
	case parts > 0:
		return g.put(key, g.pack(func(b []byte) []byte { return appendLarge(b, op.Key, op.Value) }), largeMark)
	}
	return g.put(key, g.pack(func(b []byte) []byte { return appendSmall(b, op.Key, op.Value) }), 0)
}

// addParts writes the parts of a large value, and removes those that the key has
// from before and needs no more.
func (s *base) addParts(op store.Op, parts int) error {
	g := &s.stage
	had, staged := g.large[string(op.Key)]
	if !staged {
		had = s.large[string(op.Key)]
	}
	if had == 0 && parts == 0 {
		return nil
	}
	if g.large == nil {
		g.large = make(map[string]int)
	}
	g.large[string(op.Key)] = parts
	for i := range max(had, parts) {
		key := g.pack(func(b []byte) []byte { return appendPartKey(b, op.Key, i) })
		var err error
		if i < parts {
			err = g.put(key, op.Value[i*s.part:min((i+1)*s.part, len(op.Value))], 0)
		} else {
			err = g.delete(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
