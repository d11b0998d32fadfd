package workload

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

const (
	stompAtOnce   = 40 // frames before one with a receipt, and messages acked at once
	stompPrefetch = 200
	moveAtOnce    = 10
	// stompWait is how long the library waits for an answer, and for a sign of life.
	stompWait = 2 * time.Minute
	// neglected bounds the messages that a connection neither acks nor gives back:
	// they take of its prefetch.
	neglected = stompPrefetch / 2
	// stompQueued is more than is ever under way: the library's own queues must not
	// fill up, or its calls could wait for a goroutine that has ended.
	stompQueued = 10_000
)

// receiptTopic is where frames go that are sent for their receipts alone. Nobody
// subscribes to it.
const receiptTopic = "/topic/torture-receipts"

// stompConn is a connection that breaks when ctx ends.
type stompConn struct {
	*stomp.Conn
	ctx       context.Context
	neglected int
}

func openSTOMP(ctx context.Context, addr string) (*stompConn, func(), error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	// The library's own MustDisconnect waits for a Send that waits for its receipt, and what is queued
	// behind the end of a connection is never answered (go-stomp v3.1.5): of a server that was killed, a
	// slow client would know stompWait later. The library ends with the connection.
	closeConn := func() { _ = nc.Close() } // it may be closed already
	stop := context.AfterFunc(ctx, closeConn)
	conn, err := stomp.ConnectWithContext(ctx, nc, stomp.ConnOpt.HeartBeat(stompWait, stompWait), stomp.ConnOpt.Logger(quiet{}),
		stomp.ConnOpt.WriteChannelCapacity(stompQueued), stomp.ConnOpt.MsgSendTimeout(stompWait), stomp.ConnOpt.RcvReceiptTimeout(stompWait))
	if err != nil {
		stop()
		closeConn()
		return nil, nil, err
	}
	return &stompConn{Conn: conn, ctx: ctx}, func() { stop(); closeConn() }, nil
}

// wait runs a call that waits for an answer.
func (c *stompConn) wait(call func() error) error {
	answered := make(chan error, 1)
	// Ends with the answer, or when the library has waited for long enough.
	go func() { answered <- call() }()
	select {
	case err := <-answered:
		return err
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}

// textPlain has no content-length, as STOMP's own text messages have none.
func textPlain(f *frame.Frame) error { return stomp.SendOpt.NoContentLength(f) }

func destination(queue string) string { return "/queue/" + queue }

// sendSTOMP sends in three ways: transactions over two queues; frames of which
// the last one asks for a receipt, which stands for all; and sends to the topic.
func (r *run) sendSTOMP(ctx context.Context, rnd *rand.Rand) error {
	c, done, err := openSTOMP(ctx, r.at.STOMP)
	if err != nil {
		return err
	}
	defer done()
	ways := []func(*stompConn, *rand.Rand) error{r.sendTransaction, r.sendFrames, r.sendFanSTOMP}
	for n := 0; err == nil && ctx.Err() == nil; n++ {
		r.breathe(ctx, workQueue, step1Queue, step2Queue, fanAQueue, fanBQueue)
		err = ways[n%len(ways)](c, rnd)
	}
	return err
}

func (r *run) sendTransaction(c *stompConn, rnd *rand.Rand) error {
	queues := []string{step1Queue, step1Queue, workQueue}
	var sends []ledger.Send
	for range 2 + rnd.IntN(moveAtOnce) {
		sends = append(sends, ledger.Send{Queue: queues[len(sends)%len(queues)], By: bySTOMP})
	}
	ids := r.ledger.Sending(sends...)
	u := r.ledger.Together("transaction", ids, nil)
	err := c.transact(func(tx *stomp.Transaction) error {
		for i, id := range ids {
			if err := tx.Send(destination(sends[i].Queue), "text/plain", body(id, size(rnd)), textPlain); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		r.ledger.Done(u)
	}
	return err
}

// transact commits what fill puts in a transaction, and returns once that is
// confirmed. The receipt is that of a frame behind the COMMIT, for which the server
// answers too: the library waits for a COMMIT's own receipt no longer than the
// server's shortest beat (go-stomp v3.1.5, sendFrame), and is stuck when it comes later.
func (c *stompConn) transact(fill func(*stomp.Transaction) error) error {
	tx, err := c.BeginWithError()
	if err != nil {
		return err
	}
	if err := fill(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return c.send(receiptTopic, nil, true, nil)
}

func (r *run) sendFrames(c *stompConn, rnd *rand.Rand) error {
	const delay = "AMQ_SCHEDULED_DELAY" // milliseconds
	sends := make([]ledger.Send, stompAtOnce)
	delays := make([]time.Duration, stompAtOnce)
	for i := range sends {
		sends[i] = ledger.Send{Queue: workQueue, By: bySTOMP}
		if rnd.IntN(20) == 0 {
			delays[i] = time.Duration(rnd.IntN(3000)) * time.Millisecond
			sends[i].Due = time.Now().Add(delays[i])
		}
	}
	ids := r.ledger.Sending(sends...)
	for i, id := range ids {
		options := []func(*frame.Frame) error{textPlain}
		if delays[i] > 0 {
			options = append(options, stomp.SendOpt.Header(delay, strconv.FormatInt(delays[i].Milliseconds(), 10)))
		}
		if err := c.send(destination(workQueue), body(id, size(rnd)), i == len(ids)-1, options); err != nil {
			return err
		}
	}
	r.ledger.Sent(ids...)
	return nil
}

// send sends one frame, and waits for its receipt if it is to have one.
func (c *stompConn) send(to string, body []byte, receipt bool, options []func(*frame.Frame) error) error {
	if receipt {
		options = append(options, stomp.SendOpt.Receipt)
	}
	call := func() error { return c.Send(to, "text/plain", body, options...) }
	if receipt {
		return c.wait(call)
	}
	return call()
}

func (r *run) sendFanSTOMP(c *stompConn, rnd *rand.Rand) error {
	const atOnce = 10
	var units []*ledger.Unit
	for i := range atOnce {
		u, id := r.fanOut(bySTOMP)
		units = append(units, u)
		if err := c.send("/topic/"+topic+"stomp", body(id, size(rnd)), i == atOnce-1, []func(*frame.Frame) error{textPlain}); err != nil {
			return err
		}
	}
	for _, u := range units {
		r.ledger.Done(u)
	}
	return nil
}

// subscribe returns the messages of a queue. They are taken off the connection
// as they come: the library reads and writes in one goroutine.
func (c *stompConn) subscribe(queue string) (<-chan *stomp.Message, error) {
	sub, err := c.Subscribe(destination(queue), stomp.AckClientIndividual,
		stomp.SubscribeOpt.Header("prefetch-count", strconv.Itoa(stompPrefetch)))
	if err != nil {
		return nil, err
	}
	arrivals := make(chan *stomp.Message, 2*stompPrefetch)
	// Ends with the connection.
	go func() {
		defer close(arrivals)
		for m := range sub.C {
			select {
			case arrivals <- m:
			case <-c.ctx.Done():
			}
		}
	}()
	return arrivals, nil
}

// next waits for a message and takes up to n that are there.
func (c *stompConn) next(arrivals <-chan *stomp.Message, n int) (list []*stomp.Message, err error) {
	for len(list) < n {
		var m *stomp.Message
		var ok bool
		select {
		case m, ok = <-arrivals:
		case <-c.ctx.Done():
			return nil, c.ctx.Err()
		default:
			if len(list) > 0 {
				return list, nil
			}
			select {
			case m, ok = <-arrivals:
			case <-c.ctx.Done():
				return nil, c.ctx.Err()
			}
		}
		if !ok {
			return nil, errors.New("the subscription is over")
		}
		if m.Err != nil {
			return nil, m.Err
		}
		list = append(list, m)
	}
	return list, nil
}

// receiveSTOMP acks many messages in one transaction. Some are given back in it.
func (r *run) receiveSTOMP(queue string) func(context.Context, *rand.Rand) error {
	return r.consumeSTOMP(queue, stompAtOnce, func(*stomp.Transaction, int) ([]ledger.ID, error) { return nil, nil })
}

// moveSTOMP sends a message to the next queue for each one that it acks, in one
// transaction.
func (r *run) moveSTOMP(ctx context.Context, rnd *rand.Rand) error {
	return r.consumeSTOMP(step1Queue, moveAtOnce, func(tx *stomp.Transaction, n int) ([]ledger.ID, error) {
		var sends []ledger.Send
		for range n {
			sends = append(sends, ledger.Send{Queue: step2Queue, By: bySTOMP})
		}
		ids := r.ledger.Sending(sends...)
		for _, id := range ids {
			if err := tx.Send(destination(step2Queue), "text/plain", body(id, size(rnd)), textPlain); err != nil {
				return nil, err
			}
		}
		return ids, nil
	})(ctx, rnd)
}

// consumeSTOMP acks up to atOnce messages in one transaction, with what besides
// sends in it for so many messages.
func (r *run) consumeSTOMP(queue string, atOnce int, besides func(*stomp.Transaction, int) ([]ledger.ID, error)) func(context.Context, *rand.Rand) error {
	return func(ctx context.Context, rnd *rand.Rand) error {
		c, done, err := openSTOMP(ctx, r.at.STOMP)
		if err != nil {
			return err
		}
		defer done()
		arrivals, err := c.subscribe(queue)
		for err == nil && ctx.Err() == nil {
			var list []*stomp.Message
			if list, err = c.next(arrivals, atOnce); err == nil {
				err = r.settleSTOMP(c, queue, list, besides, rnd)
			}
		}
		return err
	}
}

func (r *run) settleSTOMP(c *stompConn, queue string, list []*stomp.Message, besides func(*stomp.Transaction, int) ([]ledger.ID, error), rnd *rand.Rand) error {
	var held []ledger.Held
	var acks, nacks []*stomp.Message
	for _, m := range list {
		h, ok := r.delivered(&arrival{queue: queue, by: bySTOMP, name: m.Header.Get(frame.MessageId), body: m.Body})
		switch {
		case !ok:
		case r.careless(rnd, 200) && c.neglected < neglected:
			c.neglected++
		case r.careless(rnd, 50):
			r.ledger.Nacking(h)
			nacks = append(nacks, m)
		default:
			held, acks = append(held, h), append(acks, m)
		}
	}
	if len(acks) == 0 {
		return each(nacks, c.Nack)
	}
	var u *ledger.Unit
	err := c.transact(func(tx *stomp.Transaction) error {
		ids, err := besides(tx, len(acks))
		if err != nil {
			return err
		}
		u = r.ledger.Together("transaction", ids, held)
		if err := each(nacks, tx.Nack); err != nil { // atomically with the rest
			return err
		}
		return each(acks, tx.Ack)
	})
	if err == nil {
		r.ledger.Done(u)
	}
	return err
}

func each(ms []*stomp.Message, settle func(*stomp.Message) error) error {
	for _, m := range ms {
		if err := settle(m); err != nil {
			return err
		}
	}
	return nil
}

// quiet keeps the library from writing. What goes wrong is returned.
type quiet struct{}

var _ stomp.Logger = quiet{}

func (quiet) Debugf(string, ...any)   {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Debug(string)            {}
func (quiet) Info(string)             {}
func (quiet) Warning(string)          {}
func (quiet) Error(string)            {}
