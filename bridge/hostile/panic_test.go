package hostile_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go/jetstream"
)

// A panic in any goroutine that works for one connection or request ends that, and is logged and
// counted once. What was held goes back, and clients of all dialects go on.
func TestPanicEndsOneConnection(t *testing.T) {
	for _, tt := range []struct {
		name, gateway string
		panics        int
		cause         func(*rig)
		back          string // what the queue q has, once the client that held it has ended
	}{
		{"stomp authenticator", "stomp", 1, stompLogin, ""},
		{"stomp handler", "stomp", 1, stompHandler, "held"},
		{"stomp feed", "stomp", 1, stompFeed, "payload"},
		{"stomp writer", "stomp", 1, stompWriter, "held"},
		{"stomp crew", "stomp", 1, stompCrew, "held"},
		{"stomp broker's callback", "stomp", 1, stompCallback, "held"},
		{"stomp end", "stomp", 1, stompEnd, "held"},
		{"stomp websocket", "stomp", 1, stompWebSocket, "held"},
		{"nats authenticator", "nats", 1, natsLogin, ""},
		{"nats handler", "nats", 1, natsHandler, ""},
		{"nats writer", "nats", 1, natsWriter, ""},
		{"nats crew", "nats", 1, natsCrew, ""},
		{"nats timer", "nats", 3, natsTimer, ""}, // the end has the same way, twice
		{"jetstream consumer", "nats", 1, jetStreamConsumer, "payload"},
		{"jetstream broker's callback", "nats", 1, jetStreamCallback, ""},
		{"sqs authenticator", "sqs", 1, sqsLogin, ""},
		{"sqs handler", "sqs", 1, sqsHandler, ""},
		{"sqs payload", "sqs", 1, sqsPayload, ""},
		{"sqs answer", "sqs", 1, sqsAnswer, "held"},
		{"admin authenticator", "admin", 1, adminLogin, ""},
		{"admin collector", "admin", 1, adminCollector, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			held := r.stomp("stomp", "other") // in the middle of something
			held.hold(r, "other")
			tt.cause(r)
			for range tt.panics {
				r.caught()
			}
			r.payloads.on.Store("")
			if tt.back != "" {
				r.expect("q", tt.back)
			}
			r.allGoesOn()
			held.say("ACK\nid:%s\nreceipt:a\n\n\x00", held.ackID)
			held.until(0, "RECEIPT")
			if n := r.counted(tt.gateway); n != tt.panics || len(r.logged.all) != 0 {
				t.Errorf("counted %d, want %d; %d more are logged", n, tt.panics, len(r.logged.all))
			}
		})
	}
}

// caught waits for a panic to be logged, with its stack.
func (r *rig) caught() {
	r.Helper()
	select {
	case x := <-r.logged.all:
		if s := fmt.Sprint(attributes(x)); !strings.Contains(s, "explodes") || !strings.Contains(s, "hostile_test") {
			r.Errorf("logged without what or where: %.500s", s)
		}
	case <-r.within().Done():
		r.Fatal("no panic is logged")
	}
}

func attributes(x slog.Record) (all []slog.Attr) {
	x.Attrs(func(a slog.Attr) bool { all = append(all, a); return true })
	return all
}

// allGoesOn has a client of each dialect do something.
func (r *rig) allGoesOn() {
	r.Helper()
	s := r.stomp("plain stomp", "good")
	s.say("SEND\ndestination:/queue/fine\nreceipt:r\n\nfine\x00")
	s.until(0, "RECEIPT")
	r.expect("fine", "fine")
	if err := r.good.FlushWithContext(r.within()); err != nil {
		r.Error(err)
	}
	js, err := jetstream.New(r.good)
	if err != nil {
		r.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(r.within(), jetstream.StreamConfig{Name: "FINE", Subjects: []string{"fine.>"}, Retention: jetstream.WorkQueuePolicy}); err != nil {
		r.Error(err)
	}
	if _, err := js.Publish(r.within(), "fine.one", []byte("fine")); err != nil {
		r.Error(err)
	}
	if _, err := r.sqs("good").ListQueues(r.within(), &awssqs.ListQueuesInput{}); err != nil {
		r.Error(err)
	}
	if code, _ := r.get("/readyz", ""); code != http.StatusOK {
		r.Errorf("not ready: %d", code)
	}
}

// expect receives a message and acks it.
func (r *rig) expect(queue, body string) {
	r.Helper()
	p := r.stomp("stomp", "good")
	p.say("SUBSCRIBE\nid:0\ndestination:/queue/%s\nack:client-individual\n\n\x00", queue)
	p.got(body)
	p.say("ACK\nid:%s\n\n\x00DISCONNECT\nreceipt:bye\n\n\x00", p.ackID)
	p.until(0, "bye")
}

func (r *rig) get(path, user string) (int, string) {
	r.Helper()
	q, err := http.NewRequestWithContext(r.within(), http.MethodGet, "http://"+r.addrs["admin"]+path, nil)
	if err != nil {
		r.Fatal(err)
	}
	if user != "" {
		q.SetBasicAuth(user, "x")
	}
	a, err := r.web.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		r.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// counted is the metric.
func (r *rig) counted(gateway string) (n int) {
	r.Helper()
	_, all := r.get("/metrics", "")
	_, rest, ok := strings.Cut(all, fmt.Sprintf("sluice_panics_total{gateway=%q} ", gateway))
	if _, err := fmt.Sscan(rest, &n); !ok || err != nil {
		r.Fatal("no metric", err)
	}
	return n
}

func stompLogin(r *rig) {
	p := r.dial("stomp")
	p.say("CONNECT\naccept-version:1.2\nhost:x\nlogin:" + explode + "\n\n\x00")
	p.until(0, "ERROR")
	p.ends()
}

func stompHandler(r *rig) {
	p := r.stomp("stomp", "a")
	p.hold(r, "q")
	p.say("SEND\ndestination:/queue/" + explode + "\n\n\x00")
	p.until(0, "ERROR")
	p.ends()
}

func stompFeed(r *rig) {
	r.payloads.on.Store("fetch")
	r.point("q")
	p := r.stomp("stomp", "a")
	p.say("SUBSCRIBE\nid:0\ndestination:/queue/q\n\n\x00")
	p.until(0, "ERROR")
	p.ends()
}

// The writer of messages dies of what it writes to.
func stompWriter(r *rig) {
	p := r.stomp("stomp", "a")
	p.hold(r, "q")
	r.traps.arm(p.Conn, onWrite)
	r.send("q", "more")
	p.ends()
	// What was taken for writing is not counted as waiting for ever: see TestWriterPanicGivesBack.
}

func stompCrew(r *rig) {
	p := r.stomp("stomp", "a")
	p.hold(r, "q")
	r.traps.arm(p.Conn, onSocket)
	p.say("SEND\ndestination:/queue/p\nreceipt:r\n\n\x00")
	p.ends()
}

// The message is acked, whatever becomes of its payload.
func stompCallback(r *rig) {
	p := r.stomp("stomp", "a")
	p.hold(r, "q")
	r.point("p")
	p.say("SUBSCRIBE\nid:1\ndestination:/queue/p\nack:client-individual\n\n\x00")
	p.got("payload")
	r.payloads.on.Store("remove")
	p.say("ACK\nid:%s\n\n\x00", p.ackID)
	p.ends()
}

func stompEnd(r *rig) {
	p := r.stomp("stomp", revocable)
	p.hold(r, "q")
	r.traps.arm(p.Conn, onDeadline)
	r.revoke()
	p.ends()
}

func stompWebSocket(r *rig) {
	p := r.dial("stomp")
	p.say("GET /stomp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v12.stomp\r\n\r\n")
	p.until('\n', "101")
	p.sayMasked("CONNECT\naccept-version:1.2\nhost:x\nlogin:a\n\n\x00")
	p.until(0, "CONNECTED")
	p.sayMasked("SUBSCRIBE\nid:0\ndestination:/queue/q\nack:client-individual\nreceipt:sub\n\n\x00")
	p.until(0, "RECEIPT")
	r.send("q", "held")
	p.until(0, "held")
	r.traps.arm(p.Conn, onWrite)
	r.send("q", "more")
	p.ends()
}

// sayMasked sends a text message, RFC 6455, section 5.2.
func (p *peer) sayMasked(s string) {
	p.t.Helper()
	b := []byte{0x81, 0x80 | byte(len(s)), 0, 0, 0, 0} // a mask that changes nothing, and less than 126 bytes
	if _, err := p.Conn.Write(append(b, s...)); err != nil {
		p.t.Fatal(err)
	}
}

func natsLogin(r *rig) {
	p := r.dial("nats")
	p.say("CONNECT {\"user\":\"" + explode + "\",\"pass\":\"x\"}\r\n")
	p.until('\n', "-ERR 'internal server error'")
	p.ends()
}

// natsPeer logs in with bytes of its own.
func (r *rig) natsPeer(port, user string) *peer {
	p := r.dial(port)
	p.say("CONNECT {\"user\":%q,\"pass\":\"x\",\"verbose\":false}\r\nPING\r\n", user)
	p.until('\n', "PONG")
	return p
}

func natsHandler(r *rig) {
	p := r.natsPeer("nats", "a")
	p.say("SUB " + explode + ".x 1\r\n")
	p.until('\n', "-ERR 'internal server error'")
	p.ends()
}

func natsWriter(r *rig) {
	p := r.natsPeer("plain nats", "a")
	r.traps.arm(p.Conn, onWrite)
	p.say("PING\r\n")
	p.ends()
}

func natsCrew(r *rig) {
	p := r.natsPeer("nats", "a")
	r.traps.arm(p.Conn, onSocket)
	p.say("PING\r\n")
	p.ends()
}

func natsTimer(r *rig) {
	p := r.natsPeer("nats", revocable)
	r.traps.arm(p.Conn, onDeadline)
	r.revoke()
	p.ends()
}

// consumer makes one of a stream that keeps its messages in the queue q.
func (r *rig) consumer(c jetstream.JetStream) jetstream.Consumer {
	r.Helper()
	if _, err := c.CreateStream(r.within(), jetstream.StreamConfig{Name: "q", Subjects: []string{"q.>"}, Retention: jetstream.WorkQueuePolicy}); err != nil {
		r.Fatal(err)
	}
	x, err := c.CreateConsumer(r.within(), "q", jetstream.ConsumerConfig{Durable: "c", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		r.Fatal(err)
	}
	return x
}

// Of a consumer the pulls end, and the message rests.
func jetStreamConsumer(r *rig) {
	js, err := jetstream.New(r.good)
	if err != nil {
		r.Fatal(err)
	}
	x := r.consumer(js)
	r.payloads.on.Store("fetch")
	r.point("q")
	got, err := x.Fetch(1, jetstream.FetchMaxWait(patience))
	if err != nil {
		r.Fatal(err)
	}
	for m := range got.Messages() {
		r.Errorf("got %q", m.Data())
	}
	if got.Error() == nil {
		r.Error("nothing is said to the pull")
	}
}

func jetStreamCallback(r *rig) {
	nc := r.nats("nats", "victim")
	closed := nc.StatusChanged()
	js, err := jetstream.New(nc)
	if err != nil {
		r.Fatal(err)
	}
	x := r.consumer(js)
	r.point("q")
	m, err := x.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		r.Fatal(err)
	}
	r.payloads.on.Store("remove")
	if err := m.Ack(); err != nil {
		r.Fatal(err)
	}
	select {
	case <-closed:
	case <-r.within().Done():
		r.Error("the connection goes on")
	}
}

// wantFailure wants the answer of a request that has failed, and its connection to end.
func (r *rig) wantFailure(err error) {
	r.Helper()
	if err == nil || !strings.Contains(err.Error(), "InternalFailure") {
		r.Errorf("got %v, want InternalFailure", err)
	}
	nc := <-r.dialed
	if _, err := nc.Write([]byte("x")); err == nil {
		r.Error("the connection is kept") // the transport closes it when the server says so
	}
}

func sqsLogin(r *rig) {
	_, err := r.sqs(explode).ListQueues(r.within(), &awssqs.ListQueuesInput{})
	r.wantFailure(err)
}

func sqsHandler(r *rig) {
	_, err := r.sqs("a").CreateQueue(r.within(), &awssqs.CreateQueueInput{QueueName: aws.String(explode)})
	r.wantFailure(err)
}

// A body that cannot be stored goes out whole.
func sqsPayload(r *rig) {
	r.payloads.on.Store("store")
	body := strings.Repeat("x", 2<<20)
	r.send("q", body)
	got, err := r.sqs("a").ReceiveMessage(r.within(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String("http://" + r.addrs["sqs"] + "/000000000000/q")})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != body {
		r.Errorf("%v, %v", got, err)
	}
}

// Messages whose answer cannot be written go back at once.
func sqsAnswer(r *rig) {
	r.send("q", "held")
	r.armDial = onWrite
	defer func() { r.armDial = "" }()
	// What net/http still has in its buffer goes out when the connection is closed, or not.
	_, _ = r.sqs("a").ReceiveMessage(r.within(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String("http://" + r.addrs["sqs"] + "/000000000000/q")})
}

func adminLogin(r *rig) {
	if code, _ := r.get("/v1/messages?queue=q", explode); code != http.StatusInternalServerError {
		r.Errorf("status %d", code)
	}
}

// The other metrics are there all the same.
func adminCollector(r *rig) {
	r.payloads.on.Store("count")
	if code, all := r.get("/metrics", ""); code != http.StatusOK || strings.Contains(all, "sluice_payloads_total{") || !strings.Contains(all, "sluice_up 1") {
		r.Errorf("status %d:\n%.500s", code, all)
	}
}
