package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/rig"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

// Options say how often to kill what.
type Options struct {
	Binary string // the server's program
	Dir    string // of its data
	Kills  int
	Rand   *rand.Rand // when to kill
	Log    func(format string, args ...any)
}

// queueName is the queue that everybody uses.
const queueName = "crash"

// A round lasts from when the clients run until the kill; in between, a random time.
const (
	shortestRound = 50 * time.Millisecond
	longestRound  = 900 * time.Millisecond
)

// Run kills the server again and again on the same data, and returns what it
// broke of its promises.
func Run(ctx context.Context, o Options) error {
	ledger := coretest.NewLedger()
	for round := 1; round <= o.Kills; round++ {
		if err := runRound(ctx, &o, ledger, round); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		// Every other time the next server opens what the kill left, with nobody
		// in between who closes it properly.
		if round%2 == 0 || round == o.Kills {
			if err := check(ctx, &o, ledger, round); err != nil {
				return fmt.Errorf("after kill %d: %w", round, err)
			}
		}
	}
	return nil
}

// runRound starts the server and its clients, and kills the server.
func runRound(ctx context.Context, o *Options, ledger *coretest.Ledger, round int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	server, err := rig.Start(ctx, o.Binary, o.Dir)
	if err != nil {
		return err
	}
	defer server.Kill()
	clients, err := connect(ctx, server)
	if err != nil {
		return fmt.Errorf("%w; the server says: %s", err, server.Log())
	}
	var working sync.WaitGroup
	for _, c := range clients {
		w := worker{ctx: ctx, client: c, ledger: ledger, prefix: fmt.Sprintf("%d.%s", round, c.name())}
		working.Go(w.produce)
		working.Go(w.consume)
	}
	time.Sleep(shortestRound + time.Duration(o.Rand.Int64N(int64(longestRound-shortestRound))))
	server.Kill()
	cancel()
	for _, c := range clients {
		c.close()
	}
	working.Wait()
	return nil
}

// worker lets one client send, and receive, until its server is gone.
type worker struct {
	ctx    context.Context
	client client
	ledger *coretest.Ledger
	prefix string
}

func (w *worker) produce() {
	for n := 0; w.ctx.Err() == nil; n++ {
		names := []string{fmt.Sprintf("%s.%d", w.prefix, n)}
		if w.client.transacts() && n%3 == 0 {
			names = append(names, names[0]+".twin")
		}
		bodies := make([]string, len(names))
		for i, name := range names {
			bodies[i] = body(name)
		}
		w.ledger.Sending(names...)
		if err := w.client.send(w.ctx, bodies); err != nil {
			return // the server is gone; whether it took the message is open
		}
		w.ledger.Sent(names...)
	}
}

func (w *worker) consume() {
	for n := 0; w.ctx.Err() == nil; n++ {
		d, err := w.client.receive(w.ctx)
		if err != nil {
			return
		}
		if d == nil || !w.ledger.Delivered(nameOf(d.body)) {
			continue
		}
		if n%10 == 9 {
			_ = d.nack() // it comes back, or the server is gone
			continue
		}
		name := nameOf(d.body)
		w.ledger.Acking(name)
		if err := d.ack(w.ctx); err != nil {
			return
		}
		w.ledger.Acked(name)
	}
}

// body makes a body that shows when it is not the one that was sent. Some are
// large enough to be stored apart.
func body(name string) string {
	n := 20 + len(name)*7
	if strings.HasSuffix(name, "7") {
		n = 6000
	}
	return name + " " + strings.Repeat(name+";", n/len(name))
}

// nameOf returns a body's name; a body that is not whole has none.
func nameOf(b string) string {
	name, _, _ := strings.Cut(b, " ")
	if b != body(name) {
		return "damaged: " + b
	}
	return name
}

// check opens the store and compares.
func check(ctx context.Context, o *Options, ledger *coretest.Ledger, round int) error {
	present, err := load(ctx, o.Dir)
	if err != nil {
		return err
	}
	wrong, counts := ledger.Check(present)
	o.Log("after %d kills: %d sends and %d acks confirmed, %d deliveries of which %d again, %d messages left",
		round, counts.Sent, counts.Acked, counts.Delivered, counts.Again, len(present))
	if len(wrong) > 0 {
		return fmt.Errorf("%d promises broken, among them:\n%s", len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
	}
	return nil
}

// load returns how often each name is in the store.
func load(ctx context.Context, dir string) (map[string]int, error) {
	s, err := badgerstore.Open(filepath.Clean(dir), badgerstore.Options{})
	if err != nil {
		return nil, err
	}
	b, err := queuecore.Open(ctx, s, nil)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	present, err := browse(ctx, b)
	return present, errors.Join(err, b.Close())
}

func browse(ctx context.Context, b *queuecore.Broker) (map[string]int, error) {
	present := make(map[string]int)
	for from := uint64(0); ; {
		entries, err := b.Browse(ctx, queueName, from, queuecore.MaxReceive)
		if err != nil || len(entries) == 0 {
			return present, err
		}
		for _, e := range entries {
			present[nameOf(string(e.Body))]++
		}
		from = entries[len(entries)-1].Seq + 1
	}
}
