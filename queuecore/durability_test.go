package queuecore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// damageFirst makes the first entry's message unreadable.
func damageFirst(s *memstore.Store) error {
	var b store.Batch
	err := s.Load([]byte("e"), func(k, v []byte) error {
		if b.Len() == 0 {
			v = append([]byte(nil), v...)
			v[1+8+8+8+1+4+2] = 0xee // the version of the message behind the entry's head
			b.Put(append([]byte(nil), k...), v)
		}
		return nil
	})
	return errors.Join(err, s.Write(&b))
}

// size returns the bytes of all records.
func size(t *testing.T, s *memstore.Store) int {
	n := 0
	if err := s.Load(nil, func(k, v []byte) error { n += len(k) + len(v); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// Nothing is told before it is on disk, and the next batch grows while the last
// one is being written.
func TestAnswersFollowTheSync(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	gate := r.store.HoldSync()
	syncs := r.store.Syncs()
	var told sync.WaitGroup
	var mu sync.Mutex
	var order []int
	submit := func(i int) {
		told.Add(1)
		r.must(r.Submit(r.ctx, queuecore.Tx{Sends: []*queuecore.Message{text("q", fmt.Sprint(i))}}, func(_ []queuecore.Sent, err error) {
			mu.Lock()
			defer mu.Unlock()
			if order = append(order, i); err != nil {
				t.Error(err)
			}
			told.Done()
		}))
	}
	submit(0)
	<-gate.Reached
	for i := 1; i <= 100; i++ {
		submit(i)
	}
	if _, err := r.Queue("q"); err != nil { // what is known already needs no disk
		t.Error(err)
	}
	mu.Lock()
	if len(order) != 0 {
		t.Errorf("%d were told before the sync", len(order))
	}
	mu.Unlock()
	gate.Open()
	told.Wait()
	for i, n := range order {
		if i != n {
			t.Fatalf("told in the order %v", order)
		}
	}
	if n := r.store.Syncs() - syncs; n > 10 {
		t.Errorf("101 sends took %d syncs", n)
	}
}

// Leases, nacks and extensions ride with the next batch; they cause no sync.
func TestLeasesCauseNoSync(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.send("q", "x")
	syncs := r.store.Syncs()
	for i := range 5 {
		d := r.receive("q", 1)[0]
		if d.Attempt != i+1 {
			t.Fatalf("attempt %d, want %d", d.Attempt, i+1)
		}
		r.must(r.Extend(r.ctx, d.Receipt, time.Minute))
		r.must(r.Nack(r.ctx, d.Receipt, 0))
	}
	if n := r.store.Syncs() - syncs; n != 0 {
		t.Errorf("%d syncs", n)
	}
}

// A store that fails on its nth write or sync: whatever was confirmed is there
// after reopening, nothing is confirmed after the failure, and nothing hangs.
func TestStoreFails(t *testing.T) {
	for _, kind := range []string{"write", "sync"} {
		for n := 1; n <= 12; n++ {
			t.Run(fmt.Sprint(kind, n), func(t *testing.T) { failAt(t, kind, n) })
		}
	}
}

func failAt(t *testing.T, kind string, n int) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	ended := make(chan error, 1)
	r.create("idle", queuecore.QueueConfig{})
	// The goroutine ends when the broker fails.
	go func() {
		_, err := r.Receive(r.ctx, "idle", queuecore.ReceiveOptions{Wait: -1})
		ended <- err
	}()
	r.waitFor("idle", 1)
	if kind == "write" {
		r.store.FailWrite(storetest.Fault{At: n, Times: -1})
	} else {
		r.store.FailSync(storetest.Fault{At: n, Times: -1})
	}
	there, acked := workUntilFailure(r)
	if err := <-ended; !errors.Is(err, queuecore.ErrUnavailable) {
		t.Errorf("the waiting receiver got %v", err)
	}
	<-r.Failed()
	if err := r.Err(); !errors.Is(err, queuecore.ErrUnavailable) || !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("Err is %v", err)
	}
	r.store.Heal() // the disk says that all is well again, and is not believed
	if _, err := r.Send(r.ctx, text("q", "after")); !errors.Is(err, queuecore.ErrUnavailable) {
		t.Errorf("a send after the failure: %v", err)
	}
	if err := r.Ack(r.ctx, queuecore.Receipt{Queue: 1, Seq: 1}); !errors.Is(err, queuecore.ErrUnavailable) {
		t.Errorf("an ack after the failure: %v", err)
	}
	_ = r.Close() // the store has failed; what Close says of it is not the point
	r.disk = r.disk.Reopen()
	r.open(nil)
	found := make(map[string]bool)
	for _, d := range r.receive("q", 100) {
		found[string(d.Body)] = true
	}
	for body := range there {
		if !found[body] {
			t.Errorf("%s was confirmed and is lost", body)
		}
	}
	for body := range acked {
		if found[body] {
			t.Errorf("%s was acked and is back", body)
		}
	}
}

// workUntilFailure sends and acks until the broker refuses, and returns what was
// confirmed to be there and what to be gone.
func workUntilFailure(r *rig) (there, acked map[string]bool) {
	there, acked = make(map[string]bool), make(map[string]bool)
	for i := 0; ; i++ {
		body := fmt.Sprint("m", i)
		if _, err := r.Send(r.ctx, text("q", body)); err != nil {
			return there, acked
		}
		there[body] = true
		ds, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Max: 1})
		if err != nil || len(ds) == 0 {
			return there, acked
		}
		body = string(ds[0].Body)
		delete(there, body) // from here on either is right
		if err := r.Ack(r.ctx, ds[0].Receipt); err != nil {
			return there, acked
		}
		acked[body] = true
	}
}

// A power cut forgets what was not synced: confirmed sends and acks are synced.
func TestPowerCut(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.send("q", "acked")
	r.must(r.Ack(r.ctx, r.receive("q", 1)[0].Receipt))
	r.send("q", "kept")
	r.receive("q", 1) // a lease that is not synced
	disk := r.disk.Crash()
	r.must(r.Close())
	r.disk = disk
	r.open(nil)
	if ds := r.receive("q", 5); len(ds) != 1 || string(ds[0].Body) != "kept" {
		t.Fatalf("%+v", ds)
	}
}

// Without sync the answers do not wait for it, but it comes.
func TestNoSync(t *testing.T) {
	r := newRig(t, &queuecore.Options{NoSync: true, SyncInterval: time.Millisecond})
	gate := r.store.HoldSync()
	r.create("q", queuecore.QueueConfig{})
	<-gate.Reached
	gate.Open()
	r.send("q", "x")
	disk := r.disk
	r.must(r.Close()) // syncs what is left
	if n := disk.Unsynced(); n != 0 {
		t.Errorf("%d writes are not synced after Close", n)
	}
}

// Requests that are not answered are bounded by bytes: who comes too much waits,
// and can stop waiting.
func TestPendingIsBounded(t *testing.T) {
	for name, hold := range map[string]func(*storetest.Failing) *storetest.Gate{
		"write": (*storetest.Failing).HoldWrite, "sync": (*storetest.Failing).HoldSync,
	} {
		t.Run(name, func(t *testing.T) { // in a bubble time passes when all wait
			synctest.Test(t, func(t *testing.T) { pendingIsBounded(t, hold) })
		})
	}
}

func pendingIsBounded(t *testing.T, hold func(*storetest.Failing) *storetest.Gate) {
	r := newRig(t, &queuecore.Options{MaxPendingBytes: 10_000})
	r.create("q", queuecore.QueueConfig{})
	gate := hold(r.store)
	done := make(chan error, 100)
	submit := func(ctx context.Context) error {
		return r.Submit(ctx, queuecore.Tx{Sends: []*queuecore.Message{text("q", string(make([]byte, 3000)))}},
			func(_ []queuecore.Sent, err error) { done <- err })
	}
	accepted := 0
	for ; accepted < 10; accepted++ {
		ctx, cancel := context.WithTimeout(r.ctx, 20*time.Millisecond)
		err := submit(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		r.must(err)
	}
	if accepted == 0 || accepted > 3 {
		t.Errorf("%d sends of 3,000 bytes were pending within 10,000", accepted)
	}
	gate.Open()
	for range accepted {
		r.must(<-done)
	}
	r.must(submit(r.ctx))
	r.must(<-done)
}

// A message that is larger than all that may be pending still passes, alone.
func TestPendingLetsTheLargestPass(t *testing.T) {
	r := newRig(t, &queuecore.Options{MaxPendingBytes: 1000})
	r.create("q", queuecore.QueueConfig{})
	r.send("q", string(make([]byte, 50_000)))
}

func TestFormatOfTheFuture(t *testing.T) {
	s := memstore.New()
	var b store.Batch
	b.Put([]byte("c"), binary.BigEndian.AppendUint64([]byte{99, 0, 0, 0, 1}, 1))
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := queuecore.Open(context.Background(), s, nil); !errors.Is(err, queuecore.ErrInvalid) {
		t.Fatal(err)
	}
}

// cramped is a store whose disk can be declared full.
type cramped struct {
	*memstore.Store
	full atomic.Bool
}

func (s *cramped) Room() error {
	if s.full.Load() {
		return fmt.Errorf("3 MiB left: %w", store.ErrNoSpace)
	}
	return nil
}

// A disk without room refuses sends, lets receives and acks go on, and takes
// sends again once there is room.
func TestNoRoom(t *testing.T) {
	ctx := t.Context()
	s := &cramped{Store: memstore.New()}
	b, err := queuecore.Open(ctx, s, &queuecore.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.CreateQueue(ctx, "q", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Send(ctx, text("q", "before")); err != nil {
		t.Fatal(err)
	}
	s.full.Store(true)
	for b.Err() == nil { // the broker looks by itself
	}
	if _, err := b.Send(ctx, text("q", "refused")); !errors.Is(err, queuecore.ErrUnavailable) || !errors.Is(err, store.ErrNoSpace) {
		t.Error(err)
	}
	ds, err := b.Receive(ctx, "q", queuecore.ReceiveOptions{Max: 5})
	if err != nil || len(ds) != 1 {
		t.Fatal(len(ds), err)
	}
	if err := b.Ack(ctx, ds[0].Receipt); err != nil {
		t.Error(err)
	}
	s.full.Store(false)
	for b.Err() != nil {
	}
	if _, err := b.Send(ctx, text("q", "after")); err != nil {
		t.Error(err)
	}
}

// On a disk that takes its time for each sync, and with senders who fill every
// batch, whoever receives and acks what waits comes through, and nobody is told
// of a send before the sync that has it.
func TestSlowDisk(t *testing.T) {
	r := newRig(t, &queuecore.Options{MaxPendingBytes: 20_000})
	r.create("q", queuecore.QueueConfig{})
	const waiting = 5
	for i := range waiting {
		r.send("q", fmt.Sprint("waiting ", i))
	}
	gate := r.store.HoldSync()
	var confirmed atomic.Int64
	var senders sync.WaitGroup
	stop := make(chan struct{})
	for range 50 {
		// Ends when stop is closed.
		senders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := r.Send(r.ctx, text("q", string(make([]byte, 1000)))); err != nil {
					t.Error(err)
					return
				}
				confirmed.Add(1)
			}
		})
	}
	consumed := make(chan error, 1)
	// Ends when it has acked what was there first.
	go func() { consumed <- consume(r, waiting) }()
	<-gate.Reached
	if n := confirmed.Load(); n != 0 {
		t.Errorf("%d sends were confirmed before the first sync ended", n)
	}
	for done := false; !done; {
		next := r.store.HoldSync()
		gate.Open()
		gate = next
		select {
		case <-gate.Reached: // the senders see to that
		case err := <-consumed:
			r.must(err)
			done = true
		}
	}
	close(stop)
	gate.Open()
	senders.Wait()
	if n := r.stats("q").Len(); int64(n) != confirmed.Load() {
		t.Errorf("%d messages wait, %d sends were confirmed", n, confirmed.Load())
	}
}

// consume receives and acks the n messages that were sent first.
func consume(r *rig, n int) error {
	for i := range n {
		ds, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: -1})
		if err != nil {
			return err
		}
		if want := fmt.Sprint("waiting ", i); string(ds[0].Body) != want {
			return fmt.Errorf("received %.20q, want %q", ds[0].Body, want)
		}
		if err := r.Ack(r.ctx, ds[0].Receipt); err != nil {
			return err
		}
	}
	return nil
}

// What is larger than one write of the store goes in pieces, each transaction in
// one of them.
func TestLargeBatchIsCut(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	gate := r.store.HoldWrite()
	done := make(chan error, 100)
	for i := range 40 { // they gather while the first is held
		tx := queuecore.Tx{Sends: []*queuecore.Message{text("q", fmt.Sprint(i, "a")), text("q", string(make([]byte, 1<<20)))}}
		r.must(r.Submit(r.ctx, tx, func(_ []queuecore.Sent, err error) { done <- err }))
		if i == 0 {
			<-gate.Reached
		}
	}
	writes := r.store.Writes()
	gate.Open()
	for range 40 {
		r.must(<-done)
	}
	if n := r.store.Writes() - writes; n < 8 {
		t.Errorf("40 MiB were written in %d pieces", n)
	}
	if n := r.stats("q").Len(); n != 80 {
		t.Errorf("%d messages", n)
	}
}

// One message for very many queues is refused as a whole.
func TestTooManyQueuesAtOnce(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "t", Queue: "q"}))
	var sends []*queuecore.Message
	for range queuecore.MaxTxOps {
		sends = append(sends, &queuecore.Message{Destination: queuecore.TopicNamed("t"), Group: strings.Repeat("g", 250)})
	}
	if _, err := r.Commit(r.ctx, queuecore.Tx{Sends: sends}); !errors.Is(err, queuecore.ErrTooLarge) {
		t.Error(err)
	}
	if n := r.stats("q").Len(); n != 0 {
		t.Errorf("%d messages", n)
	}
}

// A sync that fails behind the answers, in NoSync mode, ends everybody's waiting.
func TestLateSyncFails(t *testing.T) {
	r := newRig(t, &queuecore.Options{NoSync: true, SyncInterval: time.Millisecond})
	r.create("q", queuecore.QueueConfig{})
	ended := make(chan error, 1)
	// The goroutine ends when the sync has failed.
	go func() {
		_, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: -1})
		ended <- err
	}()
	r.waitFor("q", 1)
	r.store.FailSync(storetest.Fault{Times: -1})
	r.create("p", queuecore.QueueConfig{})
	if err := <-ended; !errors.Is(err, queuecore.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := r.Stats(r.ctx, "q"); err != nil {
		t.Errorf("what only looks is refused: %v", err)
	}
}
