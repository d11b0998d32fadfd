package queuecore

import (
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// A batch is handed to the writer as soon as the writer is free. While it is
// not, the next batch grows, up to these bounds.
const (
	maxBatchBytes = 4 << 20
	maxBatchOps   = 20_000
)

// loop owns the machine. It steps every request that comes, and hands what must
// be written to the writer.
type loop struct {
	b       *Broker
	machine *machine.Machine
	writer  *writer
	out     *machine.Output
	spare   []request
	backlog []request // taken from the inbox, not stepped
	wakeAt  int64     // when the machine wants to be flushed; 0: not before a request
	timer   *time.Timer
	last    bool // the shutdown request has been stepped
}

// run is the loop's goroutine.
func (b *Broker) run(m *machine.Machine) {
	defer b.dies("loop")
	l := &loop{b: b, machine: m, writer: newWriter(b), out: &machine.Output{}, timer: time.NewTimer(time.Hour)}
	// The writer ends when the loop closes its channel of batches.
	go l.writer.run()
	l.flushAt(b.now())
	for !l.last || !l.out.Empty() {
		l.step()
		l.wait()
	}
	l.timer.Stop()
	close(l.writer.batches)
	<-l.writer.done
	b.reading.Lock() // whoever reads has ended, and nobody begins any more
	b.close = l.writer.closeStore()
	close(b.done)
	b.reading.Unlock()
}

// step does what has come in, until the batch is large enough.
func (l *loop) step() {
	for !l.full() && !l.last && l.take() {
		l.do(l.backlog[0])
		l.backlog[0] = nil
		l.backlog = l.backlog[1:]
	}
	l.flushAt(l.b.now())
}

// take reports whether there is a request to step. What is due when a request is taken comes before it.
func (l *loop) take() bool {
	if len(l.backlog) > 0 {
		return true
	}
	l.backlog = l.b.inbox.take(l.spare)
	l.spare = l.backlog
	if len(l.backlog) == 0 {
		return false
	}
	l.flush()
	return true
}

// flush does what is due, if anything is.
func (l *loop) flush() {
	if now := l.b.now(); l.wakeAt != 0 && l.wakeAt <= now {
		l.flushAt(now)
	}
}

func (l *loop) flushAt(now int64) {
	l.machine.RestMoves(l.b.noRoom.Load() != nil || l.b.failure.Load() != nil)
	l.wakeAt = l.machine.Flush(now, l.out)
}

func (l *loop) do(r request) {
	if _, ok := r.(*shutdownCall); ok {
		l.last = true
	} else if err := l.b.failure.Load(); err != nil {
		l.refuse(r, *err)
		return
	}
	l.machine.Step(r, l.b.now(), l.out)
}

// refuse answers r after the store has failed: what only looks is still shown.
func (l *loop) refuse(r request, err error) {
	if onlyLooks(r) {
		l.machine.Step(r, l.b.now(), &machine.Output{})
		err = nil
	}
	r.answered(err)
}

func (l *loop) full() bool {
	return l.out.Batch.Size() >= maxBatchBytes || l.out.Batch.Len() >= maxBatchOps
}

// wait hands over the batch when the writer can take it, and returns when there
// is something to do.
func (l *loop) wait() {
	var batches chan *machine.Output
	if !l.out.Empty() {
		batches = l.writer.batches
	}
	wake := l.b.inbox.wake
	if l.full() {
		wake = nil // first this batch must go
	}
	select {
	case batches <- l.out:
		l.out = <-l.writer.free
	case <-wake:
	case <-l.alarm():
	case <-l.writer.failed:
		l.writer.failed = nil
		l.machine.Abandon(*l.b.failure.Load(), l.out)
	}
}

// alarm returns a channel that yields when the machine wants to be flushed.
func (l *loop) alarm() <-chan time.Time {
	if l.wakeAt == 0 || l.full() {
		return nil
	}
	l.timer.Reset(time.Duration(max(l.wakeAt-l.b.now(), 0)))
	return l.timer.C
}
