package soak

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsClient is one connection.
type natsClient struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

func dialNATS(s *site) (*natsClient, error) {
	conn, err := nats.Connect("nats://"+s.server.NATS, nats.MaxReconnects(0), nats.Timeout(turnPatience))
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(turnPatience))
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &natsClient{conn, js}, nil
}

func (c *natsClient) close() { c.conn.Close() }

// natsProducer publishes a turn at once and waits for every confirmation.
type natsProducer struct {
	*natsClient
	subject string
}

func newNATSProducer(s *site, subject string) (*natsProducer, error) {
	c, err := dialNATS(s)
	return &natsProducer{c, subject}, err
}

func (p *natsProducer) send(ctx context.Context, ms []outgoing) error {
	var acks []jetstream.PubAckFuture
	for _, m := range ms {
		out := nats.NewMsg(p.subject)
		out.Data = []byte(m.body)
		if m.delayed {
			out.Header.Set("Sluice-Deliver-At", time.Now().Add(delay).UTC().Format(time.RFC3339Nano))
		}
		ack, err := p.js.PublishMsgAsync(out)
		if err != nil {
			return err
		}
		acks = append(acks, ack)
	}
	for _, a := range acks {
		select {
		case <-a.Ok():
		case err := <-a.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// natsConsumer pulls from a durable consumer.
type natsConsumer struct {
	judge
	*natsClient
	consumer jetstream.Consumer
}

func newNATSConsumer(ctx context.Context, s *site, stream string) (*natsConsumer, error) {
	c, err := dialNATS(s)
	if err != nil {
		return nil, err
	}
	consumer, err := c.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable: "soak", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: -1,
	})
	if err != nil {
		c.close()
		return nil, err
	}
	return &natsConsumer{natsClient: c, consumer: consumer}, nil
}

func (c *natsConsumer) take(ctx context.Context, n int) error {
	for n > 0 {
		batch, err := c.consumer.Fetch(n, jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			if !c.accepts(string(m.Data())) {
				err = m.Nak()
			} else {
				n--
				err = m.DoubleAck(ctx)
			}
			if err != nil {
				return err
			}
		}
		if err := errors.Join(batch.Error(), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}
