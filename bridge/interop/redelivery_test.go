package interop_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// sqsAPI returns the SDK for what drivers do not do: making queues with settings.
func (s *suite) sqsAPI() *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + s.addrs[driver.SQS]),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("interop", "interop", ""),

		RetryMaxAttempts: 1,
		HTTPClient:       rig.PatientSQS(),
	})
}

func (s *suite) createQueue(t *testing.T, name string, attributes map[string]string) {
	t.Helper()
	_, err := s.sqsAPI().CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(spellQueue(driver.SQS, name)), Attributes: attributes,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// once is one message that says where it comes from.
func once(dialect string) []driver.Message {
	return []driver.Message{spell(dialect, sample{
		body:       "from " + dialect,
		properties: map[string]property{"n": {"1", "int"}},
	}, true)}
}

// consumeOnce receives one message, checks the attempt and settles it.
func (s *suite) consumeOnce(ctx context.Context, l *language, dialect, queue string, attempt int, settle string) (driver.Message, error) {
	got, err := l.consume(ctx, s.addrs, dialect, queue, 1, settle)
	if err != nil {
		return driver.Message{}, fmt.Errorf("%s: %w", l.name, err)
	}
	if got[0].Attempt != attempt {
		err = fmt.Errorf("%s: %s shows attempt %d, want %d", l.name, dialect, got[0].Attempt, attempt)
	}
	return got[0], err
}

// testRedelivery gives a message back in one dialect and receives it in another, and
// counts the attempts through all three.
func (s *suite) testRedelivery(t *testing.T) {
	for i, c := range crossings() {
		third := crossings()[(i*4+2)%9].to // the dialects take turns
		t.Run(fmt.Sprintf("%s → %s", c, third), func(t *testing.T) {
			queue := fmt.Sprintf("redelivery-%d", i)
			if err := s.redeliver(t.Context(), queue, c, third, i); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func (s *suite) redeliver(ctx context.Context, queue string, c crossing, third string, i int) error {
	if err := s.turn(i).produce(ctx, s.addrs, c.from, queue, once(c.from)); err != nil {
		return err
	}
	if _, err := s.consumeOnce(ctx, s.turn(i), c.from, queue, 1, driver.Nack); err != nil {
		return err
	}
	held, err := s.consumeOnce(ctx, s.turn(i+1), c.to, queue, 2, driver.Hold)
	if err != nil {
		return err
	}
	if err := s.turn(i+1).settle(ctx, s.addrs, c.to, queue, driver.Nack, held.Handle); err != nil {
		return err
	}
	if _, err := s.consumeOnce(ctx, s.turn(i+2), third, queue, 3, driver.Ack); err != nil {
		return err
	}
	return s.checkEmpty(ctx, queue, s.turn(i))
}

// testLeaseEnd receives a message in one dialect, does nothing with it, and waits for it
// in another.
func (s *suite) testLeaseEnd(t *testing.T) {
	t.Run("SQS visibility timeout", func(t *testing.T) {
		s.createQueue(t, "lease-sqs", map[string]string{"VisibilityTimeout": "1"})
		s.leaseEnd(t, "lease-sqs", driver.SQS, driver.STOMP, func() error { return nil })
	})
	t.Run("STOMP connection", func(t *testing.T) {
		s.leaseEnd(t, "lease-stomp", driver.STOMP, driver.NATS, func() error {
			return s.turn(0).close(t.Context(), s.addrs, driver.STOMP)
		})
	})
	t.Run("NATS ack wait", func(t *testing.T) { s.ackWaitEnd(t, "lease-nats") })
}

func (s *suite) leaseEnd(t *testing.T, queue, from, to string, end func() error) {
	ctx := t.Context()
	if err := s.turn(0).produce(ctx, s.addrs, from, queue, once(from)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.consumeOnce(ctx, s.turn(0), from, queue, 1, driver.Hold); err != nil {
		t.Fatal(err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.consumeOnce(ctx, s.turn(1), to, queue, 2, driver.Ack); err != nil {
		t.Fatal(err)
	}
	if err := s.checkEmpty(ctx, queue, s.turn(0)); err != nil {
		t.Fatal(err)
	}
}

// ackWaitEnd uses a consumer with a short ack wait, which no driver makes.
func (s *suite) ackWaitEnd(t *testing.T, queue string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.turn(0).produce(ctx, s.addrs, driver.STOMP, queue, once(driver.STOMP)); err != nil {
		t.Fatal(err)
	}
	conn, err := rig.ConnectNATS("nats://"+s.addrs[driver.NATS], nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.CreateConsumer(ctx, queue, jetstream.ConsumerConfig{
		Durable: "hasty", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := consumer.Next(jetstream.FetchMaxWait(patience), jetstream.FetchHeartbeat(patience/2)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.consumeOnce(ctx, s.turn(1), driver.SQS, queue, 2, driver.Ack); err != nil {
		t.Fatal(err)
	}
	if err := s.checkEmpty(ctx, queue, s.turn(0)); err != nil {
		t.Fatal(err)
	}
}
