package bridge

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// A login by a certificate is in the audit log as one, in every dialect, and is counted; a good one has no reason,
// although requests of SQS are not signed.
func TestAuditOfCertificates(t *testing.T) {
	h := openMTLS(t, config.ClientAuthOptional)
	p := &peopled{House: h.House, t: t}
	ways := map[string]func(name string) error{
		"stomp CONNECT":          func(name string) error { return h.stomp(t, h.as(t, name), login{}) },
		"nats CONNECT":           func(name string) error { return h.nats(t, "tls://"+h.Addrs().NATS, h.as(t, name), login{}) },
		"sqs CreateQueue":        func(name string) error { return h.sqs(t, h.as(t, name), login{}) },
		"admin GET /v1/messages": func(name string) error { return h.admin(t, h.as(t, name), login{}) },
	}
	for way, enter := range ways {
		want := auditLine{Event: "login", Credential: "certificate", Action: "login"}
		want.Dialect, want.Operation, _ = strings.Cut(way, " ")
		for name, result := range map[string]string{"anna": "ok", "carla": "denied"} {
			want.User, want.Result, want.Reason = "anna", "ok", ""
			if result == "denied" {
				want.User, want.Result, want.Reason = "", result, "credentials refused"
			}
			before := len(p.audited())
			if err := enter(name); (err == nil) != (result == "ok") {
				t.Fatalf("%s, %s: %v", way, name, err)
			}
			p.wantLine(way+" "+name, before, want)
		}
	}
	answer, err := httpClient(t, h.as(t, "")).Get("https://" + h.Addrs().Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	metrics, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range []string{"accepted", "refused"} {
		if want := fmt.Sprintf("sluice_logins_total{result=%q} %d\n", result, len(ways)); !strings.Contains(string(metrics), want) {
			t.Errorf("no %q in the metrics", want)
		}
	}
}
