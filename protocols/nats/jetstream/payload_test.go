package jetstream_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/payload/payloadtest"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// sealedQueue is an engine over a queue S with a consumer c, whose leases last 4 s.
type sealedQueue struct {
	t        *testing.T
	broker   *queuecore.Broker
	engine   *jetstream.Engine
	client   *jetstream.Client
	desk     *desk
	payloads *payloadtest.Payloads
	room     atomic.Bool
}

// inBubble runs f where time is not real.
func inBubble(t *testing.T, f func(q *sealedQueue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := &sealedQueue{t: t, desk: newDesk("in"), payloads: &payloadtest.Payloads{}}
		q.room.Store(true)
		var err error
		if q.broker, err = queuecore.Open(context.Background(), memstore.New(), nil); err != nil {
			t.Fatal(err)
		}
		q.engine = jetstream.New(q.broker, q.desk, jetstream.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Payloads: q.payloads})
		q.client = q.engine.Client(root{}, q.room.Load)
		call(q.client, "$JS.API.STREAM.CREATE.S", makeStream)
		call(q.client, "$JS.API.CONSUMER.DURABLE.CREATE.S.c", strings.Replace(makeConsumer, `"ack_policy"`, `"ack_wait":4000000000,"ack_policy"`, 1))
		q.desk.next()
		q.desk.next()
		f(q)
		q.client.Close()
		if err := q.engine.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := q.broker.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (q *sealedQueue) send(body string) {
	q.t.Helper()
	q.sendMessage(&queuecore.Message{Body: []byte(body)})
}

func (q *sealedQueue) point(key string) {
	q.t.Helper()
	q.sendMessage(&queuecore.Message{
		Body:       []byte(mapping.Pointer{Bucket: "b", Key: key}.String()),
		Properties: queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("7")}},
	})
}

func (q *sealedQueue) sendMessage(m *queuecore.Message) {
	q.t.Helper()
	m.Destination = queuecore.QueueNamed("S")
	if _, err := q.broker.Send(context.Background(), m); err != nil {
		q.t.Fatal(err)
	}
}

func (q *sealedQueue) pull(request string) { call(q.client, "$JS.API.CONSUMER.MSG.NEXT.S.c", request) }

// expect takes the next delivery and wants this body, in this attempt.
func (q *sealedQueue) expect(body, attempt string) {
	q.t.Helper()
	m := q.desk.next()
	if string(m.Payload) != body || !strings.HasPrefix(string(m.Reply), "$JS.ACK.S.c."+attempt+".") {
		q.t.Errorf("got %.40q with %s, want %.40q in attempt %s", m.Payload, m.Reply, body, attempt)
	}
}

// The lease lasts through the wait for a payload, and is whole when it is handed out. What was
// received with it goes back, for its lease has run meanwhile.
func TestLeaseLastsThroughAPayload(t *testing.T) {
	inBubble(t, func(q *sealedQueue) {
		q.payloads.Put("k", "large")
		asked, letGo := q.payloads.Hold("k")
		q.point("k")
		q.send("behind it")
		q.pull(`{"batch":2}`)
		<-asked
		time.Sleep(4500 * time.Millisecond) // the lease alone would be over
		letGo()
		q.expect("large", "1")
		q.expect("behind it", "2") // which it was received with, and its lease has ended
		time.Sleep(3 * time.Second)
		if st, err := q.broker.Stats(context.Background(), "S"); err != nil || st.Leased != 2 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

// What was received with a payload that took long is given back in time, uncounted.
func TestBatchOfASlowPayloadGoesBack(t *testing.T) {
	inBubble(t, func(q *sealedQueue) {
		q.payloads.Put("k", "large")
		asked, letGo := q.payloads.Hold("k")
		q.point("k")
		q.send("behind it")
		q.pull(`{"batch":2}`)
		<-asked
		time.Sleep(1500 * time.Millisecond)
		letGo()
		q.expect("large", "1")
		q.expect("behind it", "1")
		time.Sleep(3 * time.Second) // 4.5 s after it was first received: its lease is a new one
		if st, err := q.broker.Stats(context.Background(), "S"); err != nil || st.Leased != 2 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

// A client without room gets no payload on top of what it has not taken yet.
func TestNoPayloadWithoutRoom(t *testing.T) {
	inBubble(t, func(q *sealedQueue) {
		for _, key := range []string{"1", "2"} {
			q.payloads.Put(key, "payload "+key)
			q.point(key)
		}
		asked, letGo := q.payloads.Hold("1")
		q.pull(`{"batch":2}`)
		<-asked
		q.room.Store(false)
		letGo()
		q.expect("payload 1", "1")
		synctest.Wait()
		if st, err := q.broker.Stats(context.Background(), "S"); err != nil || st.Ready != 1 {
			t.Errorf("%+v, %v", st, err)
		}
		q.room.Store(true)
		q.client.Drained()
		q.expect("payload 2", "1")
	})
}

// Who stops while a payload is on its way leaves the message as if it had not been handed out.
func TestShutdownWhileAPayloadIsOnItsWay(t *testing.T) {
	inBubble(t, func(q *sealedQueue) {
		asked, letGo := q.payloads.Hold("k")
		defer letGo()
		q.point("k")
		q.pull("1")
		<-asked
		q.client.Close()
		if err := q.engine.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		list, err := q.broker.Browse(context.Background(), "S", 0, 1)
		if err != nil || len(list) != 1 || list[0].State != queuecore.Ready || list[0].Attempt != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
