package powerloss

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

// order is what Run tells a child.
type order struct {
	Dir   string
	Seed  uint64
	Round int
	// Look says that what is in the store is to be looked at before anything else. A child
	// that serves others opens the store a second time for it, and so must not always do so.
	Look bool
	Work Work
}

// queueName is the queue that everybody uses.
const queueName = "power"

// interval is that of Work.Interval.
const interval = 50 * time.Millisecond

// Child opens the store that arg names, says on out what is in it, and sends and
// receives until in ends; then it closes the store. It is made to be killed.
func Child(ctx context.Context, arg string, in io.Reader, out io.Writer) error {
	var o order
	if err := json.Unmarshal([]byte(arg), &o); err != nil {
		return fmt.Errorf("what to do: %w", err)
	}
	b, err := openBroker(ctx, &o)
	if err != nil {
		return err
	}
	say := &speaker{w: out}
	if err := work(ctx, b, &o, say, in); err != nil {
		return errors.Join(err, b.Close())
	}
	if err := b.Close(); err != nil {
		return err
	}
	say.line(wordClosed)
	return nil
}

func openBroker(ctx context.Context, o *order) (*queuecore.Broker, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	disk, err := badgerstore.Open(o.Dir, badgerstore.Options{Log: log})
	if err != nil {
		return nil, err
	}
	var s store.Store = disk
	if o.Work.Forget {
		s = forgetful{disk}
	}
	b, err := queuecore.Open(ctx, s, &queuecore.Options{NoSync: o.Work.Interval, SyncInterval: interval, Log: log})
	if err != nil {
		return nil, errors.Join(err, disk.Close())
	}
	return b, nil
}

// forgetful is a store that lies about syncs.
type forgetful struct{ *badgerstore.Store }

// Sync does nothing.
func (forgetful) Sync() error { return nil }

// speaker writes lines, each in one piece, as long as it is shorter than a pipe's.
type speaker struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

// line says a word about messages. If nobody listens any more, the child is about to
// be killed.
func (s *speaker) line(word string, names ...string) {
	text := word
	if len(names) > 0 {
		text += " " + strings.Join(names, " ")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.w, text+"\n")
}

// tellFound says what is in the queue.
func tellFound(ctx context.Context, b *queuecore.Broker, say *speaker) (int, error) {
	w := bufio.NewWriter(say.w)
	n := 0
	for from := uint64(0); ; {
		entries, err := b.Browse(ctx, queueName, from, 100)
		if err != nil {
			return n, err
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			fmt.Fprintln(w, wordFound, nameOf(e.Body))
			n++
		}
		from = entries[len(entries)-1].Seq + 1
	}
	if err := w.Flush(); err != nil {
		return n, err
	}
	say.line(wordOpened)
	return n, nil
}
