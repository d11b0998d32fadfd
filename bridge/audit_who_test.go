package bridge

import (
	"crypto/tls"
	"slices"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// A login by certificate alone is one by certificate in the audit log, in every dialect.
func TestAuditNamesCertificates(t *testing.T) {
	h := openMTLS(t, config.ClientAuthOptional)
	enter := map[string]func(*testing.T, *tls.Config, login) error{
		"stomp": h.stomp, "sqs": h.sqs, "admin": h.admin,
		"nats": func(t *testing.T, c *tls.Config, l login) error { return h.nats(t, "tls://"+h.Addrs().NATS, c, l) },
	}
	for dialect, do := range enter {
		known, unknown := do(t, h.as(t, "anna"), login{}), do(t, h.as(t, "carla"), login{})
		if known != nil || unknown == nil {
			t.Errorf("%s: %v, %v", dialect, known, unknown)
		}
	}
	all := (&peopled{House: h.House, t: t}).audited()
	for dialect := range enter {
		for _, want := range []auditLine{{User: "anna", Result: "ok"}, {Result: "denied"}} {
			if !slices.ContainsFunc(all, func(l auditLine) bool {
				return l.Event == "login" && l.Dialect == dialect && l.Credential == "certificate" && l.User == want.User && l.Result == want.Result
			}) {
				t.Errorf("%s: no login %+v by certificate in %+v", dialect, want, all)
			}
		}
	}
}

// A queue that a STOMP client may not have because he has made too many leaves a line, as in other dialects.
func TestAuditOfTooManyQueues(t *testing.T) {
	p := openPeopledWith(t, func(c *config.Config) { c.UserLimits.Queues = 1 })
	p.says(stompOf(p), stompAnna+stompFrame("SEND", "destination:/queue/a")+stompFrame("SEND", "destination:/queue/b"))
	if !slices.ContainsFunc(p.audited(), func(l auditLine) bool {
		return l.Event == "act" && l.Action == "create" && l.Target == "b" && l.Result == "failed" && l.User == "anna"
	}) {
		t.Errorf("no line of b: %+v", p.audited())
	}
}
