package bucket

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// removals are the objects that wait to be removed, and those who do it.
type removals struct {
	ctx     context.Context // ends the removal under way
	cancel  context.CancelFunc
	workers sync.WaitGroup
	left    atomic.Int64 // given up by stop

	mu     sync.RWMutex // over what follows
	queue  chan object
	closed bool
}

type object struct{ bucket, key string }

func (r *removals) start(remove func(context.Context, object)) {
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.queue = make(chan object, maxRemovals)
	for range removers {
		// Ends when stop has closed the queue and it is empty.
		r.workers.Go(func() {
			for x := range r.queue {
				remove(r.ctx, x)
			}
		})
	}
}

// add reports whether there was room.
func (r *removals) add(x object) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return false
	}
	select {
	case r.queue <- x:
		return true
	default:
		return false
	}
}

// stop waits until all is removed, or until ctx ends and what is left is given up. The
// error says how much that is.
func (r *removals) stop(ctx context.Context) error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.queue)
	}
	r.mu.Unlock()
	defer context.AfterFunc(ctx, r.cancel)()
	r.workers.Wait()
	r.cancel()
	if n := r.left.Load(); n > 0 {
		return fmt.Errorf("%d objects: %w", n, context.Cause(ctx))
	}
	return nil
}

// Remove implements protocols.Payloads. Messages that wait in other queues do not
// count: whoever calls it knows that there are none.
func (b *Bucket) Remove(bucket, key string) {
	if bucket == "" {
		bucket = b.o.Name
	}
	if !b.add(object{bucket, key}) {
		b.counts.removeFailed.Add(1)
		b.o.Log.Warn("an object is not removed: too many wait, or the server stops", "bucket", bucket, "key", key)
	}
}

// removeNow removes an object. S3 says nothing of one that is gone already. ctx is that of
// the removals: when it has ended, what fails is given up.
func (b *Bucket) removeNow(ctx context.Context, x object) {
	limited, cancel := context.WithTimeout(ctx, b.o.Timeout)
	defer cancel()
	_, err := b.client.DeleteObject(limited, &s3.DeleteObjectInput{Bucket: &x.bucket, Key: &x.key})
	if err == nil {
		b.counts.removed.Add(1)
		return
	}
	b.counts.removeFailed.Add(1)
	if ctx.Err() != nil {
		b.left.Add(1)
		return
	}
	b.o.Log.Warn("an object cannot be removed", "bucket", x.bucket, "key", x.key, "err", err)
}
