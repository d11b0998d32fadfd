package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// warehouse reads the orders with a JetStream pull consumer.
type warehouse struct {
	conn     *nats.Conn
	consumer jetstream.Consumer
}

// openWarehouse makes the queue, which JetStream calls a stream with work-queue
// retention: a message is gone once it is acknowledged.
func openWarehouse(ctx context.Context, addr string) (*warehouse, error) {
	conn, err := nats.Connect("nats://"+addr, nats.Timeout(time.Minute))
	if err != nil {
		return nil, err
	}
	w := &warehouse{conn: conn}
	if w.consumer, err = consume(ctx, conn); err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

func consume(ctx context.Context, conn *nats.Conn) (jetstream.Consumer, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	stream, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: queue, Retention: jetstream.WorkQueuePolicy,
	})
	if err != nil {
		return nil, err
	}
	return stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "warehouse", AckPolicy: jetstream.AckExplicitPolicy,
	})
}

// read prints n orders and acknowledges each. An order that is not acknowledged
// would come again; and a client that hears of no answer sends again, as SDKs for SQS do by themselves.
func (w *warehouse) read(ctx context.Context, n int, out io.Writer) error {
	for known := make(map[string]bool); len(known) < n; {
		m, err := w.consumer.Next(jetstream.FetchContext(ctx))
		if err != nil {
			return err
		}
		order := fmt.Sprintf("%s ordered %s\n", m.Headers().Get("from"), m.Data())
		if !known[order] {
			known[order] = true
			fmt.Fprint(out, order)
		}
		if err := m.DoubleAck(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *warehouse) close() { w.conn.Close() }
