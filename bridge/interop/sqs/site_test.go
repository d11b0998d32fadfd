package sqs_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience bounds what a client may take for all it has to say. It is no measure: it is
// when a test gives up and tells what was said until then.
const patience = 6 * time.Minute

// The keys that the house knows. The second may only receive, and only from queues
// whose names begin with "limited".
const (
	keyID, keySecret         = "AKIDJUDGE", "judge/secret+1"
	limitedID, limitedSecret = "AKIDLIMITED", "limited/secret+1"
)

// site is a running house that lets in who has signed, and a tap that clients go through.
type site struct {
	url string // what clients are pointed at
	tap *rig.Tap

	mu   sync.Mutex
	seen map[string]map[string]bool // operations that were asked for, by the form they came in
}

// The forms of a request.
const (
	jsonForm  = "AWS JSON"
	queryForm = "Query"
)

// openSite opens a house in this process, where the race detector sees it. Queues are
// not purged twice, and not made again: what clients do with these errors is theirs to show.
func openSite(t *testing.T) *site {
	t.Helper()
	cfg := rig.Config()
	cfg.DataDir = t.TempDir()
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	cfg.SQS.PurgeInterval, cfg.SQS.RecreateDelay = time.Hour, time.Hour
	cfg.AccessKeys = []config.AccessKey{
		{ID: keyID, Secret: secretRef(t, keySecret), User: "judge"},
		{ID: limitedID, Secret: secretRef(t, limitedSecret), User: "limited", Actions: []config.Action{"receive"}, Queues: []string{"limited*"}},
	}
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	s := &site{seen: make(map[string]map[string]bool)}
	if s.tap, err = rig.OpenTap(h.Addrs().SQS, s.note); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.tap.Close)
	s.url = "http://" + s.tap.Addr()
	return s
}

func secretRef(t *testing.T, secret string) config.SecretRef {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.SecretRef("file:" + path)
}

// note remembers in what form a client has asked for what.
func (s *site) note(r *http.Request, body []byte) {
	form := queryForm
	target, isJSON := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	if isJSON {
		form = jsonForm
	} else if values, err := url.ParseQuery(string(body) + "&" + r.URL.RawQuery); err == nil {
		target = values.Get("Action")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[form] == nil {
		s.seen[form] = make(map[string]bool)
	}
	s.seen[form][target] = true
}

// asked returns the operations that have come in a form, once no client is there any more.
func (s *site) asked(form string) map[string]bool {
	s.tap.Close()
	return s.seen[form]
}

// wants checks that clients asked for each of these operations, in this form.
func (s *site) wants(t *testing.T, form string, operations ...string) {
	t.Helper()
	asked := s.asked(form)
	for _, o := range operations {
		if !asked[o] {
			t.Errorf("no %s request in the form %s was seen", o, form)
		}
	}
}

// refuses checks that nothing was asked in a form.
func (s *site) refuses(t *testing.T, form string) {
	t.Helper()
	for o := range s.asked(form) {
		t.Errorf("%s came in the form %s", o, form)
	}
}

// env is what a client finds in its environment: the settings that every SDK knows, and
// nothing of whoever runs the test.
func (s *site) env(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "TZ=UTC",
		"AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=" + keySecret,
		"AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL_SQS=" + s.url,
		"LIMITED_KEY=" + limitedID, "LIMITED_SECRET=" + limitedSecret,
		"PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=ignore", "NODE_NO_WARNINGS=1",
	}
}
