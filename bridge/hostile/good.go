package hostile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The queues of good clients.
const (
	GoodSTOMP = "good-stomp"
	GoodNATS  = "GOOD" // a stream
	GoodSQS   = "good-sqs"
)

// Good is a client of each dialect that means well: each asks something at a pace, and waits
// for the answer.
type Good struct {
	clients []*goodClient
	stop    chan struct{}
	all     sync.WaitGroup
}

// goodClient is one of them.
type goodClient struct {
	dialect string
	ask     func(n int) error // one request and its answer, the nth
	close   func()

	mu    sync.Mutex
	times []time.Duration
	done  int
	err   error // the first
}

// NewGood connects one client for each dialect.
func NewGood(ctx context.Context, s *Server) (*Good, error) {
	g := &Good{stop: make(chan struct{})}
	for _, open := range []func(context.Context, *Server) (*goodClient, error){goodSTOMP, goodNATS, goodSQS} {
		c, err := open(ctx, s)
		if err != nil {
			g.Close()
			return nil, err
		}
		g.clients = append(g.clients, c)
	}
	return g, nil
}

// Begin has all clients ask, every pace, until Close.
func (g *Good) Begin(pace time.Duration) {
	for _, c := range g.clients {
		// Ends with stop.
		g.all.Go(func() { c.run(g.stop, pace) })
	}
}

// Close ends the clients, each behind an answer.
func (g *Good) Close() {
	close(g.stop)
	g.all.Wait()
	for _, c := range g.clients {
		c.close()
	}
}

// run asks at an even pace. What is late is not made up for: the time that one request took is
// not that of another.
func (c *goodClient) run(stop <-chan struct{}, pace time.Duration) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		began := time.Now()
		err := c.ask(n)
		c.note(time.Since(began), err)
		if err != nil {
			return
		}
	}
}

func (c *goodClient) note(took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.err = fmt.Errorf("%s: %w", c.dialect, err)
		return
	}
	c.times = append(c.times, took)
	c.done++
}

// Times returns how long each request took since the last call, by dialect, and the first error.
func (g *Good) Times() (map[string][]time.Duration, error) {
	all := make(map[string][]time.Duration)
	for _, c := range g.clients {
		c.mu.Lock()
		all[c.dialect], c.times = c.times, nil
		err := c.err
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Done returns how many requests were answered, by dialect.
func (g *Good) Done() map[string]int {
	all := make(map[string]int)
	for _, c := range g.clients {
		c.mu.Lock()
		all[c.dialect] = c.done
		c.mu.Unlock()
	}
	return all
}

// Quantile returns the time that a part of all took no longer than; 0 for none.
func Quantile(all []time.Duration, part float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}

// goodPatience is how long a good client waits for an answer.
const goodPatience = time.Minute

// line is a connection that one asks and answers on.
type line struct {
	net.Conn
	r *bufio.Reader
}

func dialLine(ctx context.Context, addr string) (*line, error) {
	d := net.Dialer{Timeout: dialTimeout}
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &line{nc, bufio.NewReader(nc)}, nil
}

// ask says something, and waits for an answer that has want in it, in units that end with end.
func (l *line) ask(say string, end byte, want, refusal string) error {
	if err := l.SetDeadline(time.Now().Add(goodPatience)); err != nil {
		return err
	}
	if _, err := io.WriteString(l, say); err != nil {
		return err
	}
	for {
		s, err := l.r.ReadString(end)
		switch {
		case err != nil:
			return err
		case strings.Contains(s, want):
			return nil
		case strings.Contains(s, refusal):
			return fmt.Errorf("refused: %.300q", s)
		}
	}
}

// goodSTOMP sends with a receipt.
func goodSTOMP(ctx context.Context, s *Server) (*goodClient, error) {
	l, err := dialLine(ctx, s.STOMP)
	if err != nil {
		return nil, err
	}
	if err := l.ask("CONNECT\naccept-version:1.2\nhost:x\n\n\x00", 0, "CONNECTED", "ERROR"); err != nil {
		return nil, err
	}
	return &goodClient{dialect: "stomp", close: func() { l.Close() }, ask: func(n int) error {
		return l.ask(fmt.Sprintf("SEND\ndestination:/queue/%s\nreceipt:r%d\n\nmessage %d\x00", GoodSTOMP, n, n), 0, fmt.Sprintf("receipt-id:r%d\n", n), "ERROR")
	}}, nil
}

// goodNATS publishes to a stream, and waits for the PubAck.
func goodNATS(ctx context.Context, s *Server) (*goodClient, error) {
	l, err := dialLine(ctx, s.NATS)
	if err != nil {
		return nil, err
	}
	stream, err := json.Marshal(map[string]any{"name": GoodNATS, "subjects": []string{"good.>"}, "retention": "workqueue", "storage": "file"})
	if err != nil {
		return nil, err
	}
	hello := "CONNECT {\"verbose\":false}\r\nSUB in 1\r\nPUB $JS.API.STREAM.CREATE." + GoodNATS + " in " + fmt.Sprint(len(stream)) + "\r\n" + string(stream) + "\r\n"
	if err := l.ask(hello, '\n', "\"did_create\":true", "\"error\""); err != nil {
		return nil, err
	}
	return &goodClient{dialect: "nats", close: func() { l.Close() }, ask: func(n int) error {
		body := fmt.Sprint("message ", n)
		return l.ask(fmt.Sprintf("PUB good.one in %d\r\n%s\r\n", len(body), body), '\n', fmt.Sprintf("\"seq\":%d", n+1), "error")
	}}, nil
}

// goodSQS sends a message and receives it; the next request deletes it. What is measured is all three.
func goodSQS(ctx context.Context, s *Server) (*goodClient, error) {
	t := &http.Transport{}
	q := &sqsCaller{ctx: ctx, web: &http.Client{Transport: t, Timeout: goodPatience}, base: "http://" + s.SQS}
	url := q.base + "/000000000000/" + GoodSQS
	if _, err := q.call("CreateQueue", map[string]any{"QueueName": GoodSQS}); err != nil {
		return nil, err
	}
	return &goodClient{dialect: "sqs", close: t.CloseIdleConnections, ask: func(n int) error {
		body := fmt.Sprint("message ", n)
		if _, err := q.call("SendMessage", map[string]any{"QueueUrl": url, "MessageBody": body}); err != nil {
			return err
		}
		got, err := q.call("ReceiveMessage", map[string]any{"QueueUrl": url, "WaitTimeSeconds": 20})
		switch {
		case err != nil:
			return err
		case len(got.Messages) != 1 || got.Messages[0].Body != body:
			return fmt.Errorf("sent %q, received %v", body, got.Messages)
		}
		_, err = q.call("DeleteMessage", map[string]any{"QueueUrl": url, "ReceiptHandle": got.Messages[0].ReceiptHandle})
		return err
	}}, nil
}

// sqsCaller is a client that does not sign.
type sqsCaller struct {
	ctx  context.Context // bounds all calls
	web  *http.Client
	base string
}

type sqsAnswer struct {
	Messages []struct{ Body, ReceiptHandle string }
	Message  string `json:"message"`
}

func (q *sqsCaller) call(action string, in any) (out sqsAnswer, err error) {
	b, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	r, err := http.NewRequestWithContext(q.ctx, http.MethodPost, q.base, bytes.NewReader(b))
	if err != nil {
		return out, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	a, err := q.web.Do(r)
	if err != nil {
		return out, err
	}
	defer a.Body.Close()
	if b, err = io.ReadAll(a.Body); err != nil {
		return out, err
	}
	if len(b) > 0 {
		err = json.Unmarshal(b, &out)
	}
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", action, a.Status, out.Message)
	}
	return out, err
}
