package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/sluicemq/sluice/bridge/bucket"
)

// Close waits for what is to be removed.
func TestRemove(t *testing.T) {
	s := startService(t)
	b := open(t, s, nil)
	for i := range 20 {
		s.put(fmt.Sprintf("/own/sluice/%d", i), "x")
		b.Remove("", fmt.Sprintf("sluice/%d", i))
	}
	s.put("/read/k", "x")
	b.Remove("read", "k")
	b.Remove("read", "gone already")
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := b.Counts(); len(s.objects) != 0 || c.Removed != 22 || c.RemoveFailed != 0 {
		t.Errorf("%d objects, %+v", len(s.objects), c)
	}
	b.Remove("", "late")
	if c := b.Counts(); c.RemoveFailed != 1 {
		t.Errorf("%+v", c)
	}
}

// A removal that fails is counted, and nobody hears of it.
func TestRemoveFails(t *testing.T) {
	s := startService(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusForbidden, "AccessDenied") }
	b := open(t, s, nil)
	b.Remove("", "k")
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := b.Counts(); c.RemoveFailed != 1 || c.Removed != 0 {
		t.Errorf("%+v", c)
	}
}

// A service that hangs does not hold up the end, and neither does it block who removes.
func TestCloseGivesUp(t *testing.T) {
	s := startService(t)
	arrived := make(chan struct{}, 100)
	s.answer = func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}
	b := bucket.New(bucket.Options{
		Endpoint: s.URL, Region: "us-east-1", PathStyle: true, Name: "own",
		AccessKey: "AKID", Secret: func() (string, bool) { return "hush", true }, Timeout: 1 << 40,
	})
	for i := range 50 {
		b.Remove("", fmt.Sprint(i))
	}
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if c := b.Counts(); c.RemoveFailed != 50 {
		t.Errorf("%+v", c)
	}
}
