package workload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

const (
	natsAtOnce  = 200 // publishes under way, and messages fetched at once
	bulkAtOnce  = 40  // large publishes under way, of each bulk sender
	bulkSenders = 3
	fetchWait   = time.Second
	// natsWait is how long the library waits for an answer, of the connection and of the API.
	natsWait = 2 * time.Minute
)

// openNATS connects; done closes the connection.
func openNATS(ctx context.Context, addr string) (js jetstream.JetStream, done func(), err error) {
	conn, err := nats.Connect("nats://"+addr, nats.NoReconnect(), nats.Timeout(natsWait),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // what goes wrong is returned too
	if err != nil {
		return nil, nil, err
	}
	js, err = jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(2*purgeWindow), jetstream.WithDefaultTimeout(natsWait))
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, conn.Close)
	return js, func() { stop(); conn.Close() }, nil
}

// sendNATS publishes under message ids. What was not answered goes first.
func (r *run) sendNATS(ctx context.Context, rnd *rand.Rand) error {
	js, done, err := openNATS(ctx, r.at.NATS)
	if err != nil {
		return err
	}
	defer done()
	list := r.numbers.take(r.ledger)
	for _, m := range list {
		r.ledger.Retrying(m.id)
	}
	for err == nil && ctx.Err() == nil {
		var confirmed map[ledger.ID]bool
		confirmed, err = r.publish(ctx, js, workQueue, list)
		r.numbers.remember(r.ledger, list, confirmed)
		r.breathe(ctx, workQueue)
		list = nil
		if err == nil && ctx.Err() == nil {
			list = r.newNumbers(workQueue, natsAtOnce, func() int { return size(rnd) })
		}
	}
	r.numbers.remember(r.ledger, list, nil)
	return err
}

// newNumbers announces messages with ids.
func (r *run) newNumbers(queue string, n int, size func() int) []resend {
	list := make([]resend, n)
	sends := make([]ledger.Send, n)
	for i := range list {
		list[i] = resend{size: size(), first: time.Now()}
		sends[i] = ledger.Send{Queue: queue, By: byNATS, Dedup: true}
	}
	for i, id := range r.ledger.Sending(sends...) {
		list[i].id = id
	}
	return list
}

// publish publishes all of list at once, and returns what was confirmed of it.
func (r *run) publish(ctx context.Context, js jetstream.JetStream, subject string, list []resend) (map[ledger.ID]bool, error) {
	confirmed := make(map[ledger.ID]bool, len(list))
	futures := make([]jetstream.PubAckFuture, 0, len(list))
	var failed error
	for i := range list {
		m := &nats.Msg{Subject: subject, Data: body(list[i].id, list[i].size)}
		f, err := js.PublishMsgAsync(m, jetstream.WithMsgID(strconv.FormatUint(uint64(list[i].id), 10)), jetstream.WithStallWait(patience))
		if err != nil {
			failed = err
			break
		}
		futures = append(futures, f)
	}
	for i, f := range futures {
		ack, err := answer(ctx, f)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		confirmed[list[i].id] = true
		r.ledger.Sent(list[i].id)
		if ack.Duplicate {
			r.ledger.WasThere(list[i].id)
		}
	}
	return confirmed, failed
}

// answer waits for that of a publish.
func answer(ctx context.Context, f jetstream.PubAckFuture) (*jetstream.PubAck, error) {
	select {
	case ack := <-f.Ok():
		return ack, nil
	default:
	}
	select {
	case ack := <-f.Ok():
		return ack, nil
	case err := <-f.Err():
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// sendFanNATS publishes to the topic: each publish is one message in each of its
// queues, or none.
func (r *run) sendFanNATS(ctx context.Context, rnd *rand.Rand) error {
	js, done, err := openNATS(ctx, r.at.NATS)
	if err != nil {
		return err
	}
	defer done()
	const atOnce = 20
	for err == nil && ctx.Err() == nil {
		r.breathe(ctx, fan()...)
		var units []*ledger.Unit
		var futures []jetstream.PubAckFuture
		for range atOnce {
			u, id := r.fanOut(byNATS)
			var f jetstream.PubAckFuture
			if f, err = js.PublishAsync(topic+"nats", body(id, size(rnd)), jetstream.WithStallWait(patience)); err != nil {
				break
			}
			units, futures = append(units, u), append(futures, f)
		}
		for i, f := range futures {
			if _, e := answer(ctx, f); e != nil {
				err = errors.Join(err, e)
			} else {
				r.ledger.Done(units[i])
			}
		}
	}
	return err
}

// fanOut announces a send to the topic, and returns the id for its body.
func (r *run) fanOut(by string) (*ledger.Unit, ledger.ID) {
	var sends []ledger.Send
	for _, q := range fan() {
		sends = append(sends, ledger.Send{Queue: q, By: by})
	}
	ids := r.ledger.Sending(sends...)
	return r.ledger.Together("topic's send", ids, nil), ids[0]
}

// sendBulk publishes large bodies at once, so that the server's batches grow
// over what its store takes in one piece.
func (r *run) sendBulk(ctx context.Context, rnd *rand.Rand) error {
	js, done, err := openNATS(ctx, r.at.NATS)
	if err != nil {
		return err
	}
	defer done()
	for err == nil && ctx.Err() == nil {
		r.breathe(ctx, workQueue)
		list := r.newNumbers(workQueue, bulkAtOnce, func() int { return maxBody - rnd.IntN(50<<10) })
		_, err = r.publish(ctx, js, workQueue, list)
	}
	return err
}

// receiveNATS fetches, and acks each message with a confirmation. Some are given back.
func (r *run) receiveNATS(queue string) func(context.Context, *rand.Rand) error {
	return func(ctx context.Context, rnd *rand.Rand) error {
		js, done, err := openNATS(ctx, r.at.NATS)
		if err != nil {
			return err
		}
		defer done()
		c, err := js.CreateOrUpdateConsumer(ctx, queue, jetstream.ConsumerConfig{
			Durable: "torture", AckPolicy: jetstream.AckExplicitPolicy, AckWait: r.lease(workLease), MaxAckPending: 10 * natsAtOnce,
		})
		for err == nil && ctx.Err() == nil {
			err = r.fetch(ctx, c, queue, rnd)
		}
		return err
	}
}

func (r *run) fetch(ctx context.Context, c jetstream.Consumer, queue string, rnd *rand.Rand) error {
	asked := time.Now()
	batch, err := c.Fetch(natsAtOnce, jetstream.FetchMaxWait(fetchWait))
	if err != nil {
		return err
	}
	var acking sync.WaitGroup
	failed := make(chan error, natsAtOnce)
	for arrivals := batch.Messages(); arrivals != nil; {
		select {
		case m, ok := <-arrivals:
			if !ok {
				arrivals = nil
			} else if err := r.settleNATS(ctx, &acking, failed, queue, asked, m, rnd); err != nil {
				return err
			}
		case <-ctx.Done(): // a fetch would wait on for its time
			return ctx.Err()
		}
	}
	acking.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return batch.Error()
	}
}

// settleNATS acks one message, neglects it, or gives it back.
func (r *run) settleNATS(ctx context.Context, acking *sync.WaitGroup, failed chan<- error, queue string, asked time.Time, m jetstream.Msg, rnd *rand.Rand) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("a reply subject: %w", err)
	}
	h, ok := r.delivered(&arrival{
		queue: queue, by: byNATS, name: strconv.FormatUint(meta.Sequence.Stream, 10), body: m.Data(), asked: asked, lease: r.lease(workLease) - natsWaits,
	})
	switch {
	case !ok || r.careless(rnd, 200): // neglected, until its lease ends
		return nil
	case r.careless(rnd, 50):
		r.ledger.Nacking(h)
		return m.Nak()
	}
	r.ledger.Acking(h)
	// Ends with the answer, or with ctx.
	acking.Go(func() {
		if err := m.DoubleAck(ctx); err != nil {
			failed <- err
		} else {
			r.ledger.Acked(h)
		}
	})
	return nil
}
