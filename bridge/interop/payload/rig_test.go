package payload_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

const (
	// patience is when a test gives up, not what a thing takes.
	patience = rig.ClientTime
	// serverKey is what the house signs its requests to S3 with.
	serverKey = "SLUICEKEY"
	queue     = "orders"
	size      = "ExtendedPayloadSize"
)

// site is a house, a server for S3 and clients of every sort.
type site struct {
	t     *testing.T
	house *bridge.House
	s3    *rig.S3
	front *front
	log   *lockedBuffer

	objects *s3.Client
	sqs     *sqs.Client
	url     *string
	js      jetstream.JetStream
}

// open starts all of it; change is made to the configuration of the house.
func open(t *testing.T, change func(*config.Config)) *site {
	t.Helper()
	store, err := rig.StartS3("payloads", "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	x := &site{t: t, s3: store, front: startFront(t, store.URL), log: &lockedBuffer{}}
	x.objects = s3.New(s3.Options{
		BaseEndpoint: &store.URL, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("PRODUCER", "secret", ""),
	})
	x.openHouse(change)
	x.connect()
	return x
}

func (x *site) openHouse(change func(*config.Config)) {
	x.t.Helper()
	x.t.Setenv("PAYLOAD_TEST_SECRET", "hush-hush")
	c := rig.Config()
	c.S3.Timeout = config.MaxS3Timeout
	c.DataDir = x.t.TempDir()
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.S3.Endpoint, c.S3.PathStyle, c.S3.Bucket = x.front.URL, true, "payloads"
	c.S3.AccessKey, c.S3.Secret, c.S3.MaxPayload = serverKey, "env:PAYLOAD_TEST_SECRET", 2
	if change != nil {
		change(&c)
	}
	var err error
	if x.house, err = bridge.Open(x.t.Context(), c, slog.New(slog.NewTextHandler(x.log, nil))); err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(x.close)
}

// close takes the house down, which has removed then what is to be removed.
func (x *site) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := x.house.Close(ctx); err != nil {
		x.t.Errorf("closing the house: %v", err)
	}
	if said := x.log.String(); strings.Contains(said, "hush-hush") {
		x.t.Errorf("the secret is in the log:\n%s", said)
	}
}

func (x *site) connect() {
	x.t.Helper()
	at := x.house.Addrs()
	x.sqs = sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + at.SQS),
		HTTPClient: rig.PatientSQS(), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("anyone", "secret", ""),
	})
	x.url = x.makeQueue(queue, nil)
	nc, err := rig.ConnectNATS("nats://"+at.NATS, nats.NoReconnect(), nats.Timeout(patience))
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(nc.Close)
	if x.js, err = jetstream.New(nc); err != nil {
		x.t.Fatal(err)
	}
}

func (x *site) makeQueue(name string, attributes map[string]string) *string {
	x.t.Helper()
	out, err := x.sqs.CreateQueue(x.within(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		x.t.Fatal(err)
	}
	return out.QueueUrl
}

func (x *site) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	x.t.Cleanup(cancel)
	return ctx
}

// put keeps an object, as an extended client does before it sends.
func (x *site) put(bucket, key, content string) {
	x.t.Helper()
	_, err := x.objects.PutObject(x.within(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)})
	if err != nil {
		x.t.Fatal(err)
	}
}

// pointer is the body that an extended client sends.
func pointer(bucket, key string) string {
	return fmt.Sprintf(`["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":%q,"s3Key":%q}]`, bucket, key)
}

// point sends a pointer to a queue, as an extended client does.
func (x *site) point(url *string, bucket, key string, more map[string]types.MessageAttributeValue) {
	x.t.Helper()
	as := map[string]types.MessageAttributeValue{size: {DataType: aws.String("Number"), StringValue: aws.String("300000")}}
	for name, a := range more {
		as[name] = a
	}
	_, err := x.sqs.SendMessage(x.within(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String(pointer(bucket, key)), MessageAttributes: as})
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *site) send(url *string, body string) {
	x.t.Helper()
	if _, err := x.sqs.SendMessage(x.within(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body}); err != nil {
		x.t.Fatal(err)
	}
}

// receive takes one message with an SQS client, whose SDK checks the digests.
func (x *site) receive(url *string) types.Message {
	x.t.Helper()
	out, err := x.sqs.ReceiveMessage(x.within(), &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20, MessageAttributeNames: []string{"All"}})
	if err != nil || len(out.Messages) != 1 {
		x.t.Fatalf("%d messages, %v", len(out.Messages), err)
	}
	return out.Messages[0]
}

func (x *site) delete(url *string, m types.Message) {
	x.t.Helper()
	if _, err := x.sqs.DeleteMessage(x.within(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		x.t.Fatal(err)
	}
}

// consumer returns a NATS consumer of a queue.
func (x *site) consumer(queue string) jetstream.Consumer {
	x.t.Helper()
	c, err := x.js.CreateOrUpdateConsumer(x.within(), queue, jetstream.ConsumerConfig{Durable: "in", AckPolicy: jetstream.AckExplicitPolicy, AckWait: patience})
	if err != nil {
		x.t.Fatal(err)
	}
	return c
}

func (x *site) next(c jetstream.Consumer) jetstream.Msg {
	x.t.Helper()
	m, err := c.Next(jetstream.FetchMaxWait(patience), jetstream.FetchHeartbeat(patience/2))
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

// subscribe returns the messages of a STOMP client's subscription, and the client.
func (x *site) subscribe(queue string) (*stomp.Conn, *stomp.Subscription) {
	x.t.Helper()
	c, err := stomp.Dial("tcp", x.house.Addrs().STOMP, rig.PatientSTOMP)
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = c.MustDisconnect() })
	s, err := c.Subscribe("/queue/"+queue, stomp.AckClientIndividual)
	if err != nil {
		x.t.Fatal(err)
	}
	return c, s
}

func (x *site) nextOf(s *stomp.Subscription) *stomp.Message {
	x.t.Helper()
	select {
	case m, ok := <-s.C:
		if !ok || m.Err != nil {
			x.t.Fatalf("the subscription ended: %+v", m)
		}
		return m
	case <-time.After(patience):
		x.t.Fatal("nothing came")
	}
	panic("unreachable")
}

// metric returns the value of a series of sluice_payloads_total.
func (x *site) metric(operation, result string) string {
	x.t.Helper()
	res, err := http.Get("http://" + x.house.Addrs().Admin + "/metrics")
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), fmt.Sprintf("sluice_payloads_total{operation=%q,result=%q} ", operation, result))
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// front stands before the server for S3: a test has it hold back an object.
type front struct {
	*httptest.Server
	asked chan string // paths that are held back, as they are asked for

	mu   sync.Mutex
	held map[string]chan struct{} // closed when it is let go
}

func startFront(t *testing.T, behind string) *front {
	t.Helper()
	u, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
	f := &front{asked: make(chan string, 100), held: make(map[string]chan struct{})}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.wait(r)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *front) wait(r *http.Request) {
	f.mu.Lock()
	letGo := f.held[r.URL.Path]
	f.mu.Unlock()
	if letGo == nil {
		return
	}
	f.asked <- r.URL.Path
	select {
	case <-letGo:
	case <-r.Context().Done():
	}
}

func (f *front) hold(path string) (letGo func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := make(chan struct{})
	f.held[path] = held
	return sync.OnceFunc(func() { close(held) })
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// messages returns how many messages an SQS client sees in a queue.
func (x *site) messages(url *string) string {
	x.t.Helper()
	out, err := x.sqs.GetQueueAttributes(x.within(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		x.t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"] + " " + out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}
