package soak

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// churn makes a queue, uses it over connections that come and go, and deletes it.
type churn struct {
	site *site
	n    int
}

func openChurn(_ context.Context, s *site, _ int) (flow, error) { return &churn{site: s}, nil }

func (c *churn) close() {}

func (c *churn) turn(ctx context.Context) (took time.Duration, err error) {
	c.n++
	name := fmt.Sprintf("soak-churn-%d", c.n)
	q, err := openQueue(ctx, c.site, name, nil)
	if err != nil {
		return 0, err
	}
	if took, err = c.send(ctx, name); err != nil {
		return 0, fmt.Errorf("sending: %w", err)
	}
	if err := c.vanish(ctx, name); err != nil {
		return 0, fmt.Errorf("vanishing: %w", err)
	}
	if err := c.take(ctx, name); err != nil {
		return 0, fmt.Errorf("taking: %w", err)
	}
	return took, c.site.remove(ctx, aws.ToString(q.url))
}

func (c *churn) send(ctx context.Context, name string) (time.Duration, error) {
	p, err := newSTOMPProducer(ctx, c.site, "/queue/"+name, false)
	if err != nil {
		return 0, err
	}
	defer p.close()
	start := time.Now()
	err = p.send(ctx, []outgoing{{body: "one"}, {body: "two"}})
	return time.Since(start), err
}

// vanish receives a message and breaks the connection without a word.
func (c *churn) vanish(ctx context.Context, name string) error {
	s, err := newSTOMPConsumer(ctx, c.site, "/queue/"+name, false)
	if err != nil {
		return err
	}
	_, err = nextSTOMP(ctx, s.arrivals)
	_ = s.conn.MustDisconnect() // the library reports that it was cut
	return err
}

// take gets both messages over NATS, the one that was given back too.
func (c *churn) take(ctx context.Context, name string) error {
	n, err := newNATSConsumer(ctx, c.site, name)
	if err != nil {
		return err
	}
	defer n.close()
	return n.take(ctx, 2)
}

// dead empties the dead-letter queue.
type dead struct{ queue *sqsQueue }

func openDead(ctx context.Context, s *site, _ int) (flow, error) {
	q, err := openQueue(ctx, s, deadQueue, nil)
	if err != nil {
		return nil, err
	}
	return &dead{q}, nil
}

func (d *dead) close() {}

func (d *dead) turn(ctx context.Context) (time.Duration, error) {
	out, err := d.queue.api.ReceiveMessage(ctx, receiveDead(d.queue))
	if err != nil || len(out.Messages) == 0 {
		return 0, err
	}
	return 0, d.queue.remove(ctx, deletions(out.Messages))
}
