package stomp_test

import (
	"testing"
	"testing/synctest"
	"time"

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
