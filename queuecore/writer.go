package queuecore

import (
	"errors"
	"fmt"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// writer writes one batch after the other and answers those who wait for it.
type writer struct {
	b       *Broker
	batches chan *machine.Output // from the loop
	free    chan *machine.Output // back to it
	failed  chan struct{}        // closed when the store has failed; the loop's copy becomes nil once seen
	fail    chan struct{}        // the same, kept by the writer until it has closed it
	done    chan struct{}
	dirty   bool // something is written and not synced
	unseen  int  // bytes written since the writer last looked for room
}

// spareOutputs is how many batches there are besides the one that grows.
const spareOutputs = 2

func newWriter(b *Broker) *writer {
	failed := make(chan struct{})
	w := &writer{
		b: b, batches: make(chan *machine.Output), free: make(chan *machine.Output, spareOutputs),
		failed: failed, fail: failed, done: make(chan struct{}),
	}
	for range spareOutputs {
		w.free <- &machine.Output{}
	}
	return w
}

// The writer looks whether the disk has room once in a while, and whenever it has
// written so much that the answer may be another one.
const (
	roomInterval = time.Second
	roomBytes    = 16 << 20
)

// run is the writer's goroutine.
func (w *writer) run() {
	defer w.b.dies("writer")
	defer close(w.done)
	tick := time.NewTicker(w.b.options.SyncInterval)
	defer tick.Stop()
	if !w.b.options.NoSync {
		tick.Stop()
	}
	room := time.NewTicker(roomInterval)
	defer room.Stop()
	for {
		select {
		case out, ok := <-w.batches:
			if !ok {
				return
			}
			w.finish(out, w.write(out))
		case <-tick.C:
			w.syncLater()
		case <-room.C:
			w.b.lookForRoom()
		}
	}
}

// write brings out to the disk.
func (w *writer) write(out *machine.Output) error {
	if p := w.b.failure.Load(); p != nil {
		return *p
	}
	if err := w.store(out); err != nil {
		return w.broken(err)
	}
	return nil
}

// broken says that the store has failed, and has the loop send everybody away.
func (w *writer) broken(err error) error {
	if w.fail != nil {
		defer close(w.fail)
		w.fail = nil
	}
	return w.b.fail(err)
}

func (w *writer) store(out *machine.Output) error {
	if out.Batch.Len() > 0 {
		if err := w.fillCopies(out); err != nil {
			return err
		}
		if err := w.pieces(out); err != nil {
			return err
		}
	}
	if out.Durable && !w.b.options.NoSync && w.dirty {
		return w.sync()
	}
	return nil
}

// What is larger is written in pieces: the store takes no more at once.
const (
	maxWriteBytes = 4 << 20
	maxWriteOps   = 40_000
)

// pieces writes the batch, in as few pieces as its cuts and the limits allow.
func (w *writer) pieces(out *machine.Output) error {
	w.dirty = true
	if opBytes(out.Batch.Ops) <= maxWriteBytes && out.Batch.Len() <= maxWriteOps {
		return w.put(&out.Batch)
	}
	var piece store.Batch
	start := 0
	for _, cut := range append(out.Cuts, out.Batch.Len()) {
		unit := out.Batch.Ops[start:cut]
		if piece.Len() > 0 && (piece.Size()+opBytes(unit) > maxWriteBytes || piece.Len()+len(unit) > maxWriteOps) {
			if err := w.put(&piece); err != nil {
				return err
			}
			piece.Reset()
		}
		piece.Append(unit)
		start = cut
	}
	return w.put(&piece)
}

// put writes one piece. A disk without room is no failure: nothing is told and
// nothing else is written until there is room again, or the broker closes.
func (w *writer) put(piece *store.Batch) error {
	for tries := 0; ; tries++ {
		err := w.b.store.Write(piece)
		if !errors.Is(err, store.ErrNoSpace) {
			if err == nil {
				w.wrote(piece.Size(), tries > 0)
			}
			return err
		}
		w.b.refuseSends(err)
		select {
		case <-time.After(roomInterval):
		case <-w.b.quit:
			return err
		}
	}
}

// wrote counts what has been written, and looks for room when it is time to.
func (w *writer) wrote(n int, refused bool) {
	if w.unseen += n; w.unseen >= roomBytes || refused {
		w.unseen = 0
		w.b.lookForRoom()
	}
}

func opBytes(ops []store.Op) int {
	n := 0
	for i := range ops {
		n += len(ops[i].Key) + len(ops[i].Value)
	}
	return n
}

func (w *writer) sync() error {
	if err := w.b.store.Sync(); err != nil {
		return err
	}
	w.dirty = false
	return nil
}

// syncLater is the sync that NoSync puts off.
func (w *writer) syncLater() {
	if !w.dirty || w.b.failure.Load() != nil {
		return
	}
	if err := w.sync(); err != nil {
		_ = w.broken(err) // logged there
	}
}

// finish tells everybody, and gives the batch back to the loop.
func (w *writer) finish(out *machine.Output, err error) {
	if err == nil {
		w.b.directory.apply(out.Changes)
	}
	for _, owner := range out.Answered {
		owner.(request).answered(err)
	}
	if err == nil {
		w.b.scout.begin(out.Looks)
		w.warn(out.Warnings)
		w.b.watchers.tell(out.GivenUp)
	}
	out.Reset()
	w.free <- out
}

// warn says which queues keep what nobody will be handed: somebody has to look after it.
func (w *writer) warn(parked []machine.Warning) {
	for _, p := range parked {
		w.b.options.Log.Warn("a message was given up and is parked, as are those that follow: no dead-letter queue takes them",
			"queue", p.Queue, "reason", p.Reason, "dead_letter", p.DeadLetter)
	}
}

// fillCopies reads the records that the batch moves.
func (w *writer) fillCopies(out *machine.Output) error {
	if len(out.Copies) == 0 {
		return nil
	}
	put := make(map[string]int) // key to the last operation that puts it
	done := 0
	for _, c := range out.Copies {
		for ; done < c.Op; done++ {
			if op := &out.Batch.Ops[done]; !op.Delete {
				put[string(op.Key)] = done
			}
		}
		if err := w.fill(out, c, put); err != nil {
			return err
		}
	}
	return nil
}

// fill reads one record to move. A message that is damaged moves without its
// content, which whoever receives it will find damaged.
func (w *writer) fill(out *machine.Output, c machine.Copy, put map[string]int) error {
	var v []byte
	var err error
	if i, ok := put[string(c.From)]; ok {
		v = out.Batch.Ops[i].Value
	} else {
		v, err = w.b.store.Get(c.From)
	}
	if err == nil {
		v, err = machine.ReplaceHead(v, c.Head)
	}
	switch {
	case errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrNotFound), errors.Is(err, ErrInvalid):
		w.b.options.Log.Error("a message to be moved is damaged", "record", fmt.Sprintf("%x", c.From), "err", err)
		v = c.Head
	case err != nil:
		return fmt.Errorf("record %x to move: %w", c.From, err)
	}
	out.Batch.Ops[c.Op].Value = v
	return nil
}

// closeStore ends the store, synced whatever the mode.
func (w *writer) closeStore() error {
	var err error
	if w.dirty && w.b.failure.Load() == nil {
		err = w.b.store.Sync()
	}
	return errors.Join(err, w.b.store.Close())
}
