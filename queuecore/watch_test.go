package queuecore

import (
	"fmt"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// Who watches queues is told of each change once, before it is answered and when Queue tells it already, and no more once he has
// stopped.
func TestWatchQueues(t *testing.T) {
	ctx := t.Context()
	b, err := Open(ctx, memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var told []QueueChange // by the writer's goroutine, before it answers
	stop := b.WatchQueues(func(all []QueueChange) {
		for _, x := range all {
			if q, err := b.Queue("q"); (err == nil) != (x.Is.Name != "") || q.Config.Lease != x.Is.Config.Lease {
				t.Errorf("told of %v when Queue says %v, %v", x.Is, q, err)
			}
		}
		told = append(told, all...)
	})
	want := func(was, is string) {
		t.Helper()
		if len(told) != 1 || told[0].Was.Name != was || told[0].Is.Name != is {
			t.Errorf("told %+v, want one of %q that is %q", told, was, is)
		}
		told = nil
	}
	if _, err := b.CreateQueue(ctx, "q", QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	want("", "q")
	if _, err := b.UpdateQueue(ctx, "q", func(c *QueueConfig) error { c.Lease = MaxLease; return nil }); err != nil {
		t.Fatal(err)
	}
	want("q", "q")
	if err := b.DeleteQueue(ctx, "q"); err != nil {
		t.Fatal(err)
	}
	want("q", "")
	stop()
	if _, err := b.CreateQueue(ctx, "q", QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	if len(told) > 0 {
		t.Errorf("told %+v", told)
	}
}

// Changes that have been told take no room: neither all queues of a start, which nobody watches, nor those of a large batch.
func TestChangesOfQueuesAreNotKept(t *testing.T) {
	s := memstore.New()
	for _, watched := range []bool{true, false} {
		b, err := Open(t.Context(), s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := cap(b.directory.changed); n > 0 {
			t.Errorf("there is room for %d from the start", n)
		}
		if watched {
			b.WatchQueues(func([]QueueChange) {})
			session := b.NewSession()
			for i := range 4 * keptChanges {
				if _, err := session.CreateQueue(t.Context(), fmt.Sprint("own", i), QueueConfig{}); err != nil {
					t.Fatal(err)
				}
				if _, err := b.CreateQueue(t.Context(), fmt.Sprint("q", i), QueueConfig{}); err != nil {
					t.Fatal(err)
				}
			}
			if err := session.Close(); err != nil { // which deletes its queues together
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if n := cap(b.directory.changed); n > keptChanges {
			t.Errorf("there is room for %d", n)
		}
		s = s.Reopen()
	}
}
