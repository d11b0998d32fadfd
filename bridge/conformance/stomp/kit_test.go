package stomp

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/conformance"
)

func kit(t *testing.T, addr string, o Options) *conformance.Report {
	t.Helper()
	o.Addr, o.Login, o.Passcode = addr, fakeLogin, fakePasscode
	o.Timeout = 5 * time.Minute // which nothing takes
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A server that keeps to the standard passes, and does all that it may.
func TestGoodServer(t *testing.T) {
	r := kit(t, startFake(t), Options{Parallel: 32})
	if len(r.Results) < 250 || r.Err() != nil || r.Server != "Fake/1.0 of a test" {
		t.Errorf("%d results of %q: %v", len(r.Results), r.Server, r.Err())
	}
	for _, x := range r.Results {
		if x.Outcome != conformance.Pass {
			t.Errorf("%s in %s: %s: sent %q, expected %s, got %s; %s", x.ID, x.Version, x.Outcome, x.Sent, x.Expected, x.Got, x.Why)
		}
	}
}

// brokenServers says which checks find which fault.
var brokenServers = map[string]string{
	"no-eol":                 "frames.eol-after-nul frames.eol-before-connect",
	"no-crlf":                "frames.crlf",
	"crlf-always":            "frames.cr-is-data",
	"one-read":               "frames.split",
	"drops-batch":            "frames.batched",
	"trim":                   "frames.spaces",
	"ascii-only":             "frames.utf8",
	"any-case":               "frames.case",
	"last-wins":              "frames.repeated-header",
	"no-escaping":            "escapes.round-trip",
	"escapes-in-1.0":         "escapes.across-versions",
	"cr-undefined":           "escapes.carriage-return",
	"receipt-unescaped":      "escapes.receipt",
	"lenient-escapes":        "escapes.undefined escapes.undefined-name escapes.half escapes.no-carriage-return",
	"decodes-in-1.0":         "escapes.none-in-1.0",
	"decodes-connect":        "escapes.not-in-connect",
	"ignores-content-length": "bodies.nul bodies.frame-inside bodies.nul-missing",
	"needs-content-length":   "bodies.no-content-length",
	"refuses-empty":          "bodies.empty",
	"no-content-length":      "bodies.nul-has-content-length bodies.content-length",
	"drops-content-type":     "bodies.content-type",
	"any-body":               "bodies.only-some",
	"strict-bodies":          "bodies.subscribe-ignored",
	"no-connected":           "connect.connected",
	"no-stomp":               "connect.stomp",
	"no-version":             "connect.version",
	"same-session":           "connect.session",
	"bad-server":             "connect.server",
	"lowest":                 "connect.highest",
	"any-version":            "connect.none-in-common",
	"error-without-version":  "connect.none-in-common-versions",
	"defaults-to-1.2":        "connect.no-accept-version",
	"no-login-needed":        "connect.first-frame connect.first-frame-error",
	"connects-again":         "connect.second",
	"rejects-silently":       "connect.credentials",
	"unknown-host-hangs":     "connect.host",
	"drops-last":             "connect.rapid receipts.disconnect",
	"bad-beats":              "beats.header",
	"always-beats":           "beats.none beats.one-way",
	"never-beats":            "beats.server beats.newline",
	"wants-frames":           "beats.client",
	"wants-newlines":         "beats.any-data",
	"intolerant":             "beats.tolerance",
	"never-cuts":             "beats.silent-client",
	"any-beats":              "beats.malformed",
	"loses-messages":         "send.delivered receipts.there transactions.abort", // nothing is left because nothing comes
	"newest-first":           "send.order",
	"drops-headers":          "send.user-headers",
	"sends-anywhere":         "send.no-destination errors.close",
	"any-transaction":        "send.unknown-transaction transactions.commit-unknown transactions.abort-unknown transactions.ack-unknown",
	"no-destination":         "message.destination",
	"other-destination":      "message.same-destination",
	"same-message-id":        "message.id",
	"no-subscription":        "message.subscription",
	"no-ack-header":          "message.ack",
	"subscribes-anywhere":    "subscribe.no-destination",
	"ids-optional":           "subscribe.no-id",
	"ids-required":           "subscribe.no-id-in-1.0",
	"any-ack-mode":           "subscribe.bad-ack-mode",
	"wrong-subscription":     "subscribe.several",
	"ids-shared":             "subscribe.same-id",
	"auto-needs-ack":         "subscribe.auto",
	"client-is-default":      "subscribe.auto-is-default",
	"unsubscribe-ignored":    "unsubscribe.stops unsubscribe.id-again",
	"any-unsubscribe":        "unsubscribe.unknown unsubscribe.no-id",
	"ack-ignored":            "ack.consumes",
	"delivers-once":          "ack.unacknowledged ack.lost-connection",
	"never-cumulative":       "ack.cumulative",
	"cumulative-everywhere":  "ack.per-subscription",
	"always-cumulative":      "ack.individual ack.any-order nack.individual",
	"any-ack":                "ack.unknown ack.names-nothing",
	"no-nack":                "nack.accepted receipts.nack",
	"nack-discards-one":      "nack.cumulative",
	"no-transactions":        "transactions.commit transactions.abort transactions.two transactions.ack-abort transactions.ack-implicit-abort",
	"commit-ignored":         "transactions.commit transactions.ack-commit",
	"commits-at-the-end":     "transactions.disconnect transactions.lost-connection transactions.ack-implicit-abort",
	"loses-acks":             "transactions.ack-commit",
	"ids-once":               "transactions.id-again",
	"begins-again":           "transactions.same-id",
	"anonymous-transactions": "transactions.begin-no-id",
	"no-receipts": "receipts.send receipts.subscribe receipts.unsubscribe receipts.begin receipts.commit receipts.abort " +
		"receipts.ack receipts.nack receipts.disconnect receipts.all",
	"receipts-shuffled": "receipts.order",
	"receipts-always":   "receipts.unasked",
	"receipts-early":    "receipts.processed",
	"drops-at-close":    "receipts.frames-before-the-end",
	"no-close":          "errors.close errors.close-on-ack errors.frames-behind",
	"silent-errors":     "errors.message errors.receipt-id errors.body-headers",
	"ignores-unknown":   "errors.unknown-command errors.server-frame errors.no-nack-in-1.0",
	"ignores-bad-lines": "errors.no-colon",
	"limits-close":      "limits.headers limits.header-line limits.body",
}

// Every check finds a server that breaks its sentence.
func TestEveryCheckCanFail(t *testing.T) {
	proven := make(map[string]bool)
	var all sync.WaitGroup
	for fault, list := range brokenServers {
		ids := strings.Fields(list)
		addr := startFake(t, fault)
		// Ends with its run. These wait for what does not come, all of them at once.
		all.Go(func() {
			r, err := Run(t.Context(), Options{
				Addr: addr, Login: fakeLogin, Passcode: fakePasscode,
				Only: ids, Timeout: timeoutFor(fault), Grace: time.Second, Parallel: 16,
			})
			if err != nil {
				t.Errorf("%s: %v", fault, err)
				return
			}
			for _, x := range r.Results {
				if slices.Contains(ids, x.ID) {
					wantFound(t, x)
				}
			}
		})
		for _, id := range ids {
			proven[id] = true
		}
	}
	all.Wait()
	for _, id := range IDs() {
		if !proven[id] {
			t.Errorf("no broken server shows that %s can fail", id)
		}
	}
}

// timeoutFor is the time for checks that find a fault by waiting in vain. A limit that is not met in
// its time is none.
func timeoutFor(fault string) time.Duration {
	if fault == "limits-close" {
		return 5 * time.Minute
	}
	return 2 * time.Second
}

// wantFound holds a result to what its level makes of a breach.
func wantFound(t *testing.T, x conformance.Result) {
	t.Helper()
	switch {
	case x.Outcome == conformance.Pass:
		t.Errorf("%s in %s passes", x.ID, x.Version)
	case x.Outcome == conformance.Skipped:
		if x.Level != conformance.May || !strings.Contains(x.Why, "need not") {
			t.Errorf("%s in %s is skipped: %s", x.ID, x.Version, x.Why)
		}
	case x.Expected == "" || x.Got == "":
		t.Errorf("%s in %s does not say what was expected (%q) and came (%q)", x.ID, x.Version, x.Expected, x.Got)
	}
}
