package jetstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// stage is a transport whose audience is as the test says.
type stage struct {
	t       *testing.T
	broker  *queuecore.Broker
	engine  *jetstream.Engine
	client  *jetstream.Client
	answers chan wire.Message
	pushed  chan wire.Message

	mu       sync.Mutex // over what follows
	audience map[string]jetstream.Audience
	once     bool // the audience is busy after one message
	refuse   int  // so many messages are not taken
}

func newStage(t *testing.T) *stage { t.Helper(); return stageWith(t, nil) }

func stageWith(t *testing.T, o *queuecore.Options) *stage {
	t.Helper()
	b, err := queuecore.Open(context.Background(), memstore.New(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return stageOn(t, b)
}

func stageOn(t *testing.T, b *queuecore.Broker) *stage {
	g := &stage{
		t: t, broker: b, answers: make(chan wire.Message, 1000), pushed: make(chan wire.Message, 1000),
		audience: make(map[string]jetstream.Audience),
	}
	g.engine = jetstream.New(b, g, jetstream.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	g.client = g.engine.Client(root{}, func() bool { return true })
	t.Cleanup(func() {
		g.client.Close()
		if err := g.engine.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g *stage) Interest(subject []byte) bool {
	return string(subject) == "in" || g.Audience(subject, "", nil) != jetstream.Nobody
}

func (g *stage) Push(subject []byte, m *wire.Message, _ func(*jetstream.Client) bool) bool {
	return g.Deliver(subject, m)
}

func (g *stage) Audience(subject []byte, group string, _ func(*jetstream.Client) bool) jetstream.Audience {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.audience[string(subject)+" "+group]
}

func (g *stage) Deliver(subject []byte, m *wire.Message) bool {
	x := wire.Message{
		Subject: bytes.Clone(m.Subject), Reply: bytes.Clone(m.Reply), Header: bytes.Clone(m.Header), Payload: bytes.Clone(m.Payload),
	}
	if string(subject) == "in" {
		g.answers <- x
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuse > 0 {
		g.refuse--
		return false
	}
	if g.once {
		g.audience["d "] = jetstream.Busy
	}
	g.pushed <- x
	return true
}

// set changes the audience, and says so as the transport would.
func (g *stage) set(of string, a jetstream.Audience) {
	g.mu.Lock()
	was := g.audience[of]
	g.audience[of] = a
	g.mu.Unlock()
	subject, _, _ := strings.Cut(of, " ")
	switch {
	case was == jetstream.Nobody:
		g.client.Subscribed(subject)
	case a == jetstream.Nobody:
		g.client.Unsubscribed(subject)
	case a == jetstream.Ready:
		g.client.Drained()
	}
}

// oneOnly has the audience be busy after one message, or not.
func (g *stage) oneOnly(yes bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.once = yes
}

// ask calls the API and returns the answer.
func (g *stage) ask(subject, body string) string {
	call(g.client, subject, body)
	return string((<-g.answers).Payload)
}

// open makes the stream S and a push consumer c with more settings.
func (g *stage) open(settings string) {
	g.t.Helper()
	g.ask("$JS.API.STREAM.CREATE.S", makeStream)
	g.consumer(settings)
}

func (g *stage) consumer(settings string) {
	g.t.Helper()
	got := g.ask("$JS.API.CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"name":"c","ack_policy":"explicit","deliver_subject":"d"`+settings+`}}`)
	if strings.Contains(got, `"error"`) {
		g.t.Fatal(got)
	}
}

func (g *stage) publish(bodies ...string) {
	g.t.Helper()
	for _, body := range bodies {
		publish(g.client, "s.x", body)
		if got := string((<-g.answers).Payload); strings.Contains(got, `"error"`) {
			g.t.Fatal(got)
		}
	}
}

// next takes what comes next, heartbeats aside.
func (g *stage) next() wire.Message {
	m := <-g.pushed
	for bytes.Contains(m.Header, []byte("Idle Heartbeat")) {
		m = <-g.pushed
	}
	return m
}

// body takes the next message, whose body must be text.
func (g *stage) body(text string) wire.Message {
	g.t.Helper()
	m := g.next()
	if string(m.Payload) != text || string(m.Subject) != "s.x" || !bytes.HasPrefix(m.Reply, []byte("$JS.ACK.S.c.")) {
		g.t.Fatalf("%s %s %.20s, want %.20s", m.Subject, m.Reply, m.Payload, text)
	}
	return m
}

// inQueue takes a message as another dialect would: it must be there, as new.
func (g *stage) inQueue(text string) queuecore.Receipt {
	g.t.Helper()
	got, err := g.broker.Receive(context.Background(), "S", queuecore.ReceiveOptions{Wait: -1})
	if err != nil || len(got) != 1 || got[0].Attempt != 1 || string(got[0].Body) != text {
		g.t.Fatalf("%+v, %v", got, err)
	}
	return got[0].Receipt
}

func (g *stage) info() map[string]any {
	g.t.Helper()
	var info map[string]any
	if err := json.Unmarshal([]byte(g.ask("$JS.API.CONSUMER.INFO.S.c", "")), &info); err != nil {
		g.t.Fatal(err)
	}
	return info
}

const durable = `,"durable_name":"c"`

func TestPushFollowsItsAudience(t *testing.T) {
	g := newStage(t)
	g.open(durable)
	g.publish("one")
	if info := g.info(); info["push_bound"] != nil || info["num_pending"] != 1.0 || info["num_ack_pending"] != 0.0 {
		t.Errorf("nobody listens: %v", info)
	}
	g.set("d ", jetstream.Ready)
	m := g.body("one")
	if info := g.info(); info["push_bound"] != true || info["num_ack_pending"] != 1.0 || info["num_waiting"] != 0.0 {
		t.Errorf("somebody listens: %v", info)
	}
	call(g.client, string(m.Reply), "+ACK")
	<-g.answers
	g.publish("two")
	g.body("two")
	g.set("d ", jetstream.Nobody)
	g.publish("three")
	g.broker.Release(context.Background(), []queuecore.Receipt{g.inQueue("three")})
	g.set("d ", jetstream.Ready)
	g.body("three")
}

// TestPushToAGroupWantsTheGroup: whoever else subscribes to the subject.
func TestPushToAGroupWantsTheGroup(t *testing.T) {
	g := newStage(t)
	g.open(durable + `,"deliver_group":"g"`)
	g.publish("x")
	g.set("d ", jetstream.Ready)
	g.set("d h", jetstream.Ready)
	if info := g.info(); info["push_bound"] != nil || info["num_pending"] != 1.0 {
		t.Errorf("%v", info)
	}
	g.set("d g", jetstream.Ready)
	g.body("x")
}

// TestPushHoardsNothingForTheSlow: what the subscriber has no room for is there for others.
func TestPushHoardsNothingForTheSlow(t *testing.T) {
	g := newStage(t)
	g.open(durable)
	g.publish("1", "2", "3")
	g.set("d ", jetstream.Busy)
	g.broker.Release(context.Background(), []queuecore.Receipt{g.inQueue("1")})
	g.oneOnly(true)
	g.set("d ", jetstream.Ready)
	g.body("1")
	two := g.inQueue("2")
	g.oneOnly(false)
	g.set("d ", jetstream.Ready)
	g.body("3")
	g.broker.Release(context.Background(), []queuecore.Receipt{two})
	g.body("2")
}

func TestPushKeepsToMaxAckPending(t *testing.T) {
	g := newStage(t)
	g.open(durable + `,"max_ack_pending":2`)
	g.publish("1", "2", "3")
	g.set("d ", jetstream.Ready)
	first := g.body("1")
	g.body("2")
	g.broker.Release(context.Background(), []queuecore.Receipt{g.inQueue("3")})
	call(g.client, string(first.Reply), "+ACK")
	g.body("3")
}

func TestPushFlowControl(t *testing.T) {
	g := newStage(t)
	g.open(durable + `,"flow_control":true,"idle_heartbeat":100000000`)
	large := strings.Repeat("x", 600<<10)
	g.publish(large, large, large, large, "last")
	g.set("d ", jetstream.Ready)
	g.body(large)
	g.body(large)
	request := g.next()
	if string(request.Header) != "NATS/1.0 100 FlowControl Request\r\n\r\n" || string(request.Subject) != "d" ||
		!bytes.HasPrefix(request.Reply, []byte("$JS.FC.S.c.")) {
		t.Fatalf("%s %s %q", request.Subject, request.Reply, request.Header)
	}
	g.body(large)
	g.body(large)
	call(g.client, "$JS.FC.S.c.other", "")
	last := g.inQueue("last") // more than 2 MiB are on their way
	beat := <-g.pushed
	if want := fmt.Sprintf("NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 4\r\nNats-Last-Stream: 4\r\nNats-Consumer-Stalled: %s\r\n\r\n", request.Reply); string(beat.Header) != want {
		t.Errorf("%q\nwant %q", beat.Header, want)
	}
	g.broker.Release(context.Background(), []queuecore.Receipt{last})
	if out := call(g.client, string(request.Reply), ""); out != jetstream.Taken {
		t.Errorf("answer: %v", out)
	}
	g.body("last")
}

// TestPushFlowBeginsAnewWithASubscriber: the next one cannot answer what was asked of
// the one before.
func TestPushFlowBeginsAnewWithASubscriber(t *testing.T) {
	g := newStage(t)
	g.open(durable + `,"flow_control":true,"idle_heartbeat":3600000000000`)
	large := strings.Repeat("x", 700<<10)
	g.publish(large, large, large, "last")
	g.set("d ", jetstream.Ready)
	for range 4 { // three messages and a request
		<-g.pushed
	}
	g.broker.Release(context.Background(), []queuecore.Receipt{g.inQueue("last")})
	g.set("d ", jetstream.Nobody)
	g.set("d ", jetstream.Ready)
	g.body("last")
}

func TestPushConsumerVanishesWithoutAudience(t *testing.T) {
	g := newStage(t)
	g.open(`,"inactive_threshold":10000000,"idle_heartbeat":100000000`)
	for strings.Contains(g.ask("$JS.API.CONSUMER.INFO.S.c", ""), `"config"`) {
	}
	g.set("d ", jetstream.Ready)
	g.consumer(`,"inactive_threshold":10000000,"idle_heartbeat":100000000`)
	for range 2 { // its time is long over
		<-g.pushed
	}
	if info := g.info(); info["push_bound"] != true {
		t.Errorf("%v", info)
	}
	g.set("d ", jetstream.Nobody)
	for strings.Contains(g.ask("$JS.API.CONSUMER.INFO.S.c", ""), `"config"`) {
	}
}

// TestRemovedConsumerGivesBack: the next one gets at once what it had out.
func TestRemovedConsumerGivesBack(t *testing.T) {
	for name, remove := range map[string]func(*stage){
		"deleted": func(g *stage) {
			g.ask("$JS.API.CONSUMER.DELETE.S.c", "")
			g.set("d ", jetstream.Nobody)
		},
		"vanished": func(g *stage) {
			g.set("d ", jetstream.Nobody)
			for strings.Contains(g.ask("$JS.API.CONSUMER.INFO.S.c", ""), `"config"`) {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newStage(t)
			g.set("d ", jetstream.Ready) // first: a consumer that nobody listens to may be gone at once
			g.open(`,"inactive_threshold":10000000`)
			g.publish("1", "2", "3")
			g.body("1")
			call(g.client, string(g.body("2").Reply), "+ACK")
			<-g.answers
			g.body("3")
			remove(g)
			g.consumer(durable)
			g.set("d ", jetstream.Ready)
			for _, text := range []string{"1", "3"} {
				if m := g.body(text); !bytes.HasPrefix(m.Reply, []byte("$JS.ACK.S.c.2.")) {
					t.Errorf("%s: %s", text, m.Reply)
				}
			}
		})
	}
}

func TestPushGoesOnAfterARestart(t *testing.T) {
	g := newStage(t)
	g.open(durable)
	g.publish("x")
	g.client.Close()
	if err := g.engine.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	again := stageOn(t, g.broker)
	again.set("d ", jetstream.Ready)
	again.body("x")
}

func TestPushMovesToAnotherSubject(t *testing.T) {
	g := newStage(t)
	g.open(durable)
	g.publish("x")
	g.set("e ", jetstream.Ready)
	move := `{"stream_name":"S","config":{"name":"c","durable_name":"c","ack_policy":"explicit","deliver_subject":"e"}}`
	if got := g.ask("$JS.API.CONSUMER.CREATE.S.c", move); strings.Contains(got, `"error"`) {
		t.Fatal(got)
	}
	g.body("x")
	if got := g.ask("$JS.API.CONSUMER.CREATE.S.c", strings.Replace(move, `"e"`, `"d"`, 1)); !strings.Contains(got, "10013") {
		t.Errorf("while somebody listens: %s", got)
	}
}

func TestPushModeDoesNotChange(t *testing.T) {
	g := newStage(t)
	g.open(durable)
	pull := `{"stream_name":"S","config":{"name":"c","durable_name":"c","ack_policy":"explicit"}}`
	if got := g.ask("$JS.API.CONSUMER.CREATE.S.c", pull); !strings.Contains(got, "can not update push consumer to pull based") {
		t.Error(got)
	}
	g.ask("$JS.API.CONSUMER.DELETE.S.c", "")
	g.ask("$JS.API.CONSUMER.CREATE.S.c", pull)
	push := strings.Replace(pull, `"explicit"`, `"explicit","deliver_subject":"d"`, 1)
	if got := g.ask("$JS.API.CONSUMER.CREATE.S.c", push); !strings.Contains(got, "can not update pull consumer to push based") {
		t.Error(got)
	}
}

// TestPushIntoAnotherStreamIsRefused: with the way that there is.
func TestPushIntoAnotherStreamIsRefused(t *testing.T) {
	g := newStage(t)
	g.ask("$JS.API.STREAM.CREATE.S", makeStream)
	g.ask("$JS.API.STREAM.CREATE.T", `{"name":"T","subjects":["t.>"],"retention":"workqueue"}`)
	got := g.ask("$JS.API.CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"name":"c","ack_policy":"explicit","deliver_subject":"t.x"}}`)
	if !strings.Contains(got, `"err_code":10012`) || !strings.Contains(got, "publish to that one") {
		t.Error(got)
	}
}

// TestPushOffersAgain: a subscriber that takes nothing may be about to go, or not.
func TestPushOffersAgain(t *testing.T) {
	g := newStage(t)
	g.open(durable + `,"rate_limit_bps":1000000`)
	g.publish("1", "2")
	g.refuse = 3
	g.set("d ", jetstream.Ready)
	if m := g.body("1"); !bytes.HasPrefix(m.Reply, []byte("$JS.ACK.S.c.1.1.1.")) {
		t.Errorf("it counted: %s", m.Reply)
	}
	g.body("2")
	if g.refuse != 0 {
		t.Errorf("%d refusals are left", g.refuse)
	}
}

// TestPushOfLargerMessagesThanTheWindow: an answer opens it all the same.
func TestPushOfLargerMessagesThanTheWindow(t *testing.T) {
	g := stageWith(t, &queuecore.Options{MaxMessageBytes: 6 << 20})
	g.open(durable + `,"flow_control":true,"idle_heartbeat":3600000000000`)
	half, huge := strings.Repeat("x", 1100<<10), strings.Repeat("x", 5500<<10)
	g.publish(half, huge, "last")
	g.set("d ", jetstream.Ready)
	g.body(half)
	first := g.next()
	g.body(huge)
	call(g.client, string(first.Reply), "")
	second := g.next() // more than 4 MiB are on their way
	call(g.client, string(second.Reply), "")
	g.body("last")
}
