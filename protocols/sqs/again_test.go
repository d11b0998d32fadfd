package sqs_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// madeFIFO creates a queue with a message in each of some groups.
func madeFIFO(t testing.TB, c *awssqs.Client, bodies ...string) *string {
	t.Helper()
	url := made(t, c, "q.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	for _, body := range bodies {
		grouped(t, c, url, body)
	}
	return url
}

// grouped sends a message in a group of its own.
func grouped(t testing.TB, c *awssqs.Client, url *string, body string) {
	t.Helper()
	if _, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &body}); err != nil {
		t.Fatal(err)
	}
}

// receiving is a receive with an id.
func receiving(url *string, id string, max, wait int32) awssqs.ReceiveMessageInput {
	return awssqs.ReceiveMessageInput{
		QueueUrl: url, ReceiveRequestAttemptId: &id, MaxNumberOfMessages: max, WaitTimeSeconds: wait, MessageSystemAttributeNames: all(),
	}
}

// in writes messages in short: body, receive count and handle of each.
func in(list []types.Message) string {
	var b strings.Builder
	for _, m := range list {
		b.WriteString(*m.Body + " " + m.Attributes["ApproximateReceiveCount"] + " " + *m.ReceiptHandle + "\n")
	}
	return b.String()
}

// A client of the SDK that did not get an answer asks again, over another connection,
// and settles what it gets then.
func TestSDKReceivesAgain(t *testing.T) {
	h := start(t, sqs.Options{Now: newClock().now})
	c := h.client()
	url := madeFIFO(t, c, "a", "b", "c")
	first := received(t, c, receiving(url, "one", 2, 0))
	if len(first) != 2 {
		t.Fatalf("%s", in(first))
	}
	second, bad := receiving(url, "one", 2, 20), receiving(url, "o n e", 1, 0)
	other := newWeb(h.dial)
	defer other.CloseIdleConnections()
	again, err := h.clientWith("AKID", "SECRET", func(o *awssqs.Options) { o.HTTPClient = other }).
		ReceiveMessage(t.Context(), &second)
	if err != nil || in(again.Messages) != in(first) {
		t.Fatalf("%v\n%s%s", err, in(first), in(again.Messages))
	}
	if _, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: again.Messages[1].ReceiptHandle}); err != nil {
		t.Error(err)
	}
	if m := received(t, c, receiving(url, "one", 2, 0)); len(m) != 1 || *m[0].Body != "c" {
		t.Errorf("after a delete: %s", in(m))
	}
	_, err = c.ReceiveMessage(t.Context(), &bad)
	if code(err) != "InvalidParameterValue" {
		t.Error(err)
	}
}

// Any key of a user is given what another one of them has received, and no other user is.
func TestIDsAreTheUsersOwn(t *testing.T) {
	secret := secretOf(t, "SECRET")
	h := start(t, sqs.Options{Auth: auth.New([]auth.Key{
		{ID: "K1", User: "anna", Secret: secret}, {ID: "K2", User: "anna", Secret: secret}, {ID: "K3", User: "sven", Secret: secret},
	})})
	url := madeFIFO(t, h.clientAs("K1"), "a")
	first := in(received(t, h.clientAs("K1"), receiving(url, "one", 1, 0)))
	if got := in(received(t, h.clientAs("K3"), receiving(url, "one", 1, 0))); got != "" {
		t.Errorf("another user got %s", got)
	}
	if got := in(received(t, h.clientAs("K2"), receiving(url, "one", 1, 0))); first == "" || got != first {
		t.Errorf("got %q, want %q", got, first)
	}
}

// What becomes of a message by any other way than SQS ends the answer that it is in.
func TestSettledElsewhere(t *testing.T) {
	for name, x := range map[string]struct {
		settle func(ctx context.Context, h *house, r queuecore.Receipt) error
		want   string // bodies and counts of what an ordinary receive gets then
	}{
		"ack":  {func(ctx context.Context, h *house, r queuecore.Receipt) error { return h.broker.Ack(ctx, r) }, ""},
		"nack": {func(ctx context.Context, h *house, r queuecore.Receipt) error { return h.broker.Nack(ctx, r, 0) }, "b2"},
		"late": {func(ctx context.Context, h *house, r queuecore.Receipt) error {
			return h.broker.Nack(ctx, r, time.Hour)
		}, ""},
		"reject": {func(ctx context.Context, h *house, r queuecore.Receipt) error { return h.broker.Reject(ctx, r, "bad") }, ""},
		"remove": {func(ctx context.Context, h *house, r queuecore.Receipt) error {
			return h.broker.Remove(ctx, "q.fifo", r.Seq)
		}, ""},
		"any holder": {func(ctx context.Context, h *house, r queuecore.Receipt) error {
			return h.broker.Ack(ctx, queuecore.Receipt{Queue: r.Queue, Seq: r.Seq})
		}, ""},
		"other receiver": {func(ctx context.Context, h *house, r queuecore.Receipt) error {
			if err := h.broker.Nack(ctx, r, 0); err != nil {
				return err
			}
			_, err := h.broker.Receive(ctx, "q.fifo", queuecore.ReceiveOptions{})
			return err
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, sqs.Options{Now: newClock().now})
			c := h.client()
			url := madeFIFO(t, c, "a", "b")
			if m := received(t, c, receiving(url, "one", 2, 0)); len(m) != 2 {
				t.Fatal(in(m))
			}
			q, err := h.broker.Queue("q.fifo")
			if err != nil {
				t.Fatal(err)
			}
			if err := x.settle(t.Context(), h, queuecore.Receipt{Queue: q.ID, Seq: 2, Attempt: 1}); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, m := range received(t, c, receiving(url, "one", 2, 0)) {
				got += *m.Body + m.Attributes["ApproximateReceiveCount"]
			}
			if got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

// When one message of an answer is not what it was, nothing happens to the others.
func TestOrdinaryReceiveLeavesTheRest(t *testing.T) {
	for name, taken := range map[string]bool{"free": false, "with another": true} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			h := start(t, sqs.Options{Now: clock.now})
			c := h.client()
			url := madeFIFO(t, c, "a", "b")
			received(t, c, receiving(url, "one", 2, 0))
			clock.ns.Add(int64(20 * time.Second))
			q, err := h.broker.Queue("q.fifo")
			if err != nil {
				t.Fatal(err)
			}
			if err := h.broker.Nack(t.Context(), queuecore.Receipt{Queue: q.ID, Seq: 2, Attempt: 1}, 0); err != nil {
				t.Fatal(err)
			}
			want := "b 2 "
			if taken {
				want = ""
				received(t, c, receiving(url, "two", 1, 0))
			}
			if got := in(received(t, c, receiving(url, "one", 2, 0))); !strings.HasPrefix(got, want) || want == "" && got != "" {
				t.Errorf("got %q, want %q", got, want)
			}
			clock.ns.Add(int64(10 * time.Second))
			if got := h.receivedAtLast(c, receiving(url, "three", 2, 0)); !strings.HasPrefix(got, "a 2 ") {
				t.Errorf("the other message's time is not over: %q", got)
			}
		})
	}
}

// receivedAtLast receives until something comes: the core may not have seen yet that the clock was moved.
func (h *house) receivedAtLast(c *awssqs.Client, what awssqs.ReceiveMessageInput) (got string) {
	h.t.Helper()
	for got == "" {
		got = in(received(h.t, c, what))
	}
	return got
}

// An id is good for five minutes from the first answer, by the gateway's clock, however
// often it is asked for; each time the timeout begins anew.
func TestReceiveAgainByTheClock(t *testing.T) {
	clock := newClock()
	h := start(t, sqs.Options{Now: clock.now})
	c := h.client()
	url := madeFIFO(t, c, "a")
	first := in(received(t, c, receiving(url, "one", 1, 0)))
	for range 10 {
		clock.ns.Add(int64(29 * time.Second))
		if got := in(received(t, c, receiving(url, "one", 1, 0))); got != first {
			t.Fatalf("got %swant %s", got, first)
		}
	}
	clock.ns.Add(int64(10 * time.Second))
	if got := in(received(t, c, receiving(url, "one", 1, 0))); got != "" {
		t.Errorf("after five minutes: %s", got)
	}
	clock.ns.Add(int64(20 * time.Second))
	second := h.receivedAtLast(c, receiving(url, "one", 1, 0))
	if !strings.HasPrefix(second, "a 2 ") {
		t.Errorf("got %q", second)
	}
	clock.ns.Add(int64(30 * time.Second))
	if third := h.receivedAtLast(c, receiving(url, "one", 1, 0)); !strings.HasPrefix(third, "a 3 ") {
		t.Errorf("its time was over: %q", third)
	}
}

// waiter starts a receive, and returns what will tell what it got.
func waiter(ctx context.Context, t *testing.T, c *awssqs.Client, in awssqs.ReceiveMessageInput) chan []types.Message {
	out := make(chan []types.Message, 1)
	// Ends with the receive.
	go func() {
		res, err := c.ReceiveMessage(ctx, &in)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			out <- nil
			return
		}
		out <- res.Messages
	}()
	return out
}

// Of receives with the same id one receives, and the others wait for its answer, which
// is theirs too. A short poll does not wait for a long one.
func TestReceivesWithOneID(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		url := madeFIFO(t, c)
		var all []chan []types.Message
		for range 5 {
			all = append(all, waiter(t.Context(), t, c, receiving(url, "one", 1, 20)))
			synctest.Wait()
		}
		start := time.Now()
		if m := received(t, c, receiving(url, "one", 1, 0)); len(m) != 0 || time.Since(start) != 0 {
			t.Errorf("a short poll: %s after %v", in(m), time.Since(start))
		}
		for _, body := range []string{"a", "b"} { // one of which is for another id
			grouped(t, c, url, body)
		}
		want := in(<-all[0])
		if !strings.HasPrefix(want, "a 1 ") {
			t.Errorf("got %q", want)
		}
		for _, w := range all[1:] {
			if got := in(<-w); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if m := received(t, c, receiving(url, "two", 10, 0)); len(m) != 1 || *m[0].Body != "b" {
			t.Errorf("got %s", in(m))
		}
	})
}

// One that waits for another's answer waits no longer than for messages, and its poll
// goes on when the other one has got none or its client has gone away.
func TestWaitingForAnAnswer(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		url := madeFIFO(t, c)
		start := time.Now()
		long := waiter(t.Context(), t, c, receiving(url, "one", 1, 10))
		synctest.Wait()
		brief := waiter(t.Context(), t, c, receiving(url, "one", 1, 3))
		if m := <-brief; len(m) != 0 || time.Since(start) != 3*time.Second {
			t.Errorf("%s after %v", in(m), time.Since(start))
		}
		longer := waiter(t.Context(), t, c, receiving(url, "one", 1, 20))
		if m := <-long; len(m) != 0 || time.Since(start) != 10*time.Second {
			t.Errorf("%s after %v", in(m), time.Since(start))
		}
		if m := <-longer; len(m) != 0 || time.Since(start) != 23*time.Second {
			t.Errorf("%s after %v", in(m), time.Since(start))
		}

		ctx, cancel := context.WithCancel(t.Context())
		gone := waiter(ctx, t, c, receiving(url, "one", 1, 20))
		synctest.Wait()
		stays := waiter(t.Context(), t, c, receiving(url, "one", 1, 20))
		synctest.Wait()
		cancel()
		<-gone
		synctest.Wait()
		grouped(t, c, url, "a")
		if got := in(<-stays); !strings.HasPrefix(got, "a 1 ") {
			t.Errorf("got %q", got)
		}
	})
}

// Shutdown ends the waiting for another's answer.
func TestShutdownEndsWaitingForAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openPiped(t, sqs.Options{})
		c := h.client()
		url := madeFIFO(t, c)
		var polls []chan []types.Message
		for range 3 {
			polls = append(polls, waiter(t.Context(), t, c, receiving(url, "one", 1, 20)))
		}
		synctest.Wait()
		start := time.Now()
		h.close()
		for _, p := range polls {
			if m := <-p; len(m) != 0 {
				t.Errorf("got %s", in(m))
			}
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("shutdown took %v", took)
		}
	})
}

// An answer that cannot be written is not remembered and its messages go back, unless
// they have been given to another request with the id, then or later.
func TestUnwrittenAnswerWithID(t *testing.T) {
	for name, others := range map[string]func(t *testing.T, h *house, c *awssqs.Client, url *string) (conn io.Closer, want string){
		"alone": func(t *testing.T, h *house, c *awssqs.Client, url *string) (io.Closer, string) {
			grouped(t, c, url, "a")
			return h.unread(t, 0), ""
		},
		"given again": func(t *testing.T, h *house, c *awssqs.Client, url *string) (io.Closer, string) {
			grouped(t, c, url, "a")
			conn := h.unread(t, 0)
			return conn, in(received(t, c, receiving(url, "one", 1, 0)))
		},
		"waited for": func(t *testing.T, h *house, c *awssqs.Client, url *string) (io.Closer, string) {
			conn := h.unread(t, 20)
			w := waiter(t.Context(), t, c, receiving(url, "one", 1, 20))
			synctest.Wait()
			grouped(t, c, url, "a")
			return conn, in(<-w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
				c := h.client()
				url := madeFIFO(t, c)
				conn, want := others(t, h, c, url)
				synctest.Wait() // the answer is being written
				conn.Close()
				synctest.Wait()
				s, err := h.broker.Stats(t.Context(), "q.fifo")
				if err != nil || (s.Leased == 1) != (want != "") {
					t.Errorf("%+v, %v", s, err)
				}
				got := in(received(t, c, receiving(url, "one", 1, 0)))
				if !strings.HasPrefix(got, "a 1 ") || want != "" && got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		})
	}
}

// unread sends a receive with the id one, over a connection from which nobody reads.
func (h *house) unread(t *testing.T, wait int) io.Closer {
	t.Helper()
	conn, err := h.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	body := `{"QueueUrl":"q.fifo","ReceiveRequestAttemptId":"one","WaitTimeSeconds":` + strconv.Itoa(wait) + `}`
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return conn
}

// Many receivers with few ids, who delete what they get: every message is received
// once, however many get it.
func TestManyReceiveAgain(t *testing.T) {
	h := start(t, sqs.Options{Now: newClock().now}) // by which no timeout ends
	c := h.client()
	url := madeFIFO(t, c)
	const messages, receivers, ids = 60, 8, 3
	for i := range messages {
		grouped(t, c, url, strconv.Itoa(i))
	}
	var wait sync.WaitGroup
	for i := range receivers {
		// Ends when all messages are deleted.
		wait.Go(func() {
			for h.holds("q.fifo") {
				h.takeAndDelete(t, c, receiving(url, strconv.Itoa(i%ids), 4, 0))
			}
		})
	}
	wait.Wait()
	if s, err := h.broker.Stats(t.Context(), "q.fifo"); err != nil || s.Totals.Acked != messages || s.Totals.Redelivered != 0 {
		t.Errorf("%+v, %v", s.Totals, err)
	}
}

// holds reports whether a queue has messages.
func (h *house) holds(queue string) bool {
	s, err := h.broker.Stats(h.t.Context(), queue)
	if err != nil {
		h.t.Error(err)
	}
	return s.Len() > 0
}

// takeAndDelete deletes what it receives. Another one may have deleted it at the same time.
func (h *house) takeAndDelete(t *testing.T, c *awssqs.Client, in awssqs.ReceiveMessageInput) {
	out, err := c.ReceiveMessage(t.Context(), &in)
	if err != nil {
		t.Error(err)
		return
	}
	for _, m := range out.Messages {
		if n := m.Attributes["ApproximateReceiveCount"]; n != "1" {
			t.Errorf("%s was received %s times", *m.Body, n)
		}
		_, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: in.QueueUrl, ReceiptHandle: m.ReceiptHandle})
		if err != nil && code(err) != "InvalidParameterValue" {
			t.Error(err)
		}
	}
}
