package bridge

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
)

// denyingEve is a policy of a queue.
const denyingEve = `{"Statement":[{"Sid":"s","Effect":"Deny","Principal":{"AWS":"arn:aws:iam::000000000000:user/eve"},"Action":"sqs:ReceiveMessage"}]}`

// A lasting way to receive from the queue mine waits for messages there as eve once it returns. What it returns waits until she is told that
// she may not, or has a message, and is errRefused or says so.
type lasting func(x *attempt) (end func() error)

func (x *attempt) lastingSTOMP() func() error {
	c, err := net.Dial("tcp", x.h.Addrs().STOMP)
	if err != nil {
		x.Fatal(err)
	}
	x.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	fmt.Fprintf(c, "CONNECT\naccept-version:1.2\nhost:x\nlogin:eve\npasscode:%s\n\n\x00SUBSCRIBE\nid:1\nreceipt:r\ndestination:/queue/mine\n\n\x00", usersPassword)
	r := bufio.NewReader(c)
	for range 2 { // CONNECTED and RECEIPT
		if _, err := x.confirmed(r); err != nil {
			x.Fatal(err)
		}
	}
	return func() error {
		got, err := x.confirmed(r)
		if len(got) > 0 {
			return fmt.Errorf("eve got %q, then %w", got[0], errors.New(fmt.Sprint(err)))
		}
		return err
	}
}

// lastingNATS has a consumer deliver to a subject that eve subscribes to.
func (x *attempt) lastingNATS(config string, begin func(nc *nats.Conn, inbox string) error) func() error {
	nc := x.nats("eve")
	refused := make(chan error, 8)
	nc.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })
	inbox, got := nc.NewRespInbox(), make(chan *nats.Msg, 8)
	_, err := nc.ChanSubscribe(inbox, got)
	if err == nil {
		_, err = x.api(nc, "CONSUMER.DURABLE.CREATE.mine.c", `{"stream_name":"mine","config":{"durable_name":"c","ack_policy":"explicit"`+strings.ReplaceAll(config, "INBOX", inbox)+`}}`)
	}
	if err == nil {
		err = begin(nc, inbox)
	}
	if err != nil {
		x.Fatal(err)
	}
	return func() error {
		select {
		case err := <-refused:
			if errors.Is(err, nats.ErrPermissionViolation) {
				return errRefused
			}
			return err
		case m := <-got:
			if len(m.Data) == 0 && m.Header.Get("Description") == "Permissions Violation" {
				return errRefused
			}
			return fmt.Errorf("eve got %q, %v", m.Data, m.Header)
		case <-time.After(2 * time.Minute):
			return errors.New("eve is not told")
		}
	}
}

func (x *attempt) lastingSQS(user string) func() error {
	refused := make(chan error, 1)
	// Ends with the answer.
	go func() {
		for {
			got, err := x.sqs(user).ReceiveMessage(x.Context(), &sqs.ReceiveMessageInput{QueueUrl: x.url("mine"), WaitTimeSeconds: 20})
			if err != nil || len(got.Messages) > 0 {
				if err == nil {
					err = fmt.Errorf("%s got %q", user, *got.Messages[0].Body)
				}
				refused <- refusedBySQS(err)
				return
			}
		}
	}()
	return func() error { return <-refused }
}

func lastings() map[string]lasting {
	return map[string]lasting{
		"STOMP": (*attempt).lastingSTOMP,
		"pull": func(x *attempt) func() error {
			return x.lastingNATS("", func(nc *nats.Conn, inbox string) error {
				return nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.mine.c", inbox, []byte(`{"batch":10}`))
			})
		},
		"push": func(x *attempt) func() error {
			return x.lastingNATS(`,"deliver_subject":"INBOX"`, func(*nats.Conn, string) error { return nil })
		},
		"SQS": func(x *attempt) func() error { return x.lastingSQS("eve") },
	}
}

// waits returns when somebody waits for a message in mine.
func (x *attempt) waits() {
	x.Helper()
	for {
		st, err := x.h.broker.Stats(x.Context(), "mine")
		if err != nil {
			x.Fatal(err)
		}
		if st.Waiting > 0 {
			return
		}
	}
}

// taken fails unless keeper gets the one message of mine.
func (x *attempt) taken(body string) {
	x.Helper()
	for {
		got, err := x.sqs("keeper").ReceiveMessage(x.Context(), &sqs.ReceiveMessageInput{QueueUrl: x.url("mine"), WaitTimeSeconds: 20, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount"}})
		if err != nil {
			x.Fatal(err)
		}
		if len(got.Messages) == 0 {
			continue
		}
		if m := got.Messages[0]; *m.Body != body || m.Attributes["ApproximateReceiveCount"] != "1" {
			x.Errorf("%q, %v", *m.Body, m.Attributes)
		}
		return
	}
}

// deafen keeps those who wait from hearing of a change of what they may, until the function is called that it returns: then
// what they are given must tell them.
func (x *attempt) deafen() (end func()) {
	hold, held := make(chan struct{}), make(chan struct{})
	first := true
	stop := protocols.OnShift(&asked{rights: &x.h.rights}, func() {
		if first {
			first = false
			close(held)
		}
		<-hold
	})
	x.h.rights.shifts.Shift()
	<-held
	return func() { stop(); close(hold) }
}

// Who may not receive from a queue any more since its policy is another one gets nothing that is sent after that, and is told: at
// once, also if there is nothing, or at the latest with the next message that would be his.
func TestChangeOfAPolicyEndsWhatGoesOn(t *testing.T) {
	for name, begin := range lastings() {
		for _, told := range []bool{true, false} {
			if told && name == "SQS" {
				continue // it is told with the next message
			}
			t.Run(fmt.Sprintf("%s, told %v", name, told), func(t *testing.T) {
				x := besieged(t)
				if _, err := x.h.broker.Purge(t.Context(), "mine"); err != nil {
					t.Fatal(err)
				}
				hear := func() {}
				if !told {
					hear = x.deafen()
				}
				end := begin(x)
				x.waits()
				x.setPolicy("mine", denyingEve)
				if told {
					if err := end(); !errors.Is(err, errRefused) {
						t.Errorf("%v", err)
					}
				}
				x.put("mine")
				if name == "SQS" {
					if err := end(); !errors.Is(err, errRefused) {
						t.Errorf("%v", err)
					}
				}
				x.taken("hello")
				hear()
				if !told && name != "SQS" {
					if err := end(); !errors.Is(err, errRefused) {
						t.Errorf("%v", err)
					}
				}
			})
		}
	}
}

// Whom a change of a queue's policy does not concern goes on, and who may again is served again, without asking.
func TestChangeOfAPolicyConcernsNobodyElse(t *testing.T) {
	x := besieged(t)
	if _, err := x.h.broker.Purge(t.Context(), "mine"); err != nil {
		t.Fatal(err)
	}
	got := make(chan *nats.Msg, 8)
	nc := x.nats("eve")
	refused := make(chan error, 8)
	nc.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })
	inbox := nc.NewRespInbox()
	if _, err := nc.ChanSubscribe(inbox, got); err != nil {
		t.Fatal(err)
	}
	if _, err := x.api(nc, "CONSUMER.DURABLE.CREATE.mine.c", `{"stream_name":"mine","config":{"durable_name":"c","ack_policy":"explicit","deliver_subject":"`+inbox+`"}}`); err != nil {
		t.Fatal(err)
	}
	x.setPolicy("secret", denyingEve) // of another queue
	x.put("mine")
	if m := <-got; string(m.Data) != "hello" {
		t.Fatalf("%q, %v", m.Data, m.Header)
	}
	for range 2 { // she is told each time
		x.setPolicy("mine", denyingEve)
		if err := <-refused; !errors.Is(err, nats.ErrPermissionViolation) {
			t.Fatal(err)
		}
		x.put("mine")
		x.setPolicy("mine", "")
		if m := <-got; string(m.Data) != "hello" {
			t.Fatalf("%q, %v", m.Data, m.Header)
		}
	}
}

// Who has a right of SQS by the queue's policy alone loses it with the statement, in the middle of a long poll.
func TestRemovePermissionEndsALongPoll(t *testing.T) {
	x := besieged(t)
	if _, err := x.h.broker.Purge(t.Context(), "mine"); err != nil {
		t.Fatal(err)
	}
	x.setPolicy("mine", `{"Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/nell"},"Action":"sqs:*"}]}`)
	end := x.lastingSQS("nell")
	x.waits()
	if _, err := x.sqs("keeper").RemovePermission(t.Context(), &sqs.RemovePermissionInput{QueueUrl: x.url("mine"), Label: aws.String("s")}); err != nil {
		t.Fatal(err)
	}
	x.put("mine")
	if err := end(); !errors.Is(err, errRefused) {
		t.Errorf("%v", err)
	}
	x.taken("hello")
}

// What the policy of a stream's queue denies, it denies of the queues of the stream's consumers, in SQS as well.
func TestPolicyOfAStreamHoldsForItsConsumers(t *testing.T) {
	x := besieged(t)
	url := x.url(x.feeds())
	receive := func(user string) error {
		_, err := x.sqs(user).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url})
		return refusedBySQS(err)
	}
	if err := receive("eve"); err != nil {
		t.Fatal(err)
	}
	x.setPolicy("feeds", denyingEve)
	if err := receive("eve"); !errors.Is(err, errRefused) {
		t.Errorf("%v", err)
	}
	if err := receive("keeper"); err != nil {
		t.Errorf("%v", err)
	}
}

// feeds makes an interest stream of this name with a consumer c, and returns what SQS calls the consumer's queue.
func (x *attempt) feeds() (member string) {
	x.Helper()
	nc := x.nats("keeper")
	_, err := x.api(nc, "STREAM.CREATE.feeds", `{"name":"feeds","retention":"interest","subjects":["feeds"]}`)
	if err == nil {
		_, err = x.api(nc, "CONSUMER.DURABLE.CREATE.feeds.c", `{"stream_name":"feeds","config":{"durable_name":"c","ack_policy":"explicit"}}`)
	}
	if err != nil {
		x.Fatal(err)
	}
	return mapping.SQS{}.QueueName(x.h.broker.Members("feeds")[0].Name)
}

// What the policy of a consumer's queue denies is denied over NATS, too, where a client names stream and consumer.
func TestPolicyOfAConsumersQueueHoldsInNATS(t *testing.T) {
	x := besieged(t)
	member := x.feeds()
	for range 2 {
		if _, err := x.ask(x.nats("keeper"), "feeds", "hello"); err != nil {
			t.Fatal(err)
		}
	}
	m, err := x.next(x.nats("eve"), "feeds", "c")
	if err != nil {
		t.Fatal(err)
	}
	x.setPolicy(member, denyingEve)
	if _, err := x.next(x.nats("eve"), "feeds", "c"); !errors.Is(err, errRefused) {
		t.Errorf("%v", err)
	}
	if _, err := x.ask(x.nats("eve"), m.Reply, "+ACK"); !errors.Is(err, errRefused) {
		t.Errorf("eve acks: %v", err)
	}
	if _, err := x.next(x.nats("keeper"), "feeds", "c"); err != nil {
		t.Errorf("%v", err)
	}
}

// Who is denied to receive from a consumer's queue, or to delete it, does not get rid of the consumer over NATS, nor change it: what
// waits for it would be gone.
func TestPolicyOfAConsumersQueueHoldsForTheConsumer(t *testing.T) {
	x := besieged(t)
	member := x.feeds()
	if _, err := x.ask(x.nats("keeper"), "feeds", "hello"); err != nil {
		t.Fatal(err)
	}
	rule := func(user, path, body string) error {
		_, err := x.api(x.nats(user), path, body)
		return err
	}
	const update = `{"stream_name":"feeds","config":{"durable_name":"c","ack_policy":"explicit","description":"x"}}`
	x.setPolicy(member, denyingEve)
	x.wantRefused(map[string]func() error{
		"delete": func() error { return rule("eve", "CONSUMER.DELETE.feeds.c", "") },
		"pause":  func() error { return rule("eve", "CONSUMER.PAUSE.feeds.c", `{"pause_until":"2999-01-01T00:00:00Z"}`) },
		"change": func() error { return rule("eve", "CONSUMER.DURABLE.CREATE.feeds.c", update) },
	})
	x.setPolicy(member, strings.ReplaceAll(denyingEve, "ReceiveMessage", "DeleteQueue"))
	if err := rule("eve", "CONSUMER.DELETE.feeds.c", ""); !errors.Is(err, errRefused) {
		t.Errorf("%v", err)
	}
	if err := rule("eve", "CONSUMER.DURABLE.CREATE.feeds.c", update); err != nil {
		t.Errorf("%v", err)
	}
	if _, err := x.next(x.nats("keeper"), "feeds", "c"); err != nil {
		t.Errorf("%v", err)
	}
	if err := rule("keeper", "CONSUMER.DELETE.feeds.c", ""); err != nil {
		t.Errorf("%v", err)
	}
}
