package stomp_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/quota"
)

func withQuota(l quota.Limits) houseOption {
	return func(s *houseSettings) { s.options.Quotas = quota.New(l, quota.Options{}) }
}

// Who sends faster than he may is read more slowly, over all his connections; nothing is lost.
func TestRateOfAUser(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		began := time.Now()
		first, second := h.connect("1.2"), h.connect("1.2")
		for range 10 {
			first.put("/queue/a", "x")
			second.put("/queue/a", "x")
		}
		if d := time.Since(began); d < 8*time.Second || d > 12*time.Second {
			t.Errorf("20 frames at 2 a second took %v", d)
		}
		if s := h.stats("a"); s.Ready != 20 {
			t.Errorf("%+v", s)
		}
	}, withQuota(quota.Limits{Requests: 2}))
}

// A stop does not wait for the rate. What has been answered is not told again to have failed.
func TestShutdownWhileAUserIsSlowed(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.send("SEND\ndestination:/queue/a\nreceipt:1\n\nx^@")
		c.expect("RECEIPT", "receipt-id", "1")
		c.send("SEND\ndestination:/queue/a\nreceipt:2\n\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx^@")
		c.expect("RECEIPT", "receipt-id", "2")
		synctest.Wait()
		began, done := time.Now(), make(chan error)
		go func() { done <- h.gateway.Shutdown(t.Context()) }()
		f := c.expectError("server is shutting down")
		if id, ok := f.Header("receipt-id"); ok {
			t.Errorf("the ERROR is of the frame %s", id)
		}
		if err := <-done; err != nil || time.Since(began) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	}, withQuota(quota.Limits{Bytes: 1}))
}

// While the server does not read, the silence is its own: a client that was slowed for longer than its
// heart-beats goes on.
func TestHeartBeatsOfASlowedUser(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "heart-beat:1000,0")
		began := time.Now()
		for range 2 {
			c.put("/queue/a", strings.Repeat("x", 300)) // waits for the RECEIPT, the second for the rate, too
		}
		c.send("\n")
		c.put("/queue/a", "")
		if d := time.Since(began); d < 20*time.Second {
			t.Errorf("slowed for %v, which no heart-beat would miss", d)
		}
	}, withQuota(quota.Limits{Bytes: 10}))
}

// badLog cannot take some messages.
type badLog struct {
	*logBook
	message string
}

func (b badLog) WithAttrs([]slog.Attr) slog.Handler { return b }
func (b badLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == b.message {
		panic("log")
	}
	return b.logBook.Handle(ctx, r)
}

// What a connection has is given back whatever panics on its way out: its place, its client id, its messages.
func TestPanicOnTheWayOut(t *testing.T) {
	long := strings.Repeat("x", 9999)
	inBubble(t, func(t *testing.T, h *house) {
		for range 3 {
			nc := h.pipes.dial()
			fmt.Fprintf(nc, "CONNECT\naccept-version:1.2\nhost:x\nlogin:ann\nclient-id:%s\n\n\x00", long)
			if got, err := io.ReadAll(nc); len(got) > 0 || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			nc.Close()
		}
		if n := h.log.count(); n != 3 {
			t.Errorf("%d panics are in the log", n)
		}
		h.connect("1.2", "login:ann").sync()
	}, withQuota(quota.Limits{Connections: 1}), withAuth(&users{passwords: map[string]string{"ann": ""}}), withDialect(mapping.ActiveMQ),
		func(s *houseSettings) {
			s.options.Log = slog.New(badLog{s.options.Log.Handler().(*logBook), "stomp: ERROR sent; the connection is closed"})
		})
}
