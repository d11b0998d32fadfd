package bench

import (
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// shape is what was written: enough to write the same again.
type shape struct {
	batches []batchShape
	syncs   int

	writing, syncing time.Duration // time spent in the store
}

type batchShape struct {
	ops    []opShape
	synced bool
}

type opShape struct {
	key  string
	size int // of the value; -1 is a delete
}

// mean returns the operations of a batch, on average.
func (s *shape) mean() float64 {
	n := 0
	for i := range s.batches {
		n += len(s.batches[i].ops)
	}
	return float64(n) / float64(max(len(s.batches), 1))
}

// recorder is a store that remembers the shape of what is written.
type recorder struct {
	store.Store
	shape shape
}

func (r *recorder) Write(b *store.Batch) error {
	ops := make([]opShape, len(b.Ops))
	for i, op := range b.Ops {
		ops[i] = opShape{key: string(op.Key), size: len(op.Value)}
		if op.Delete {
			ops[i].size = -1
		}
	}
	r.shape.batches = append(r.shape.batches, batchShape{ops: ops})
	defer clock(&r.shape.writing, time.Now())
	return r.Store.Write(b)
}

func (r *recorder) Sync() error {
	if n := len(r.shape.batches); n > 0 {
		r.shape.batches[n-1].synced = true
	}
	r.shape.syncs++
	defer clock(&r.shape.syncing, time.Now())
	return r.Store.Sync()
}

func clock(sum *time.Duration, start time.Time) { *sum += time.Since(start) }

// plainResult is what the plain loop took for the same writes.
type plainResult struct {
	took      time.Duration
	allocated allocation // for each message
}

// plainBadger writes the shape into a badger of its own, in the plainest way
// that is atomic.
func plainBadger(dir string, s *shape, messages int) (p plainResult, err error) {
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil).WithDetectConflicts(false).WithMetricsEnabled(false))
	if err != nil {
		return p, err
	}
	before := allocations()
	start := time.Now()
	for i := range s.batches {
		if err := plainBatch(db, &s.batches[i]); err != nil {
			return p, errors.Join(err, db.Close())
		}
	}
	p.took = time.Since(start)
	p.allocated = allocations().per(messages, before)
	return p, db.Close()
}

func plainBatch(db *badger.DB, b *batchShape) error {
	err := db.Update(func(txn *badger.Txn) error {
		for i := range b.ops {
			if err := plainOp(txn, &b.ops[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !b.synced {
		return err
	}
	return db.Sync()
}

func plainOp(txn *badger.Txn, op *opShape) error {
	if op.size < 0 {
		return txn.Delete([]byte(op.key))
	}
	return txn.Set([]byte(op.key), make([]byte, op.size))
}
