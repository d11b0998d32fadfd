package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/journal"
)

// The store that TestRot damages: several tables, made in several sessions, and
// a log that a killed process has left.

const (
	rotSessions = 4 // the last one is killed
	rotAdvice   = "call the doctor"
)

func rotTune(b badger.Options) badger.Options {
	// A batch is at most 15% of a memory table, and one message is over 1 MiB.
	return b.WithMemTableSize(12 << 20).WithValueThreshold(256 << 10).
		WithBaseTableSize(1 << 20).WithBaseLevelSize(1 << 20).
		WithNumLevelZeroTablesStall(15) // nothing waits for a compaction that may not come
}

// rotSegments has the journal turn within a session, so that a killed store has
// records in journal, log and tables.
func rotSegments() journal.Options {
	return journal.Options{SegmentBytes: 3 << 19, MaxBatch: 4 << 19, Segments: 3}
}

// rotNoCompaction is for damage that is done while the store is open: badger's
// compactions panic over some of it, in goroutines of their own.
func rotNoCompaction(b badger.Options) badger.Options { return rotTune(b).WithNumCompactors(0) }

// rotRig is a broker over a store, and what both log.
type rotRig struct {
	*queuecore.Broker
	store *Store
	lines *bytes.Buffer
}

// openRot opens without waiting for the disk; what is written is not looked at again.
func openRot(ctx context.Context, dir string) (*rotRig, error) {
	return openRotTuned(ctx, dir, true, rotTune)
}

func openRotTuned(ctx context.Context, dir string, noSync bool, tune func(badger.Options) badger.Options) (*rotRig, error) {
	r := &rotRig{lines: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(r.lines, nil))
	o := Options{Log: log, MinFree: -1, KeepEvery: -1, Advice: rotAdvice, tune: tune, segments: rotSegments()}
	var err error
	if r.store, err = Open(dir, o); err != nil {
		return nil, err
	}
	r.Broker, err = queuecore.Open(ctx, r.store, &queuecore.Options{Log: log, CacheBytes: -1, IndexEntries: -1, NoSync: noSync, SyncInterval: time.Hour})
	if err != nil {
		return nil, errors.Join(err, r.store.Close())
	}
	return r, nil
}

// rotBody is the body of a message, which its name and size give.
func rotBody(name string, size int) []byte {
	var seed [32]byte
	copy(seed[:], name)
	b := make([]byte, size)
	if _, err := io.ReadFull(rand.NewChaCha8(seed), b); err != nil {
		panic(err) // it has no end
	}
	return b
}

// rotFill fills a store and returns its directory, as a kill has left it.
func rotFill(t *testing.T, ctx context.Context) string {
	t.Helper()
	dir, killed := t.TempDir(), filepath.Join(t.TempDir(), "killed")
	for session := range rotSessions {
		tune := rotTune
		if session == rotSessions-1 {
			tune = rotNoCompaction // the files stand still while they are copied
		}
		r, err := openRotTuned(ctx, dir, false, tune)
		if err != nil {
			t.Fatal(err)
		}
		if err := rotSession(ctx, r.Broker, session); err != nil {
			t.Fatal(err)
		}
		if session == rotSessions-1 {
			rotCopy(t, dir, killed)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return killed
}

func rotSession(ctx context.Context, b *queuecore.Broker, session int) error {
	for name, c := range map[string]queuecore.QueueConfig{
		"orders": {DeadLetter: "dead", MaxAttempts: 3}, "dead": {}, "groups": {GroupOrder: true, DedupWindow: time.Hour},
		"left": {}, "right": {}, "gone": {}, "parked": {},
	} {
		if _, err := b.EnsureQueue(ctx, name, c); err != nil {
			return err
		}
	}
	for _, q := range []string{"left", "right"} {
		if err := b.Bind(ctx, queuecore.Binding{Pattern: "news.>", Queue: q}); err != nil {
			return err
		}
	}
	if err := rotSends(ctx, b, session); err != nil {
		return err
	}
	// What is acked stays away.
	for _, q := range []string{"orders", "gone", "left", "groups"} {
		n := 12
		if q == "gone" {
			n = 1000
		}
		if err := rotTake(ctx, b, q, n, func(d queuecore.Delivery, _ int) error { return b.Ack(ctx, d.Receipt) }); err != nil {
			return err
		}
	}
	settle := func(d queuecore.Delivery, i int) error {
		if i%2 == 0 {
			return b.Nack(ctx, d.Receipt, 0)
		}
		return b.Reject(ctx, d.Receipt, "no good")
	}
	return errors.Join(rotTake(ctx, b, "orders", 6, settle), rotTake(ctx, b, "parked", 6, settle))
}

func rotSends(ctx context.Context, b *queuecore.Broker, session int) error {
	type load struct {
		to      queuecore.Destination
		n, size int
	}
	for _, l := range []load{
		{queuecore.QueueNamed("orders"), 60, 300}, {queuecore.QueueNamed("gone"), 40, 700}, {queuecore.QueueNamed("groups"), 30, 1500},
		{queuecore.QueueNamed("orders"), 12, 20_000}, {queuecore.TopicNamed("news.today"), 30, 2000}, {queuecore.TopicNamed("news.large"), 1, 1_200_000},
		{queuecore.QueueNamed("parked"), 15, 100}, {queuecore.QueueNamed("gone"), 4, 50_000},
	} {
		for i := range l.n {
			name := fmt.Sprintf("%s-%d-%d-%d", l.to.Name, session, l.size, i)
			m := &queuecore.Message{Destination: l.to, CorrelationID: name, Body: rotBody(name, l.size)}
			if l.to.Name == "groups" {
				m.Group, m.DedupID = fmt.Sprint(i%5), name
			}
			if _, err := b.Send(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// rotTake receives up to n messages and settles each.
func rotTake(ctx context.Context, b *queuecore.Broker, queue string, n int, settle func(queuecore.Delivery, int) error) error {
	for i := 0; i < n; {
		ds, err := b.Receive(ctx, queue, queuecore.ReceiveOptions{Max: min(10, n-i)})
		if err != nil || len(ds) == 0 {
			return err
		}
		for _, d := range ds {
			if err := settle(d, i); err != nil {
				return err
			}
			i++
		}
	}
	return nil
}

// rotCopy copies a directory, whose logs are long and mostly holes.
func rotCopy(t *testing.T, from, to string) {
	t.Helper()
	list, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		path := filepath.Join(from, e.Name())
		b, err := readToLastByte(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(to, e.Name())
		if err := errors.Join(os.WriteFile(path, b, 0o600), os.Truncate(path, info.Size())); err != nil {
			t.Fatal(err)
		}
	}
}

// haul is what a broker gives out: how often it has each message.
type haul map[string]int

// rotDrain takes all that there is, in every queue, whatever its state, but what
// is damaged. Messages with wrong content are an error.
func rotDrain(ctx context.Context, b *queuecore.Broker) (haul, error) {
	got := make(haul)
	add := func(m *queuecore.Message) error {
		parts := strings.Split(m.CorrelationID, "-")
		var size int
		if len(parts) != 4 {
			return fmt.Errorf("a message named %q", m.CorrelationID)
		}
		if _, err := fmt.Sscan(parts[2], &size); err != nil {
			return err
		}
		if !bytes.Equal(m.Body, rotBody(m.CorrelationID, size)) {
			return fmt.Errorf("message %s has the wrong body", m.CorrelationID)
		}
		got[m.CorrelationID]++
		return nil
	}
	for _, q := range b.Queues("") {
		if err := rotReady(ctx, b, q.Name, add); err != nil {
			return nil, err
		}
		if err := rotParked(ctx, b, q.Name, add); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// rotReady receives all that is ready, and acks it, so that its group goes on.
func rotReady(ctx context.Context, b *queuecore.Broker, queue string, add func(*queuecore.Message) error) error {
	for {
		ds, err := b.Receive(ctx, queue, queuecore.ReceiveOptions{Max: 10, Lease: queuecore.LeaseFor(time.Hour)})
		if err != nil {
			return err
		}
		for _, d := range ds {
			if err := errors.Join(add(d.Message), b.Ack(ctx, d.Receipt)); err != nil {
				return err
			}
		}
		if len(ds) > 0 {
			continue
		}
		// None means that all is out, or that all of those taken were damaged.
		if s, err := b.Stats(ctx, queue); err != nil || s.Ready == 0 {
			return err
		}
	}
}

func rotParked(ctx context.Context, b *queuecore.Broker, queue string, add func(*queuecore.Message) error) error {
	s, err := b.Stats(ctx, queue)
	if err != nil {
		return err
	}
	for seq := s.FirstSeq; seq <= s.LastSeq; seq++ {
		found, err := b.Browse(ctx, queue, seq, 1)
		if errors.Is(err, ErrCorrupt) || errors.Is(err, queuecore.ErrInvalid) {
			continue // it was parked for that
		}
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Seq != seq {
			continue
		}
		if err := add(found[0].Message); err != nil {
			return err
		}
	}
	return nil
}
