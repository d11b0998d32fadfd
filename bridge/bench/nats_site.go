package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsPatience is how long a round may take. A message that is held back until the end
// of a phase must not come again before.
const natsPatience = 15 * time.Minute

// natsHello is how long a server may take to let a client in, and natsAnswer to answer one request.
const (
	natsHello  = 20 * time.Second
	natsAnswer = time.Minute
)

// natsConsumer is the consumer of a phase.
const natsConsumer = "bench"

// natsSite is a stream on a server, and the clients of it.
type natsSite struct {
	*natsBench
	stream    string
	body      []byte // of the messages that are not timed
	pushes    bool   // the server has push consumers
	admin     *natsClient
	producers []*natsClient
	consumers []*natsClient
}

// natsClient is a connection.
type natsClient struct {
	conn   *nats.Conn
	js     jetstream.JetStream
	failed chan error    // the first failure of what nobody waited for
	gone   chan struct{} // closed when the connection is
}

// begin connects, and makes a stream that nobody else has.
func (b *natsBench) begin(ctx context.Context, r *Report, size int) (*natsSite, error) {
	s := &natsSite{natsBench: b, stream: "BENCH" + rand.Text()[:tokenBytes], body: []byte(strings.Repeat("x", size))}
	err := s.connect()
	if err == nil {
		err = s.makeStream(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	if err := s.askForPush(ctx, r); err != nil {
		return nil, errors.Join(err, s.end(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *natsSite) makeStream(ctx context.Context) error {
	_, err := s.admin.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: s.stream, Subjects: []string{s.subject()}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return fmt.Errorf("no stream: %w", err)
	}
	return nil
}

func (s *natsSite) subject() string { return s.stream + ".load" }

func (s *natsSite) connect() (err error) {
	if s.admin, err = s.dial(); err != nil {
		return err
	}
	for range s.Producers {
		c, err := s.dial()
		if err != nil {
			return err
		}
		s.producers = append(s.producers, c)
	}
	for range s.Consumers {
		c, err := s.dial()
		if err != nil {
			return err
		}
		s.consumers = append(s.consumers, c)
	}
	return nil
}

// dial connects a client, which does not connect again: a figure with a break in it is none.
func (s *natsSite) dial() (*natsClient, error) {
	c := &natsClient{failed: make(chan error, 1), gone: make(chan struct{})}
	options := []nats.Option{nats.Name("sluice bench"), nats.NoReconnect(), nats.Timeout(natsHello), nats.ClosedHandler(func(*nats.Conn) { close(c.gone) })}
	if s.target.Credentials != "" {
		options = append(options, nats.UserCredentials(s.target.Credentials))
	}
	var err error
	if c.conn, err = nats.Connect(s.target.URL, options...); err != nil {
		return nil, err
	}
	c.js, err = jetstream.New(c.conn, jetstream.WithDefaultTimeout(natsAnswer), jetstream.WithPublishAsyncMaxPending(s.Window), jetstream.WithPublishAsyncErrHandler(
		func(_ jetstream.JetStream, _ *nats.Msg, err error) { c.fail(err) }))
	if err != nil {
		c.conn.Close()
		return nil, err
	}
	return c, nil
}

// fail keeps the first error. Any goroutine may call it.
func (c *natsClient) fail(err error) {
	select {
	case c.failed <- err:
	default:
	}
}

// failure returns what failed meanwhile, if something did.
func (c *natsClient) failure() error {
	select {
	case err := <-c.failed:
		return err
	default:
		return nil
	}
}

// askForPush finds out whether the server has push consumers.
func (s *natsSite) askForPush(ctx context.Context, r *Report) error {
	err := s.makePush(ctx)
	var refused *jetstream.APIError
	if errors.As(err, &refused) {
		r.notef("nats, %s: no push consumers are measured, since the server refuses them: %v", s.target.Name, err)
		return nil
	}
	if err != nil {
		return err
	}
	s.pushes = true
	return s.dropConsumer(ctx)
}

// end leaves the server as it was.
func (s *natsSite) end(ctx context.Context) error {
	defer s.close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := s.admin.js.DeleteStream(ctx, s.stream); err != nil {
		return fmt.Errorf("NATS server %s: the stream %s is left behind: %w", s.target.Name, s.stream, err)
	}
	return nil
}

func (s *natsSite) close() {
	for _, c := range append(append([]*natsClient{s.admin}, s.producers...), s.consumers...) {
		if c != nil {
			c.conn.Close()
		}
	}
}
