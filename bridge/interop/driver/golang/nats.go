package golang

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// consumerName is the durable consumer that every driver pulls from.
const consumerName = "interop"

// ackWait is longer than any driver takes to settle a batch, or a test what it holds.
const ackWait = 10 * time.Minute

type natsClient struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

func newNATS(ctx context.Context, addr string) (*natsClient, error) {
	options := []nats.Option{nats.Name("interop"), nats.MaxReconnects(-1)}
	if at, ok := ctx.Deadline(); ok {
		options = append(options, nats.Timeout(time.Until(at)))
	}
	conn, err := nats.Connect("nats://"+addr, options...)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	js, err := jetstream.New(conn)
	return &natsClient{conn, js}, err
}

// stream makes the stream of a queue: its subject has the same name.
func (c *natsClient) stream(ctx context.Context, queue string) (jetstream.Stream, error) {
	s, err := c.js.Stream(ctx, queue)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return s, err
	}
	return c.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: queue, Subjects: []string{queue}, Retention: jetstream.WorkQueuePolicy,
	})
}

func (c *natsClient) produce(ctx context.Context, queue string, messages []driver.Message) error {
	if _, err := c.stream(ctx, queue); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	for i, m := range messages {
		out := nats.NewMsg(queue)
		out.Data = m.Body
		for _, h := range m.Headers {
			out.Header.Add(h[0], h[1])
		}
		if _, err := c.js.PublishMsg(ctx, out); err != nil {
			return fmt.Errorf("message %d of %d: %w", i, len(messages), err)
		}
	}
	return nil
}

func (c *natsClient) consume(ctx context.Context, queue string, n int, settle string) ([]driver.Message, error) {
	s, err := c.stream(ctx, queue)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	consumer, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: consumerName, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait,
	})
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	var messages []driver.Message
	for len(messages) < n {
		batch, err := consumer.Fetch(n-len(messages), jetstream.FetchContext(ctx), jetstream.FetchHeartbeat(rareBeats(ctx)))
		if err == nil {
			messages, err = c.take(ctx, batch, messages, settle)
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return messages, fmt.Errorf("%d of %d came: %w", len(messages), n, err)
		}
	}
	return messages, nil
}

// rareBeats is an interval of heart-beats of which none is missed before ctx ends: the default is for machines that are
// never busy.
func rareBeats(ctx context.Context) time.Duration {
	if at, ok := ctx.Deadline(); ok {
		return max(time.Until(at)/3, time.Millisecond)
	}
	return jetstream.DefaultExpires / 3
}

func (c *natsClient) take(ctx context.Context, batch jetstream.MessageBatch, to []driver.Message, settle string) ([]driver.Message, error) {
	for m := range batch.Messages() {
		shown, err := showNATS(m)
		if err == nil && settle == driver.Ack {
			err = m.DoubleAck(ctx)
		}
		if err == nil && settle == driver.Nack {
			err = m.Nak()
		}
		if err != nil {
			return to, err
		}
		to = append(to, shown)
	}
	return to, batch.Error()
}

func showNATS(m jetstream.Msg) (driver.Message, error) {
	meta, err := m.Metadata()
	if err != nil {
		return driver.Message{}, err
	}
	shown := driver.Message{Body: m.Data(), Handle: m.Reply(), Attempt: int(meta.NumDelivered), Destination: m.Subject()}
	for name, values := range m.Headers() {
		for _, v := range values {
			shown.Headers = append(shown.Headers, [2]string{name, v})
		}
	}
	return shown, nil
}

func (c *natsClient) settle(ctx context.Context, _ string, handles []string, how string) error {
	payload := map[string]string{driver.Ack: "+ACK", driver.Nack: "-NAK"}[how]
	for _, handle := range handles {
		if _, err := c.conn.RequestWithContext(ctx, handle, []byte(payload)); err != nil {
			return fmt.Errorf("%s to %s: %w", payload, handle, err)
		}
	}
	return nil
}

func (c *natsClient) count(ctx context.Context, queue string) (driver.Counts, error) {
	s, err := c.js.Stream(ctx, queue)
	if err != nil {
		return driver.Counts{}, err
	}
	return driver.Counts{Ready: int(s.CachedInfo().State.Msgs)}, nil
}

func (c *natsClient) close() { c.conn.Close() }
