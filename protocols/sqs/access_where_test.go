package sqs_test

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// far is a listener whose clients seem to come from another machine.
type far struct {
	net.Listener
	from string
}

type farConn struct {
	net.Conn
	from net.Addr
}

func (l far) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return farConn{c, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(l.from))}, nil
}

func (c farConn) RemoteAddr() net.Addr { return c.from }

// startFar opens a house whose clients come from that address, and gives a client of one
// on the server's own machine besides.
func startFar(t *testing.T, o sqs.Options, from string) (h *house, near *house) {
	t.Helper()
	l, dial := port(t)
	o.Limits = unhurried(o.Limits)
	h = open(t, o, far{l, from}, dial)
	t.Cleanup(h.close)
	l, dial = port(t)
	near = &house{t: t, broker: h.broker, gate: h.gate, dial: dial, web: newWeb(dial), served: make(chan error, 1)}
	// Ends with the Shutdown of h.
	go func() { near.served <- near.gate.Serve(l) }()
	t.Cleanup(near.web.CloseIdleConnections)
	return h, near
}

// Where nobody has a name a deny holds for everybody; on the server's own machine it can be
// taken away.
func TestPoliciesInOpenMode(t *testing.T) {
	h, near := startFar(t, sqs.Options{}, "192.0.2.7:1000")
	c, atHome := h.client(), near.client()
	url := made(t, c, "q", policyOf(says("Deny", `"*"`, "sqs:*")))
	wantDenied(t, "send", trySend(t, c, url), "User: arn:aws:iam::000000000000:root is not authorized to perform: sqs:sendmessage")
	wantDenied(t, "at home", trySend(t, atHome, url), "explicit deny")
	_, err := c.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Policy": ""}})
	wantDenied(t, "far away", err, "explicit deny")
	setPolicy(t, atHome, url, says("Deny", `{"AWS":"`+own+`"}`, "sqs:ReceiveMessage"))
	wantAllowed(t, "send", trySend(t, c, url))
	wantDenied(t, "receive", tryReceive(t, c, url), "explicit deny")
	setPolicy(t, c, url, says("Deny", user(own, "anna"), "sqs:*"), says("Allow", user(own, "anna"), "sqs:*"))
	wantAllowed(t, "who is not anna", tryReceive(t, c, url))
}

// Who has no name is the owner only if he may do what the owner may.
func TestPoliciesOfNobody(t *testing.T) {
	h := start(t, sqs.Options{Auth: keyring{"": {protocols.Send: true}}})
	config := queuecore.QueueConfig{Labels: map[string]string{"sqs.Policy": `{"Statement":[` +
		`{"Effect":"Allow","Principal":{"AWS":"` + own + `"},"Action":"sqs:ReceiveMessage"},{"Effect":"Allow","Principal":"*","Action":"sqs:PurgeQueue"}]}`}}
	if _, err := h.broker.CreateQueue(t.Context(), "q", config); err != nil {
		t.Fatal(err)
	}
	for action, refusal := range map[string]string{
		"SendMessage":    "",
		"ReceiveMessage": "User: anonymous is not authorized to perform: sqs:receivemessage",
		"PurgeQueue":     "",
	} {
		res, body := h.post(action, `{"QueueUrl":"q","MessageBody":"x"}`)
		if (refusal == "") != (res.StatusCode == 200) || !strings.Contains(body, refusal) {
			t.Errorf("%s: %s %s", action, res.Status, body)
		}
	}
}

// Requests are secure that no network has carried in the clear.
func TestSecureTransport(t *testing.T) {
	noTLS := says("Deny", `"*"`, "sqs:*", `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`)
	for _, c := range []struct {
		public string
		secure bool
	}{{"", false}, {"http://sqs.test", false}, {"https://sqs.test", true}} {
		h, near := startFar(t, sqs.Options{PublicURL: c.public}, "[2001:db8::1]:1000")
		url := made(t, near.client(), "q", policyOf(noTLS))
		wantAllowed(t, "at home", trySend(t, near.client(), url))
		if err := trySend(t, h.client(), url); c.secure {
			wantAllowed(t, c.public, err)
		} else {
			wantDenied(t, c.public, err, "(statement DenyIt)")
		}
		r := jsonRequest(t, "SendMessage", `{"QueueUrl":"q","MessageBody":"x"}`)
		r.Header.Set("X-Forwarded-Proto", "https") // which anybody can write
		if res, body := h.do(r); (res.StatusCode == 200) != c.secure {
			t.Errorf("%s: %s %s", c.public, res.Status, body)
		}
	}
}

// The address is the connection's.
func TestSourceIP(t *testing.T) {
	h, near := startFar(t, sqs.Options{Auth: company(t)}, "192.0.2.7:1000")
	url := made(t, near.client(), "q", policyOf(
		says("Deny", `"*"`, "sqs:SendMessage", `,"Condition":{"NotIpAddress":{"aws:SourceIp":["127.0.0.0/8","10.0.0.0/8"]}}`),
		says("Allow", user(own, "nina"), "sqs:ReceiveMessage", `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`),
	))
	wantAllowed(t, "near", trySend(t, near.client(), url))
	wantDenied(t, "far", trySend(t, h.client(), url), "explicit deny")
	wantAllowed(t, "far", tryReceive(t, h.clientAs("NINA"), url))
	wantDenied(t, "near", tryReceive(t, near.clientAs("NINA"), url), "no identity-based policy")
	r := jsonRequest(t, "SendMessage", `{"QueueUrl":"q","MessageBody":"x"}`)
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded"} {
		r.Header.Set(name, "127.0.0.1")
	}
	if res, body := h.do(akid().sign(t, r)); res.StatusCode != http.StatusForbidden {
		t.Errorf("%s %s", res.Status, body)
	}
}
