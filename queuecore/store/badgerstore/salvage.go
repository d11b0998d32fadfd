package badgerstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/sluicemq/sluice/queuecore/store"
)

// What Salvage writes at a time, at most.
const (
	salvageBytes = 4 << 20
	salvageCount = 10_000
)

// Salvage copies all that can be read of the store in from into a new one in to,
// which must not be there or be empty, and reports what is wrong as Check does.
// It changes nothing in from. Of each key it takes the newest version that can be
// read; what was removed stays removed where the removal can be read, so a
// message whose ack is lost comes back. After an error what is in to is not whole.
func Salvage(ctx context.Context, from, to string, o Options, m store.Meaning, report func(Finding)) (sum Summary, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("salvage %s: %w", from, err)
		}
	}()
	if err := notThere(to); err != nil {
		return sum, err
	}
	e, err := examine(from, m, report)
	if err != nil {
		return sum, err
	}
	defer e.close()
	s, err := openBase(to, o)
	if err != nil {
		return sum, err
	}
	err = e.copyTo(ctx, s)
	return e.sum, errors.Join(err, s.Close())
}

func (e *examination) copyTo(ctx context.Context, s *base) error {
	var b store.Batch
	write := func() error {
		err := s.Write(&b)
		b.Reset()
		return err
	}
	bytes, count := int(min(salvageBytes, s.db.MaxBatchSize()/2)), int(min(salvageCount, s.db.MaxBatchCount()/2))
	err := e.read(ctx, func(key, value []byte) error {
		if b.Len() > 0 && (b.Size()+len(value) > bytes || b.Len() >= count) {
			if err := write(); err != nil {
				return err
			}
		}
		b.Put(key, value)
		return nil
	})
	if err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return s.Sync()
}
