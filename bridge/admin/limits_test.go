package admin_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/tally"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// waits is an Authenticator that is never done.
type waits struct{}

func (waits) Authenticate(ctx context.Context, _ protocols.Credentials) (protocols.Principal, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Who cannot be looked at in time is told to try again, and which limit it was.
func TestLoginTakesTooLong(t *testing.T) {
	count := tally.New()
	s := serve(t, admin.Options{Auth: waits{}, Log: slog.New(slog.DiscardHandler), Tally: count, Limits: admin.Limits{LoginTimeout: time.Millisecond}})
	s.SetReady(open(t, memstore.New()))
	r, err := http.NewRequest(http.MethodGet, s.base+"/v1/moves", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("anna", "x")
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "admin_login_timeout") {
		t.Errorf("%s %s", res.Status, body)
	}
	if n := count.Counts()["admin_login_timeout"]; n != 1 {
		t.Errorf("%d counted", n)
	}
}
