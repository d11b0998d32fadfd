package powerloss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/torture/lazyfs"
	"github.com/sluicemq/sluice/queuecore"
)

const (
	// patience is when a client gives up, and a server a client that logs in.
	patience = time.Minute
	// lease is short, so that what a killed client had comes again; an ack is firm, which is asked for
	// within firmWithin of the request that brought the message: a lease may have begun a little before that.
	// Later an ack is confirmed that does nothing, since somebody else has the message.
	lease      = 5 * time.Second
	firmWithin = 3 * time.Second
)

// What clients of a whole server were told holds after a power cut as well.
func TestServer(t *testing.T) {
	r, err := cut(t, "server", Options{Names: lazyfs.Journaled, Torn: true})
	if err := errors.Join(err, r.Broken.Err()); err != nil {
		t.Fatal(err)
	}
}

// serverChild is a Child that runs a whole server, and its clients.
func serverChild(ctx context.Context, arg string, in io.Reader, out io.Writer) error {
	var o order
	if err := json.Unmarshal([]byte(arg), &o); err != nil {
		return err
	}
	say := &speaker{w: out}
	if o.Look {
		if err := look(ctx, &o, say); err != nil {
			return err
		}
	}
	c := config.Default()
	c.DataDir, c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = o.Dir, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	c.STOMPLimits.LoginTimeout, c.NATSLimits.LoginTimeout = patience, patience
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	house, err := bridge.Open(ctx, c, log)
	if err != nil {
		return err
	}
	if !o.Look {
		say.line(wordReady)
	}
	err = serve(ctx, house.Addrs(), &o, say, in)
	if err := errors.Join(err, house.Close(ctx)); err != nil {
		return err
	}
	say.line(wordClosed)
	return nil
}

// look says what is in the store.
func look(ctx context.Context, o *order, say *speaker) error {
	b, err := openBroker(ctx, o)
	if err != nil {
		return err
	}
	_, err = tellFound(ctx, b, say)
	if errors.Is(err, queuecore.ErrNotFound) { // the first cut came before it was made
		say.line(wordOpened)
		err = nil
	}
	return errors.Join(err, b.Close())
}

// serve lets clients of each dialect work until in ends.
func serve(ctx context.Context, at bridge.Addrs, o *order, say *speaker, in io.Reader) error {
	ctx, stop := context.WithCancel(ctx)
	// It ends when in does, which Run sees to, or with the process.
	go func() {
		_, _ = io.Copy(io.Discard, in) // whatever ends it
		stop()
	}()
	var all sync.WaitGroup
	err := dialAll(ctx, at, func(name string, i int, c wire) {
		u := user{wire: c, say: say, name: fmt.Sprintf("s%d.%s%d", o.Round, name, i), stop: stop}
		if i%2 == 0 {
			all.Go(func() { u.consume(ctx) })
		} else {
			all.Go(func() { u.produce(ctx) })
		}
	})
	if ctx.Err() != nil {
		err = nil // told to stop meanwhile
	}
	if err != nil {
		stop()
	}
	all.Wait()
	return err
}

// dialAll hands out some clients of each dialect.
func dialAll(ctx context.Context, at bridge.Addrs, use func(dialect string, i int, c wire)) error {
	if _, err := dialSQS(ctx, at); err != nil { // which makes the queue
		return err
	}
	for dialect, dial := range map[string]func(context.Context, bridge.Addrs) (wire, error){"sqs": dialSQS, "nats": dialNATS, "stomp": dialSTOMP} {
		for i := range 4 {
			c, err := dial(ctx, at)
			if err != nil {
				return fmt.Errorf("%s: %w", dialect, err)
			}
			use(dialect, i, c)
		}
	}
	return nil
}

// wire is a client of one dialect.
type wire interface {
	// send returns once the server has confirmed all of the bodies.
	send(ctx context.Context, bodies ...[]byte) error
	// receive waits a while for a message; ack returns once the server has confirmed it.
	receive(ctx context.Context) (body []byte, ack func() error, err error)
}

// user lets one client work. A failure ends the child's work: a cut is near, or else
// the test says that nothing was confirmed.
type user struct {
	wire
	say  *speaker
	name string
	stop func()
}

func (u *user) produce(ctx context.Context) {
	defer u.stop()
	_, transacts := u.wire.(*stompWire)
	for n := 0; ctx.Err() == nil; n++ {
		names := []string{fmt.Sprintf("%s.%d", u.name, n)}
		if transacts && n%3 == 0 {
			names = append(names, names[0]+"+1")
		}
		var bodies [][]byte
		for _, name := range names {
			bodies = append(bodies, body(name))
		}
		u.say.line(wordSending, names...)
		if err := u.send(ctx, bodies...); err != nil {
			u.failed(ctx, "send", err)
			return
		}
		u.say.line(wordSent, names...)
	}
}

func (u *user) consume(ctx context.Context) {
	defer u.stop()
	for ctx.Err() == nil {
		asked := time.Now()
		b, ack, err := u.receive(ctx)
		if err != nil {
			u.failed(ctx, "receive", err)
			return
		}
		if b == nil {
			continue
		}
		name := nameOf(b)
		u.say.line(wordTook, name)
		u.say.line(wordAcking, name)
		if err := ack(); err != nil {
			u.failed(ctx, "ack", err)
			return
		}
		if _, session := u.wire.(*stompWire); session || time.Since(asked) < firmWithin {
			u.say.line(wordAcked, name)
		}
	}
}

func (u *user) failed(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, u.name, doing, err)
	}
}

type sqsWire struct {
	api *sqs.Client
	url *string
}

// dialSQS makes the queue too, if it is not there, with leases that end soon after their holder was killed.
func dialSQS(ctx context.Context, at bridge.Addrs) (wire, error) {
	api := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + at.SQS),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "power", SecretAccessKey: "loss"}, nil
		}),
		Retryer: aws.NopRetryer{}, // a send that is tried again would be there twice, and rightly
	})
	q, err := api.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String(queueName), Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(lease / time.Second))},
	})
	if err != nil {
		return nil, err
	}
	return &sqsWire{api, q.QueueUrl}, nil
}

func (w *sqsWire) send(ctx context.Context, bodies ...[]byte) error {
	_, err := w.api.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: w.url, MessageBody: aws.String(string(bodies[0]))})
	return err
}

func (w *sqsWire) receive(ctx context.Context) ([]byte, func() error, error) {
	out, err := w.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: w.url, WaitTimeSeconds: 1})
	if err != nil || len(out.Messages) == 0 {
		return nil, nil, err
	}
	m := out.Messages[0]
	return []byte(*m.Body), func() error {
		_, err := w.api.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: w.url, ReceiptHandle: m.ReceiptHandle})
		return err
	}, nil
}

type natsWire struct {
	js       jetstream.JetStream
	consumer jetstream.Consumer
}

func dialNATS(ctx context.Context, at bridge.Addrs) (wire, error) {
	conn, err := nats.Connect("nats://"+at.NATS, nats.NoReconnect(), nats.Timeout(patience))
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(patience))
	if err != nil {
		return nil, err
	}
	c, err := js.CreateOrUpdateConsumer(ctx, queueName, jetstream.ConsumerConfig{
		Durable: "power", AckPolicy: jetstream.AckExplicitPolicy, AckWait: lease,
	})
	if err != nil {
		return nil, err
	}
	return &natsWire{js, c}, nil
}

func (w *natsWire) send(ctx context.Context, bodies ...[]byte) error {
	_, err := w.js.Publish(ctx, queueName, bodies[0], jetstream.WithRetryAttempts(0))
	return err
}

func (w *natsWire) receive(ctx context.Context) ([]byte, func() error, error) {
	m, err := w.consumer.Next(jetstream.FetchMaxWait(time.Second))
	if errors.Is(err, nats.ErrTimeout) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return m.Data(), func() error { return m.DoubleAck(ctx) }, nil
}

type stompWire struct {
	conn *stomp.Conn
	sub  *stomp.Subscription
	at   string
}

func dialSTOMP(_ context.Context, at bridge.Addrs) (wire, error) {
	conn, err := stomp.Dial("tcp", at.STOMP)
	return &stompWire{conn: conn, at: "/queue/" + queueName}, err
}

func (w *stompWire) send(_ context.Context, bodies ...[]byte) error {
	if len(bodies) == 1 {
		return w.conn.Send(w.at, "text/plain", bodies[0], stomp.SendOpt.Receipt)
	}
	tx, err := w.conn.BeginWithError()
	if err != nil {
		return err
	}
	for _, b := range bodies {
		if err := tx.Send(w.at, "text/plain", b); err != nil {
			return err
		}
	}
	return tx.CommitWithReceipt()
}

func (w *stompWire) receive(ctx context.Context) ([]byte, func() error, error) {
	if w.sub == nil {
		sub, err := w.conn.Subscribe(w.at, stomp.AckClientIndividual, stomp.SubscribeOpt.Header("prefetch-count", "4"))
		if err != nil {
			return nil, nil, err
		}
		w.sub = sub
	}
	select {
	case <-ctx.Done():
		return nil, nil, nil
	case m := <-w.sub.C:
		if m == nil {
			return nil, nil, stomp.ErrAlreadyClosed
		}
		if m.Err != nil {
			return nil, nil, m.Err
		}
		return m.Body, func() error { return w.ack(m) }, nil
	}
}

// ack stands in a transaction, since go-stomp asks for a receipt there alone.
func (w *stompWire) ack(m *stomp.Message) error {
	tx, err := w.conn.BeginWithError()
	if err != nil {
		return err
	}
	if err := tx.Ack(m); err != nil {
		return err
	}
	return tx.CommitWithReceipt()
}
