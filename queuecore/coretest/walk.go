package coretest

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// Walks do random operations on a broker and on its twin, with clocks that are set,
// restarts, deaths of the process and power cuts in between.
type Walks struct {
	// Options has the last word on how brokers are opened; nil: none.
	Options func(*queuecore.Options)
	// OneOfGroups has receives of queues with group order ask for one message at a
	// time: how much of a group comes together is open when the rest of it is packed.
	OneOfGroups bool
	// Coverage counts what the walks come through, and says what they are about.
	Coverage *Coverage
}

// Walk is one walk. It fails t as soon as broker and twin differ. Rapid's
// flags -rapid.checks and -rapid.steps say how many walks of how many steps.
func (x *Walks) Walk(t *rapid.T) {
	w := &walk{t: t, walks: x, twin: newTwin(), disk: newDisk(memstore.New()), ctx: context.Background(), sessions: make(map[int]*queuecore.Session)}
	w.consumers = make(map[*twinConsumer]*queuecore.Consumer)
	w.time.wall.Store(int64(w.twin.now))
	w.twin.overdue = func(outcome string) { w.saw("overdue", outcome) }
	w.twin.saw = func(outcome string) { w.saw(w.walks.Coverage.about(), outcome) }
	w.twin.affine = w.walks.Coverage.Affine
	w.long = w.seldom(5)
	w.open()
	defer w.end()
	for _, name := range []string{"a", "b", "c", "d"} {
		switch {
		case w.walks.Coverage.Fair && name == "a":
			w.makeFair()
		case w.walks.Coverage.Affine && name == "a":
			w.makeAffine()
		default:
			w.make(name)
		}
	}
	t.Repeat(map[string]func(*rapid.T){"": func(*rapid.T) { w.compare() }, "step": func(*rapid.T) { w.step() }})
}

type walk struct {
	t     *rapid.T
	walks *Walks
	ctx   context.Context
	b     *queuecore.Broker
	disk  *disk
	twin  *twin
	time  clock

	long     bool // with queues of hundreds of messages
	sessions map[int]*queuecore.Session
	last     int // session
	bodies   int
	receipts []queuecore.Receipt
	origin   string // of what is being sent
	attached []walkAttachment
	waiters  []*waiter

	consumers map[*twinConsumer]*queuecore.Consumer
}

// clock is what the broker's goroutines see of time.
type clock struct {
	elapsed atomic.Int64
	wall    atomic.Int64 // since start
}

var start = time.Unix(1e9, 0)

// show is the wall clock.
func (c *clock) show() time.Time { return start.Add(time.Duration(c.wall.Load())) }

// ahead is what the wall clock will show in d.
func (c *clock) ahead(d time.Duration) time.Time { return c.show().Add(d) }

func (w *walk) open() {
	o := queuecore.Options{
		CacheBytes: 40, // so that some bodies come from the store
		Now:        w.time.show,
		Elapsed:    func() time.Duration { return time.Duration(w.time.elapsed.Load()) },
		Log:        slog.New(slog.DiscardHandler),
	}
	if w.walks.Options != nil {
		w.walks.Options(&o)
	}
	b, err := queuecore.Open(w.ctx, w.disk, &o)
	w.must(err)
	w.b = b
}

// end closes the broker; the twin has said what there was to say.
func (w *walk) end() {
	for _, x := range w.waiters {
		x.cancel()
	}
	_ = w.b.Close()
	for _, x := range w.waiters {
		<-x.done
	}
}

func (w *walk) must(err error) {
	if err != nil {
		w.t.Fatal(err)
	}
}

// saw counts what the walk came through.
func (w *walk) saw(op, outcome string) { w.walks.Coverage.saw(op + ": " + outcome) }

// is compares an answer with the expected one.
func (w *walk) is(op string, got, want error) {
	if !errors.Is(got, want) || got != nil && want == nil {
		w.t.Fatalf("%s: %v; want %v", op, got, want)
	}
}

// step does one operation.
func (w *walk) step() {
	w.walks.Coverage.Steps++
	actions := w.actions()
	names := slices.Sorted(maps.Keys(actions))
	actions[w.one("action", names...)]()
}

func (w *walk) actions() map[string]func() {
	if w.walks.Coverage.Fair {
		return w.fairActions()
	}
	if w.walks.Coverage.Affine {
		return w.affineActions()
	}
	if w.walks.Coverage.Relays {
		return w.relayActions()
	}
	actions := map[string]func(){
		"send": w.send, "send 2": w.send, "send 3": w.send, "send 4": w.send, "topic": w.topic, "topic 2": w.topic, "tx": w.tx, "tx 2": w.tx,
		"receive": w.receive, "receive 2": w.receive, "receive 3": w.receive, "receive 4": w.receive, "wait": w.wait, "cancel": w.cancel,
		"ack": w.ack, "ack 2": w.ack, "nack": w.nack, "nack 2": w.nack, "extend": w.extend, "reject": w.reject, "release": w.release,
		"create": w.create, "session queue": w.sessionQueue, "delete": w.delete, "update": w.update, "redrive": w.redrive, "ensure": w.ensure, "expect": w.expect, "expect 2": w.expect,
		"bind": w.bind, "subscribe": w.subscribe, "subscribe 2": w.subscribe, "detach": w.detach, "detach 2": w.detach, "unsubscribe": w.unsubscribe, "remove": w.remove, "purge": w.purge, "browse": w.browse, "close session": w.closeSession,
		"advance": w.advance, "advance 2": w.advance, "set clock": w.setClock,
		"move": w.move, "move 2": w.move, "cancel move": w.cancelMove, "cancel move 2": w.cancelMove,
		"restart": w.restart, "kill": w.kill, "cut": w.cut, "cut a lease": w.cutLease,
	}
	if w.long {
		actions["bulk"] = w.bulk
	}
	return actions
}

// even draws a number below n, each as likely as the others: rapid's own ranges
// prefer what is small.
func (w *walk) even(n int, label string) int {
	bits := rapid.Custom(func(t *rapid.T) int {
		x := 0
		for range 8 {
			x *= 2
			if rapid.Bool().Draw(t, "") {
				x++
			}
		}
		return x % n
	})
	return bits.Draw(w.t, label)
}

// seldom is true one time in n.
func (w *walk) seldom(n int) bool { return w.even(n, "seldom") == n-1 }

func (w *walk) duration(label string) time.Duration {
	return time.Duration(rapid.IntRange(1, 20).Draw(w.t, label)) * time.Second
}

// one draws one of the words.
func (w *walk) one(label string, words ...string) string {
	return words[w.even(len(words), label)]
}

// queueName draws the name of a queue, which may not be there.
func (w *walk) queueName() string { return w.one("queue", w.names()...) }

// names are those of the queues; what is seldom there is seldom drawn.
func (w *walk) names() []string {
	if w.walks.Coverage.Relays && !w.seldom(6) {
		return []string{"h", "h", "h.1", "h.2", "h.3"}
	}
	if w.seldom(8) {
		return []string{"e", "x", "s", "n"}
	}
	return []string{"a", "b", "c", "d"}
}

// queue draws a queue that is there, or nil.
func (w *walk) queue() *twinQueue { return w.twin.queue(w.queueName()) }
