package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// Get implements store.Store. A value that is damaged gives ErrCorrupt.
func (s *Store) Get(key []byte) (value []byte, err error) {
	if err := s.readable(); err != nil {
		return nil, err
	}
	defer caught(&err)
	version := s.versions.begin()
	defer s.versions.end(version)
	txn := s.db.NewTransactionAt(version, false)
	defer txn.Discard()
	item, err := txn.Get(appendDataKey(nil, key))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	packed, err := item.ValueCopy(nil)
	if err != nil {
		return nil, err
	}
	return s.unpack(txn, key, packed, item.UserMeta())
}

// caught makes an error of a panic: badger has one for some of the damage that
// it may meet in a block.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("badger: %v: %w", r, ErrCorrupt)
	}
}

// unpack returns the value that the record of key stands for. It points into
// packed or is new.
func (s *Store) unpack(txn *badger.Txn, key, packed []byte, mark byte) ([]byte, error) {
	if mark != largeMark {
		return openSmall(key, packed)
	}
	length, sum, err := openLarge(key, packed)
	if err != nil {
		return nil, err
	}
	var value []byte
	for i := 0; len(value) < length; i++ {
		item, err := txn.Get(appendPartKey(nil, key, i))
		if err != nil {
			return nil, errors.Join(damaged(key), err)
		}
		// The length is not to be trusted before the sum is right, so the value
		// grows with the parts.
		if err := item.Value(func(v []byte) error { value = append(value, v...); return nil }); err != nil {
			return nil, err
		}
		if item.ValueSize() == 0 {
			break
		}
	}
	if len(value) != length || checksum(key, value) != sum {
		return nil, damaged(key)
	}
	return value, nil
}

// Load implements store.Store. It shows the store as it was when Load was
// called, and holds up nobody; fn may call the store.
func (s *Store) Load(prefix []byte, fn func(key, value []byte) error) error {
	return s.scan(appendDataKey(nil, prefix), func(txn *badger.Txn, item *badger.Item) error {
		key := item.Key()[1:]
		return item.Value(func(packed []byte) error {
			value, err := s.unpack(txn, key, packed, item.UserMeta())
			if errors.Is(err, ErrCorrupt) && s.skipCorrupt {
				s.log.Error("damaged record passed by", "key", fmt.Sprintf("%q", key))
				return nil
			}
			if err != nil {
				return err
			}
			return fn(key, value)
		})
	})
}

// scan calls fn for all of badger's keys with the prefix, in order.
func (s *Store) scan(prefix []byte, fn func(*badger.Txn, *badger.Item) error) error {
	if err := s.readable(); err != nil {
		return err
	}
	version := s.versions.begin()
	defer s.versions.end(version)
	txn := s.db.NewTransactionAt(version, false)
	defer txn.Discard()
	// Prefetching costs a goroutine for each key and gains nothing: the values
	// stand beside the keys.
	it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for err := step(it.Rewind); it.Valid() || err != nil; err = step(it.Next) {
		if err != nil {
			return err
		}
		if err := fn(txn, it.Item()); err != nil {
			return err
		}
	}
	return nil
}

// step moves an iterator.
func step(move func()) (err error) {
	defer caught(&err)
	move()
	return nil
}

// findLarge lists the keys whose values are kept in parts. They are few: each
// part but the last is as large as badger allows.
func (s *Store) findLarge() (map[string]int, error) {
	found := make(map[string]int)
	err := s.scan([]byte{partByte}, func(_ *badger.Txn, item *badger.Item) error {
		k := item.Key()[1:]
		n := len(k) - numberBytes
		if n < 0 {
			return damaged(k)
		}
		key := string(k[:n])
		found[key] = max(found[key], int(binary.BigEndian.Uint32(k[n:]))+1)
		return nil
	})
	return found, err
}
