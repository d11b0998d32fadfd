package bridge

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// attackers is a file of users: eve, who may do everything but receive from secret and the stream stream, and what is published
// to feed, tess, who may do everything with topics, sam, who may send to secret and no more, and nell, who may purge one queue.
const attackers = "users:\n" + keeper + `  - name: eve
    password: ` + usersHash + `
    access_keys: [{id: eve, secret: "env:POLICY_TEST_SECRET"}]
    policy:
      - allow: [all]
      - {deny: [receive], queues: [secret, stream], topics: [feed, "feed.>", "VirtualTopic.feed"]}
      - {deny: [send], queues: [closed]}
  - name: tess
    password: ` + usersHash + `
    policy: [{allow: [all], topics: [">"]}]
  - name: sam
    password: ` + usersHash + `
    policy: [{allow: [send], queues: [secret]}]
  - name: nell
    password: ` + usersHash + `
    access_keys: [{id: nell, secret: "env:POLICY_TEST_SECRET"}]
    policy: [{allow: [purge], queues: [other]}]
`

// besieged is a house with attackers and the queue secret, with a message in it.
func besieged(t *testing.T) *attempt {
	t.Helper()
	t.Setenv("POLICY_TEST_SECRET", policySecret)
	x := &attempt{T: t, h: openHouse(t, withUsers(t, attackers)), name: "secret", user: "eve"}
	x.queue("secret", queuecore.QueueConfig{MaxAttempts: 3, DeadLetter: ""})
	x.queue("mine", queuecore.QueueConfig{})
	return x
}

// wantRefused fails for each way that is open.
func (x *attempt) wantRefused(ways map[string]func() error) {
	x.Helper()
	for name, try := range ways {
		if err := try(); !errors.Is(err, errRefused) {
			x.Errorf("%s: %v", name, err)
		}
	}
}

// Who may not receive from a queue does not get its messages by STOMP, SQS or /v1, whatever else he may.
func TestNobodyReceivesAround(t *testing.T) {
	x := besieged(t)
	x.queue("source", queuecore.QueueConfig{MaxAttempts: 3, DeadLetter: "secret"}) // secret holds dead letters
	stomp := func(frames ...string) func() error { return func() error { return x.stomp(frames...) } }
	c, ctx := x.sqs("eve"), t.Context()
	redrive := func(attribute, value string) func() error {
		return func() error {
			_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: x.url("secret"), Attributes: map[string]string{attribute: value}})
			return refusedBySQS(err)
		}
	}
	x.wantRefused(map[string]func() error{
		"subscribe": stomp("SUBSCRIBE\nid:1\ndestination:/queue/secret\n\n"),
		"selector":  stomp("SUBSCRIBE\nid:1\nselector:1=1\ndestination:/queue/secret\n\n"),
		"browser":   stomp("SUBSCRIBE\nid:1\nbrowser:true\ndestination:/queue/secret\n\n"),
		"redrive":   redrive("RedrivePolicy", `{"maxReceiveCount":1,"deadLetterTargetArn":"`+*x.arn("mine")+`"}`),
		"create with a redrive policy": func() error {
			_, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("secret"), Attributes: map[string]string{
				"RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + *x.arn("mine") + `"}`}})
			return refusedBySQS(err)
		},
		"receive": func() error {
			_, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: x.url("secret")})
			return refusedBySQS(err)
		},
		"move": func() error {
			_, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: x.arn("secret"), DestinationArn: x.arn("mine")})
			return refusedBySQS(err)
		},
		"move at /v1": func() error {
			_, err := x.admin("eve").StartMove(ctx, admin.MoveRequest{From: "secret", To: "mine"})
			return refusedByAdmin(err)
		},
		"move of all": func() error {
			_, err := x.admin("eve").StartMove(ctx, admin.MoveRequest{From: "source", To: ""})
			return refusedByAdmin(err)
		},
		"messages at /v1": func() error {
			return refusedByAdmin(x.admin("eve").Browse(ctx, "secret", "", 1, func(*admin.Message) error { return nil }))
		},
		"receive with a permission of her own": func() error {
			_, err := c.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: x.url("secret"), Label: aws.String("x"), Actions: []string{"*"}, AWSAccountIds: []string{"000000000000"}})
			if err == nil {
				_, err = c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: x.url("secret")})
			}
			return refusedBySQS(err)
		},
		"composite":          stomp("SEND\ndestination:/queue/mine,/queue/closed\n\nx"),
		"composite receiver": stomp("SUBSCRIBE\nid:1\ndestination:/queue/secret\n\n", "SUBSCRIBE\nid:2\ndestination:/queue/mine,/queue/secret\n\n"),
		"transaction":        stomp("BEGIN\ntransaction:t\n\n", "SEND\ntransaction:t\ndestination:/queue/closed\n\nx"),
	})
	if st, err := x.h.broker.Stats(ctx, "secret"); err != nil || st.Ready != 1 {
		t.Errorf("secret: %+v, %v", st, err)
	}
	if st, err := x.h.broker.Stats(ctx, "mine"); err != nil || st.Ready != 1 {
		t.Errorf("a refused composite has sent: %+v, %v", st, err)
	}
}

// Nor by JetStream: by no consumer, no look at a sequence, no setting of the stream.
func TestNobodyConsumesAround(t *testing.T) {
	x := besieged(t)
	nc := x.nats("eve")
	if _, err := x.api(x.nats("keeper"), "CONSUMER.DURABLE.CREATE.secret.theirs", `{"stream_name":"secret","config":{"durable_name":"theirs","ack_policy":"explicit"}}`); err != nil {
		t.Fatal(err)
	}
	ways := make(map[string]func() error)
	for path, body := range map[string]string{
		"CONSUMER.CREATE.secret.e":         `{"stream_name":"secret","config":{"name":"e","ack_policy":"explicit"}}`,
		"CONSUMER.CREATE.secret":           `{"stream_name":"secret","config":{"ack_policy":"explicit","deliver_subject":"_INBOX.eve.1"}}`,
		"CONSUMER.DURABLE.CREATE.secret.e": `{"stream_name":"secret","config":{"durable_name":"e","ack_policy":"explicit"}}`,
		"CONSUMER.MSG.NEXT.secret.theirs":  "1",
		"CONSUMER.DELETE.secret.theirs":    "",
		"STREAM.MSG.GET.secret":            `{"seq":1}`,
		"STREAM.MSG.GET.secret ":           `{"last_by_subj":"secret"}`,
		"STREAM.UPDATE.secret":             `{"name":"secret","retention":"workqueue","metadata":{"sluice.dead_letter":"mine"}}`,
		"STREAM.UPDATE.secret  ":           `{"name":"secret","retention":"workqueue","metadata":{"sluice.expired_to":"mine"}}`,
		"STREAM.CREATE.secret":             `{"name":"secret","retention":"workqueue","metadata":{"sluice.dead_letter":"mine"}}`,
		"STREAM.CREATE.feed":               `{"name":"feed","retention":"workqueue"}`,
		"STREAM.CREATE.taps":               `{"name":"taps","retention":"workqueue","subjects":["feed.x"]}`,
		"STREAM.CREATE.part":               `{"name":"part","retention":"interest","subjects":["feed.*"]}`,
	} {
		ways[path] = func() error {
			_, err := x.api(nc, strings.TrimSpace(path), body)
			return err
		}
	}
	ways["an ack of another's"] = func() error {
		other := x.nats("eve")
		return x.refusal(other, other.Publish("$JS.ACK.secret.theirs.1.1.1.1.0", nil))
	}
	for _, subject := range []string{"secret", "feed", "feed.x", "feed.*", "feed.>", "*.x", ">", "*"} {
		ways["SUB "+subject] = func() error {
			other := x.nats("eve")
			_, err := other.SubscribeSync(subject)
			return x.refusal(other, err)
		}
	}
	x.wantRefused(ways)
}

// Nor by listening: to the subject that names the queue, and to the inboxes of others.
func TestNobodyListensAround(t *testing.T) {
	x := besieged(t)
	tess, theirs := x.nats("tess"), x.nats("keeper")
	heard, err := tess.SubscribeSync(">")
	if err := x.refusal(tess, err); err != nil {
		t.Fatal(err)
	}
	if _, err := x.pull(theirs, "secret"); err != nil {
		t.Error(err)
	}
	if got, err := x.api(theirs, "STREAM.MSG.GET.secret", `{"seq":1}`); err != nil || !strings.Contains(string(got), "aGVsbG8=") {
		t.Errorf("%s, %v", got, err)
	}
	if err := x.publish(theirs, "secret"); err != nil {
		t.Error(err)
	}
	if err := x.refusal(theirs, theirs.Publish("marker", []byte("end"))); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := heard.NextMsg(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject == "marker" {
			break
		}
		if m.Subject == "secret" || string(m.Data) == "hello" || strings.Contains(string(m.Data), "aGVsbG8=") {
			t.Errorf("tess hears %q on %s", m.Data, m.Subject)
		}
	}
}

// Nor by topics that STOMP clients spell, or by being another client.
func TestNobodySubscribesAround(t *testing.T) {
	x := besieged(t)
	if _, err := x.stompAs("keeper", "theirs", "SUBSCRIBE\nid:1\ndestination:/topic/news\nactivemq.subscriptionName:s\n\n"); err != nil {
		t.Fatal(err)
	}
	as := func(client string, frames ...string) func() error {
		return func() error {
			_, err := x.stompAs("eve", client, frames...)
			return err
		}
	}
	ways := map[string]func() error{
		"another client's subscription": as("theirs", "SUBSCRIBE\nid:1\ndestination:/topic/news\nactivemq.subscriptionName:s\n\n"),
		"to delete it":                  as("theirs", "UNSUBSCRIBE\nid:1\nactivemq.subscriptionName:s\n\n"),
		"virtual topic":                 as("eve", "SUBSCRIBE\nid:1\ndestination:/queue/Consumer.eve.VirtualTopic.feed\n\n"),
		"virtual topic by sending":      as("eve", "SEND\ndestination:/queue/Consumer.eve.VirtualTopic.feed\n\nx"),
	}
	for _, topic := range []string{"secret", "feed", "feed.x", "feed.>", "*.x", ">", "*"} {
		ways["/topic/"+topic] = as("eve", "SUBSCRIBE\nid:1\ndestination:/topic/"+topic+"\n\n")
		ways["durable /topic/"+topic] = as("eve", "SUBSCRIBE\nid:1\ndestination:/topic/"+topic+"\nactivemq.subscriptionName:s\n\n")
	}
	x.wantRefused(ways)
	x.wantNoJobs()
}

// wantNoJobs has eve look at the messages that go out by a plan: to secret goes one, to mine another.
func (x *attempt) wantNoJobs() {
	x.Helper()
	const plan = "SEND\nAMQ_SCHEDULED_CRON:0 0 1 1 *\ndestination:/queue/"
	if _, err := x.stompAs("keeper", "", plan+"secret\n\nhidden", plan+"mine\n\nshown"); err != nil {
		x.Fatal(err)
	}
	got, err := x.stompAs("eve", "", "SEND\ndestination:/topic/ActiveMQ.Scheduler.Management\nAMQ_SCHEDULER_ACTION:BROWSE\nreply-to:/queue/jobs\n\n",
		"SUBSCRIBE\nid:1\ndestination:/queue/jobs\n\n", "SEND\ndestination:/queue/jobs\n\nend")
	if err != nil {
		x.Fatal(err)
	}
	if st, err := x.h.broker.Stats(x.Context(), "jobs"); err != nil || st.Totals.Sent != 2 {
		x.Errorf("jobs and the end: %+v, %v, %q", st, err, got)
	}
}

// Who manages what goes out by a plan sees, and ends, what goes where he may browse, and purge, and nothing else.
func TestManagementOfJobsIsOfTheirDestinations(t *testing.T) {
	const rights = "  - name: NAME\n    password: " + usersHash + "\n    policy:\n" +
		"      - {allow: [admin, send], topics: [ActiveMQ.Scheduler.Management]}\n" +
		"      - {allow: [send, receive, browse, create-by-use], queues: [seen-NAME]}\n      - {allow: [ACTIONS], queues: [\"his-*\"], topics: [\"his.>\"]}\n"
	text := "users:\n" + keeper
	for name, actions := range map[string]string{"looks": "browse, receive", "ends": "purge", "both": "browse, receive, purge", "neither": "send"} {
		text += strings.NewReplacer("NAME", name, "ACTIONS", actions).Replace(rights)
	}
	t.Setenv("POLICY_TEST_SECRET", policySecret)
	x := &attempt{T: t, h: openHouse(t, withUsers(t, text))}
	const manage = "SEND\ndestination:/topic/ActiveMQ.Scheduler.Management\nAMQ_SCHEDULER_ACTION:"
	for _, tt := range []struct {
		user  string
		looks int
		ends  bool
	}{{"looks", 3, false}, {"ends", 0, true}, {"both", 3, true}, {"neither", 0, false}, {"keeper", 5, true}} {
		plan := "SEND\nAMQ_SCHEDULED_CRON:0 0 1 1 *\ndestination:"
		if _, err := x.stompAs("keeper", "", plan+"/queue/his-1\n\nx", plan+"/queue/other\n\nx", plan+"/queue/his-2\n\nx", plan+"/topic/his.news\n\nx", plan+"/topic/news\n\nx"); err != nil {
			t.Fatal(err)
		}
		if _, err := x.stompAs(tt.user, "", manage+"BROWSE\nreply-to:/queue/seen-"+tt.user+"\n\n"); err != nil {
			t.Errorf("%s browses: %v", tt.user, err)
		}
		if st, err := x.h.broker.Stats(t.Context(), "seen-"+tt.user); err != nil || st.Ready != tt.looks {
			t.Errorf("%s sees %d of 5, want %d; %v", tt.user, st.Ready, tt.looks, err)
		}
		jobs := x.jobs()
		for destination, his := range map[string]bool{"his-1": tt.ends, "his.news": tt.ends, "other": tt.user == "keeper", "news": tt.user == "keeper"} {
			_, err := x.stompAs(tt.user, "", manage+"REMOVE\nscheduledJobId:"+jobs[destination]+"\n\n")
			if his && err != nil || !his && !errors.Is(err, errRefused) {
				t.Errorf("%s ends what goes to %s: %v", tt.user, destination, err)
			}
			if _, there := x.jobs()[destination]; there == his {
				t.Errorf("%s: what goes to %s is there: %v", tt.user, destination, there)
			}
		}
		if _, err := x.stompAs(tt.user, "", manage+"REMOVEALL\n\n"); err != nil {
			t.Errorf("%s ends all: %v", tt.user, err)
		}
		want := map[string]int{"keeper": 0, "ends": 2, "both": 2}
		left, ends := want[tt.user]
		if !ends {
			left = 5
		}
		if got := x.jobs(); len(got) != left {
			t.Errorf("%s leaves %v, want %d", tt.user, got, left)
		}
		if _, err := x.h.broker.RemoveJobs(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Nor from the queue of a consumer of an interest stream, which holds what is the stream's.
func TestNobodyReceivesFromAConsumersQueue(t *testing.T) {
	t.Setenv("POLICY_TEST_SECRET", policySecret)
	x := &attempt{T: t, h: openHouse(t, withUsers(t, attackers)), user: "eve"}
	theirs := x.nats("keeper")
	for _, r := range [][2]string{
		{"STREAM.CREATE.secret", `{"name":"secret","retention":"interest"}`},
		{"CONSUMER.DURABLE.CREATE.secret.c", `{"stream_name":"secret","config":{"durable_name":"c","ack_policy":"explicit"}}`},
	} {
		if _, err := x.api(theirs, r[0], r[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.publish(theirs, "secret"); err != nil {
		t.Fatal(err)
	}
	queue := mapping.SQS{}.QueueName("secret.c")
	x.wantRefused(map[string]func() error{
		"STOMP":   func() error { return x.stomp("SUBSCRIBE\nid:1\ndestination:/queue/secret.c\n\n") },
		"browser": func() error { return x.stomp("SUBSCRIBE\nid:1\nbrowser:true\ndestination:/queue/secret.c\n\n") },
		"SQS": func() error {
			_, err := x.sqs("eve").ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: x.url(queue)})
			return refusedBySQS(err)
		},
		"/v1": func() error {
			return refusedByAdmin(x.admin("eve").Browse(t.Context(), "secret.c", "", 1, func(*admin.Message) error { return nil }))
		},
	})
}
