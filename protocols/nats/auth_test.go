package nats_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

// guard knows one user, one token, and what they may do.
type guard struct{ rules map[string]bool }

func (g *guard) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	if c.User == "ann" && c.Password == "secret" || c.Token == "token" {
		return g, nil
	}
	return nil, protocols.ErrDenied
}

func (*guard) Name() string { return "ann" }

func (g *guard) May(a protocols.Action, d queuecore.Destination) bool {
	if a >= protocols.Divert { // as with the short form of a policy
		return true
	}
	kind := map[queuecore.Kind]string{queuecore.KindQueue: "queue", queuecore.KindTopic: "topic"}[d.Kind]
	action := map[protocols.Action]string{
		protocols.Send: "send", protocols.Receive: "receive", protocols.Browse: "browse", protocols.Create: "create",
		protocols.Delete: "delete", protocols.Purge: "purge", protocols.Admin: "admin",
	}[a]
	return g.rules == nil || g.rules[action+" "+kind+" "+d.Name]
}

func guarded(t *testing.T, rules ...string) *house {
	t.Helper()
	g := &guard{}
	if len(rules) > 0 {
		g.rules = map[string]bool{}
		for _, r := range rules {
			g.rules[r] = true
		}
	}
	return open(t, newBroker(t), nats.Options{Auth: g})
}

func TestCredentials(t *testing.T) {
	h := guarded(t)
	for _, o := range []client.Option{client.UserInfo("ann", "secret"), client.Token("token")} {
		if nc := h.dial(o); !nc.AuthRequired() {
			t.Error("INFO does not say that credentials are required")
		}
	}
	for name, o := range map[string]client.Option{
		"none": client.Name("x"), "wrong password": client.UserInfo("ann", "wrong"), "empty": client.UserInfo("ann", ""),
		"other user": client.UserInfo("bob", "secret"), "wrong token": client.Token("x"),
	} {
		if _, err := client.Connect("nats://"+h.address, append(patient(), o)...); !errors.Is(err, client.ErrAuthorization) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingBeforeCredentials(t *testing.T) {
	for _, line := range []string{"PING", "PUB a 0\\r\\n", "SUB a 1", "HPUB a 12 12\\r\\nNATS/1.0\\r\\n\\r\\n", "pub a 100000"} {
		t.Run(line[:3], func(t *testing.T) {
			play(t, guarded(t).address, "S~ INFO .*\"auth_required\":true.*\nC: "+line+"\nS: -ERR 'Authorization Violation'\nS.")
		})
	}
}

func TestSenderIsTheAuthenticatedUser(t *testing.T) {
	h := guarded(t)
	must(h.broker.CreateQueue(within(t), "q", queuecore.QueueConfig{}))(t)
	js := must(jetstream.New(h.dial(client.UserInfo("ann", "secret"))))(t)
	must(js.Publish(within(t), "q", nil))(t)
	got := must(h.broker.Receive(within(t), "q", queuecore.ReceiveOptions{}))(t)
	if len(got) != 1 || got[0].UserID != "ann" {
		t.Errorf("%+v", got)
	}
}

// transcript plays lines to a house whose user may do what rules say.
func transcript(t *testing.T, h *house, script string) {
	t.Helper()
	play(t, h.address, "S~ INFO .*\nC: CONNECT {\"verbose\":false,\"headers\":true,\"auth_token\":\"token\"}\n"+script+"\nC: PING\nS: PONG")
}

func TestPermissionsOfCoreNATS(t *testing.T) {
	h := guarded(t, "send topic a", "receive topic b")
	transcript(t, h, strings.Join([]string{
		`C: SUB a 1`, `S: -ERR 'Permissions Violation for Subscription to "a"'`,
		`C: SUB a group 1`, `S: -ERR 'Permissions Violation for Subscription to "a" using queue "group"'`,
		`C: SUB > 1`, `S: -ERR 'Permissions Violation for Subscription to ">"'`,
		`C: SUB _INBOX.> 1`, `S: -ERR 'Permissions Violation for Subscription to "_INBOX.>"'`,
		`C: SUB _INBOX.* 1`, `S: -ERR 'Permissions Violation for Subscription to "_INBOX.*"'`,
		`C: SUB _INBOX.x.* 1`,
		`C: SUB b 2`,
		`C: PUB a 0\r\n`,
		`C: PUB b 0\r\n`, `S: -ERR 'Permissions Violation for Publish to "b"'`,
		`C: PUB _INBOX.x.1 2\r\nhi`, `S: MSG _INBOX.x.1 1 2`, `S: hi`,
	}, "\n"))
}

func TestPermissionsOfStreams(t *testing.T) {
	ann := client.UserInfo("ann", "secret")
	js := func(h *house) jetstream.JetStream { return must(jetstream.New(h.dial(ann)))(t) }
	wq := jetstream.StreamConfig{Name: "S", Retention: jetstream.WorkQueuePolicy}

	h := guarded(t, "create queue S")
	must(js(h).CreateStream(within(t), wq))(t)
	_, err := js(h).CreateStream(within(t), jetstream.StreamConfig{Name: "T", Retention: jetstream.WorkQueuePolicy})
	expect(t, err, 10003, "permission denied", "T")
	_, err = js(h).CreateStream(within(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"secret"}, Retention: jetstream.WorkQueuePolicy})
	expect(t, err, 10003, "permission denied", "secret")
	_, err = js(h).Stream(within(t), "S")
	expect(t, err, 10003, "permission denied")
	_, err = js(h).UpdateStream(within(t), wq)
	expect(t, err, 10003, "permission denied")
	expect(t, js(h).DeleteStream(within(t), "S"), 10003, "permission denied")

	h = guarded(t, "receive queue S")
	must(h.broker.CreateQueue(within(t), "S", queuecore.QueueConfig{}))(t)
	must(h.broker.CreateQueue(within(t), "HIDDEN", queuecore.QueueConfig{}))(t)
	s := must(js(h).Stream(within(t), "S"))(t)
	expect(t, s.Purge(within(t)), 10003, "permission denied")
	_, err = s.GetMsg(within(t), 1)
	expect(t, err, 10003, "permission denied")
	_, err = s.CreateConsumer(within(t), jetstream.ConsumerConfig{Durable: "c", MaxDeliver: 3})
	expect(t, err, 10003, "max_deliver")
	must(s.CreateConsumer(within(t), jetstream.ConsumerConfig{Durable: "c"}))(t)
	for n := range js(h).StreamNames(within(t)).Name() {
		if n != "S" {
			t.Errorf("sees %s", n)
		}
	}
	transcript(t, h, "C: PUB S 0\\r\\n\nS: -ERR 'Permissions Violation for Publish to \"S\"'")

	h = guarded(t, "send queue S")
	must(h.broker.CreateQueue(within(t), "S", queuecore.QueueConfig{}))(t)
	must(js(h).Publish(within(t), "S", nil))(t)
	s = must(js(h).Stream(within(t), "S"))(t)
	_, err = s.CreateConsumer(within(t), jetstream.ConsumerConfig{Durable: "c"})
	expect(t, err, 10003, "permission denied")
	must(h.broker.UpdateQueue(within(t), "S", func(c *queuecore.QueueConfig) error {
		c.Labels = map[string]string{"nats.consumer.c": `{"config":{"durable_name":"c"}}`}
		return nil
	}))(t)
	for _, subject := range []string{"$JS.API.CONSUMER.MSG.NEXT.S.c", "$JS.ACK.S.c.1.1.1.1.0"} {
		transcript(t, h, fmt.Sprintf("C: PUB %s _INBOX.in 0\\r\\n\nS: -ERR 'Permissions Violation for Publish to \"%s\"'", subject, subject))
	}
	if st := h.stats(); st.Ready != 1 {
		t.Errorf("%+v", st)
	}
}

// Nobody speaks through the engine where he may not speak himself: answers and messages go to inboxes,
// and to subjects that he may use.
func TestAnswersGoWhereTheClientMay(t *testing.T) {
	const consumer = `{"stream_name":"S","config":{"durable_name":"c","ack_policy":"explicit"%s}}`
	h := guarded(t, "receive queue S", "receive queue R", "send topic mine", "receive topic heard")
	must(h.broker.CreateQueue(within(t), "S", queuecore.QueueConfig{}))(t)
	must(h.broker.CreateQueue(within(t), "R", queuecore.QueueConfig{}))(t)
	ask := func(subject, reply, body string) string {
		return fmt.Sprintf("C: PUB %s %s %d\\r\\n%s", subject, reply, len(body), body)
	}
	denied := "S: -ERR 'Permissions Violation for Publish with Reply of \"prices\"'"
	transcript(t, h, strings.Join([]string{
		ask("$JS.API.CONSUMER.DURABLE.CREATE.S.c", "mine", fmt.Sprintf(consumer, "")),
		ask("$JS.API.INFO", "prices", ""), denied,
		ask("$JS.API.CONSUMER.MSG.NEXT.S.c", "prices", ""), denied,
		ask("$JS.ACK.S.c.1.1.1.1.0", "prices", "+NXT"), denied,
		ask("$JS.API.CONSUMER.MSG.NEXT.S.c", "heard", ""),
	}, "\n"))
	nc := h.dial(client.UserInfo("ann", "secret"))
	for subject, want := range map[string]string{"prices": "permission denied", "mine": `"name":"p"`} {
		body := strings.NewReplacer(`"c"`, `"p"`, `"S"`, `"R"`).Replace(fmt.Sprintf(consumer, `,"deliver_subject":"`+subject+`"`))
		m := must(nc.Request("$JS.API.CONSUMER.DURABLE.CREATE.R.p", []byte(body), patience))(t)
		if !strings.Contains(string(m.Data), want) {
			t.Errorf("%s: %s", subject, m.Data)
		}
	}
}

// The right to make a queue is not that to change one, by which others' messages would go.
func TestCreatingDoesNotChangeAQueue(t *testing.T) {
	small := jetstream.StreamConfig{Name: "S", Retention: jetstream.WorkQueuePolicy, MaxMsgs: 1}
	for _, rule := range []string{"create queue S", "admin queue S"} {
		h := guarded(t, "create queue S", rule)
		must(h.broker.CreateQueue(within(t), "S", queuecore.QueueConfig{}))(t)
		for range 2 {
			must(h.broker.Send(within(t), &queuecore.Message{Destination: queuecore.QueueNamed("S")}))(t)
		}
		js := must(jetstream.New(h.dial(client.UserInfo("ann", "secret"))))(t)
		_, err := js.CreateStream(within(t), small)
		if rule == "admin queue S" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		expect(t, err, 10003, "permission denied", "S")
		if st := h.stats(); st.Ready != 2 {
			t.Errorf("%+v", st)
		}
	}
}

// A schedule goes where its publisher may publish, as what he publishes there himself.
func TestSchedulesGoWhereTheClientMay(t *testing.T) {
	h := guarded(t, "create queue S", "receive topic w.>", "send topic w.plan", "send topic w.mine")
	js := must(jetstream.New(h.dial(client.UserInfo("ann", "secret"))))(t)
	_, err := js.CreateStream(within(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"w.>"}, Retention: jetstream.WorkQueuePolicy, AllowMsgSchedules: true})
	if err != nil {
		t.Fatal(err)
	}
	for target, denied := range map[string]bool{"w.mine": false, "w.others": true} {
		m := client.NewMsg("w.plan")
		m.Header.Set("Nats-Schedule", "@at "+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		m.Header.Set("Nats-Schedule-Target", target)
		if _, err := js.PublishMsg(within(t), m); denied {
			expect(t, err, 10003, "permission denied", target)
		} else if err != nil {
			t.Error(err)
		}
	}
	if st := h.stats(); st.Delayed != 1 {
		t.Errorf("%+v", st)
	}
}
