package crash

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type natsClient struct {
	conn     *nats.Conn
	stream   jetstream.JetStream
	consumer jetstream.Consumer
}

func newNATS(ctx context.Context, addr string) (*natsClient, error) {
	conn, err := nats.Connect("nats://"+addr, nats.NoReconnect())
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, queueName, jetstream.ConsumerConfig{
		Durable: "crash", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	return &natsClient{conn, js, consumer}, nil
}

func (c *natsClient) name() string    { return "nats" }
func (c *natsClient) transacts() bool { return false }
func (c *natsClient) close()          { c.conn.Close() }

func (c *natsClient) send(ctx context.Context, bodies []string) error {
	_, err := c.stream.Publish(ctx, queueName, []byte(bodies[0]), jetstream.WithRetryAttempts(0))
	return err
}

func (c *natsClient) receive(ctx context.Context) (*delivery, error) {
	m, err := c.consumer.Next(jetstream.FetchContext(ctx))
	if errors.Is(err, nats.ErrTimeout) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &delivery{body: string(m.Data()), ack: m.DoubleAck, nack: m.Nak}, nil
}
