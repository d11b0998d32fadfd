package sqs_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// bubble runs f with a house in which time passes only while everybody waits.
func bubble(t *testing.T, o sqs.Options, f func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := openPiped(t, o)
		f(t, h)
		h.close()
	})
}

// poll starts a long poll and returns what will tell its bodies.
func poll(t *testing.T, c *awssqs.Client, url *string, seconds int32) chan []string {
	out := make(chan []string, 1)
	// Ends with the poll.
	go func() {
		res, err := c.ReceiveMessage(context.Background(), &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: seconds, MaxNumberOfMessages: 10})
		if err != nil {
			t.Error(err)
			out <- nil
			return
		}
		var bodies []string
		for _, m := range res.Messages {
			bodies = append(bodies, *m.Body)
		}
		out <- bodies
	}()
	return out
}

func TestLongPollIsWoken(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		got := poll(t, c, url, 20)
		synctest.Wait()
		start := time.Now()
		sent(t, c, url, "hello")
		if bodies := <-got; len(bodies) != 1 || bodies[0] != "hello" {
			t.Errorf("got %v", bodies)
		}
		if time.Since(start) != 0 {
			t.Errorf("woken after %v of fake time", time.Since(start))
		}
	})
}

func TestLongPollEndsEmpty(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		own := made(t, c, "own", nil)
		queues := made(t, c, "queues", map[string]string{"ReceiveMessageWaitTimeSeconds": "7"})
		for _, x := range []struct {
			url  *string
			wait int32
			want time.Duration
		}{{own, 20, 20 * time.Second}, {own, 0, 0}, {queues, 0, 7 * time.Second}, {queues, 3, 3 * time.Second}} {
			start := time.Now()
			if bodies := <-poll(t, c, x.url, x.wait); len(bodies) != 0 {
				t.Errorf("got %v", bodies)
			}
			if got := time.Since(start); got != x.want {
				t.Errorf("waited %v, want %v", got, x.want)
			}
		}
		// A wait of nought that is named goes before the queue's. The SDK for Go cannot say it.
		start := time.Now()
		h.post("ReceiveMessage", `{"QueueUrl":"queues","WaitTimeSeconds":0}`)
		if got := time.Since(start); got != 0 {
			t.Errorf("waited %v", got)
		}
	})
}

// Neither the time to read a request nor the time to write its answer runs while a poll
// waits, or a body is on its way.
func TestDeadlinesAreNotForWaiting(t *testing.T) {
	bubble(t, sqs.Options{Limits: sqs.Limits{BodyTimeout: 5 * time.Second, WriteTimeout: time.Second}}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		start := time.Now()
		if bodies := <-poll(t, c, url, 20); len(bodies) != 0 || time.Since(start) != 20*time.Second {
			t.Errorf("got %v after %v", bodies, time.Since(start))
		}
		conn, err := h.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, part := range []string{"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 2\r\n\r\n", "{", "}"} {
			time.Sleep(time.Second)
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatal(err)
			}
		}
		b := make([]byte, 1000)
		if n, err := conn.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 200 ") {
			t.Errorf("%s, %v", b[:n], err)
		}
	})
}

// Shutdown answers long polls with nothing at once, and takes no new connection.
func TestShutdownEndsLongPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openPiped(t, sqs.Options{})
		c := h.client()
		url := made(t, c, "q", nil)
		var polls []chan []string
		for range 20 {
			polls = append(polls, poll(t, c, url, 20))
		}
		fresh, err := h.dial(context.Background(), "", "") // has not said a word
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		synctest.Wait()
		start := time.Now()
		h.close()
		for _, p := range polls {
			if bodies := <-p; len(bodies) != 0 {
				t.Errorf("got %v", bodies)
			}
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("shutdown took %v of fake time", took)
		}
		if _, err := h.dial(context.Background(), "", ""); err == nil {
			t.Error("a connection after shutdown")
		}
	})
}

// What a client that has gone away would have got is received by the next one,
// and it does not count as a receive.
func TestClientGoesAway(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		ctx, cancel := context.WithCancel(context.Background())
		gone := make(chan error, 1)
		// Ends when ctx is cancelled.
		go func() {
			_, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
			gone <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("the poll: %v", err)
		}
		synctest.Wait()
		s, err := h.broker.Stats(t.Context(), "q")
		if err != nil || s.Waiting != 0 {
			t.Errorf("still waiting: %+v, %v", s, err)
		}
		sent(t, c, url, "x")
		m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: all()})
		if len(m) != 1 || m[0].Attributes["ApproximateReceiveCount"] != "1" {
			t.Errorf("got %v", m)
		}
	})
}

// An answer that cannot be written gives its messages back.
func TestUnwrittenAnswer(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		sent(t, c, url, strings.Repeat("x", 1<<18))
		conn, err := h.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		body := `{"QueueUrl":"q"}`
		_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Length: 16\r\n\r\n"+body)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the answer is being written, and nobody reads
		if s, _ := h.broker.Stats(t.Context(), "q"); s.Leased != 1 {
			t.Fatalf("%+v", s)
		}
		conn.Close()
		synctest.Wait()
		if _, body := h.post("ReceiveMessage", `{"QueueUrl":"q","AttributeNames":["All"]}`); !strings.Contains(body, `"ApproximateReceiveCount":"1"`) {
			t.Errorf("got %.300s", body)
		}
	})
}

// A client that reads nothing holds its connection no longer than WriteTimeout.
func TestSlowReader(t *testing.T) {
	bubble(t, sqs.Options{Limits: sqs.Limits{WriteTimeout: time.Second}}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		sent(t, c, url, strings.Repeat("x", 1<<18))
		conn, err := h.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Length: 16\r\n\r\n"+`{"QueueUrl":"q"}`)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s, _ := h.broker.Stats(t.Context(), "q"); s.Ready != 1 {
			t.Errorf("not given back: %+v", s)
		}
	})
}

// A body that does not come is not waited for longer than BodyTimeout; a header
// not longer than HeaderTimeout.
func TestSlowSender(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		start := time.Now()
		got := h.raw("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 16\r\n\r\n{")
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, "did not arrive in time") {
			t.Errorf("got %s", got)
		}
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("took %v", took)
		}
		start = time.Now()
		h.raw("POST / HTTP/1.1\r\nHost: ")
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// A connection may lie idle longer than the longest poll takes.
func TestKeepAlive(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		conn, err := h.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for range 3 {
			_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 2\r\n\r\n{}")
			if err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 1000)
			n, err := conn.Read(b)
			if err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 200 ") {
				t.Fatalf("%s, %v", b[:n], err)
			}
			time.Sleep(100 * time.Second)
		}
	})
}

// Many consumers share a queue: every message comes to exactly one of them.
func TestManyConsumers(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	url := made(t, c, "q", map[string]string{"VisibilityTimeout": "43200"})
	const messages, consumers = 200, 8
	var mu sync.Mutex
	seen := map[string]int{}
	done := make(chan struct{})
	var wait sync.WaitGroup
	for range consumers {
		// Ends when all messages are deleted.
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				out, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 3, WaitTimeSeconds: 1})
				if err != nil {
					t.Error(err)
					return
				}
				for _, m := range out.Messages {
					if _, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle}); err != nil {
						t.Error(err)
					}
					mu.Lock()
					if seen[*m.MessageId]++; len(seen) == messages {
						close(done)
					}
					mu.Unlock()
				}
			}
		})
	}
	for range messages {
		sent(t, c, url, "x")
	}
	wait.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if s, err := h.broker.Stats(t.Context(), "q"); err != nil || s.Len() != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Retention is kept: what is older is gone.
func TestRetention(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", map[string]string{"MessageRetentionPeriod": "60"})
		sent(t, c, url, "x")
		time.Sleep(61 * time.Second)
		if m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url}); len(m) != 0 {
			t.Errorf("got %d messages", len(m))
		}
	})
}

// What the store cannot keep is refused as something to be tried again.
func TestClosedBroker(t *testing.T) {
	h := start(t, sqs.Options{})
	if _, err := h.broker.EnsureQueue(t.Context(), "q", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	if err := h.broker.Close(); err != nil {
		t.Fatal(err)
	}
	res, body := h.post("SendMessage", `{"QueueUrl":"q","MessageBody":"x"}`)
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("X-Amzn-Query-Error") != "ServiceUnavailable;Receiver" {
		t.Errorf("%s %s", res.Status, body)
	}
	_, err := h.client().SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String("q"), MessageBody: aws.String("x")})
	if code(err) != "ServiceUnavailable" {
		t.Error(err)
	}
}
