package badgerstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// Get implements store.Store. A value that is damaged gives ErrCorrupt.
func (s *base) Get(key []byte) ([]byte, error) {
	value, err := s.get(key)
	if err != nil {
		return nil, advise(err, s.advice)
	}
	return value, nil
}

func (s *base) get(key []byte) (value []byte, err error) {
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
		return nil, s.doubt(key)
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

// doubt says why a key is not there: it never was, or a damaged block hides it.
// Those who ask for a key have seen it before, so this is rare.
func (s *base) doubt(key []byte) error {
	at := appendDataKey(nil, key)
	for _, t := range s.db.Tables() {
		if bytes.Compare(at, t.Left[:max(len(t.Left)-versionBytes, 0)]) < 0 || bytes.Compare(at, t.Right[:max(len(t.Right)-versionBytes, 0)]) > 0 {
			continue
		}
		hides, err := hides(filepath.Join(s.dir, tableName(int(t.ID))), at)
		if errors.Is(err, fs.ErrNotExist) {
			continue // compacted meanwhile
		}
		if err != nil {
			return err
		}
		if hides {
			return damaged(key)
		}
	}
	return store.ErrNotFound
}

// hides says whether the block of a table is damaged in which the key would stand.
func hides(path string, key []byte) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	t := &table{path: path, file: f}
	if _, err := t.readIndex(info.Size()); errors.Is(err, ErrCorrupt) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	for i, b := range t.blocks {
		if bytes.Compare(b.first[:len(b.first)-versionBytes], key) > 0 {
			break
		}
		if i+1 < len(t.blocks) && bytes.Compare(t.blocks[i+1].first[:len(t.blocks[i+1].first)-versionBytes], key) < 0 {
			continue
		}
		data, err := t.read(b.at, b.n)
		if err != nil {
			return false, err
		}
		if _, ok := openBlock(data); !ok {
			return true, nil
		}
	}
	return false, nil
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
func (s *base) unpack(txn *badger.Txn, key, packed []byte, mark byte) (_ []byte, err error) {
	defer caught(&err)
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
func (s *base) Load(prefix []byte, fn func(key, value []byte) error) error {
	return s.scan(appendDataKey(nil, prefix), nil, s.show(fn))
}

// Range implements store.Store, as Load does.
func (s *base) Range(from, to []byte, fn func(key, value []byte) error) error {
	same := 0
	for same < len(from) && same < len(to) && from[same] == to[same] {
		same++
	}
	show := s.show(fn)
	err := s.scan(appendDataKey(nil, from[:same]), appendDataKey(nil, from), func(txn *badger.Txn, item *badger.Item) error {
		if bytes.Compare(item.Key()[1:], to) >= 0 {
			return errEnd
		}
		return show(txn, item)
	})
	if err == errEnd {
		return nil
	}
	return err
}

// errEnd ends a Range.
var errEnd = errors.New("end of the range")

// show calls fn with what an item stands for.
func (s *base) show(fn func(key, value []byte) error) func(*badger.Txn, *badger.Item) error {
	return func(txn *badger.Txn, item *badger.Item) error {
		key := item.Key()[1:]
		return item.Value(func(packed []byte) error {
			value, err := s.unpack(txn, key, packed, item.UserMeta())
			if errors.Is(err, ErrCorrupt) && s.skipCorrupt {
				s.log.Error("damaged record passed by", "key", fmt.Sprintf("%q", key))
				return nil
			}
			if err != nil {
				return advise(err, s.advice)
			}
			return fn(key, value)
		})
	}
}

// scan calls fn for all of badger's keys with the prefix, in order; start is the
// first of them, if it is not nil.
func (s *base) scan(prefix, start []byte, fn func(*badger.Txn, *badger.Item) error) error {
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
	move := func() { it.Seek(start) }
	for {
		if err := step(move); err != nil {
			return err
		}
		if !it.Valid() {
			return nil
		}
		err := fn(txn, it.Item())
		move = it.Next
		if skip := (*store.SkipTo)(nil); errors.As(err, &skip) {
			move = func() { it.Seek(appendDataKey(nil, skip.Key)) }
		} else if err != nil {
			return err
		}
	}
}

// step moves an iterator.
func step(move func()) (err error) {
	defer caught(&err)
	move()
	return nil
}

// findLarge lists the keys whose values are kept in parts. They are few: each
// part but the last is as large as badger allows.
func (s *base) findLarge() (map[string]int, error) {
	found := make(map[string]int)
	err := s.scan([]byte{partByte}, nil, func(_ *badger.Txn, item *badger.Item) error {
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
