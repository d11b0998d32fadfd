package sqs_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

const (
	own     = "000000000000"
	partner = "111122223333"
)

// company are users of the queues' account, and bob of a partner's. Anna may do everything,
// olaf administers, sven may send to in-* and nina may do nothing of herself.
func company(t testing.TB) protocols.Authenticator {
	secret := secretOf(t, "SECRET")
	key := func(id, user, account string, g auth.Grant) auth.Key {
		return auth.Key{ID: id, User: user, Account: account, Secret: secret, Grant: g}
	}
	return auth.New([]auth.Key{
		key("AKID", "anna", "", auth.Grant{}),
		key("OLAF", "olaf", own, auth.Grant{Actions: []protocols.Action{protocols.Admin}}),
		key("SVEN", "sven", "", auth.Grant{Actions: []protocols.Action{protocols.Send}, Queues: []string{"in-*"}}),
		key("NINA", "nina", "", auth.Grant{Actions: []protocols.Action{}}),
		key("BOB", "bob", partner, auth.Grant{}),
		key("BEA", "bea", partner, auth.Grant{Actions: []protocols.Action{protocols.Receive}}),
	})
}

func companyHouse(t testing.TB) *house { return start(t, sqs.Options{Auth: company(t)}) }

// says is a statement for q, with a Sid.
func says(effect, principal, action string, more ...string) string {
	return `{"Sid":"` + effect + `It","Effect":"` + effect + `","Principal":` + principal + `,"Action":"` + action + `","Resource":"` + arn + `q"` + strings.Join(more, "") + `}`
}

func user(account, name string) string {
	return `{"AWS":"arn:aws:iam::` + account + `:user/` + name + `"}`
}

func policyOf(statements ...string) map[string]string {
	return map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`}
}

func setPolicy(t testing.TB, c *awssqs.Client, url *string, statements ...string) {
	t.Helper()
	in := &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: policyOf(statements...)}
	if len(statements) == 0 {
		in.Attributes["Policy"] = ""
	}
	if _, err := c.SetQueueAttributes(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func trySend(t testing.TB, c *awssqs.Client, url *string) error {
	_, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	return err
}

func tryReceive(t testing.TB, c *awssqs.Client, url *string) error {
	_, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url})
	return err
}

func wantDenied(t testing.TB, what string, err error, reason string) {
	t.Helper()
	if code(err) != "AccessDenied" || !strings.Contains(err.Error(), reason) {
		t.Errorf("%s: got %v, want AccessDenied %s", what, err, reason)
	}
}

func wantAllowed(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// A permission lets another account do what it names, and nothing else, until it is removed.
func TestPermissionOfAnotherAccount(t *testing.T) {
	h := companyHouse(t)
	owner, bob, bea := h.client(), h.clientAs("BOB"), h.clientAs("BEA")
	url := made(t, owner, "q", nil)
	wantDenied(t, "before", trySend(t, bob, url), "because no resource-based policy allows the sqs:sendmessage action")
	_, err := owner.AddPermission(t.Context(), &awssqs.AddPermissionInput{
		QueueUrl: url, Label: aws.String("partner"), AWSAccountIds: []string{partner}, Actions: []string{"SendMessage"},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantAllowed(t, "send", trySend(t, bob, url))
	wantDenied(t, "receive", tryReceive(t, bob, url), "no resource-based policy allows the sqs:receivemessage action")
	wantDenied(t, "what the partner's own key does not allow", trySend(t, bea, url), "no identity-based policy allows the sqs:sendmessage action")
	wantAllowed(t, "the owner", tryReceive(t, owner, url))
	if _, err := owner.RemovePermission(t.Context(), &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("partner")}); err != nil {
		t.Fatal(err)
	}
	wantDenied(t, "after", trySend(t, bob, url), "no resource-based policy allows")
	wantAllowed(t, "the owner", trySend(t, owner, url))
}

// What is the owner's alone no policy hands to another account, and a sender of another
// account does not pass for one of the same name.
func TestOtherAccounts(t *testing.T) {
	h := companyHouse(t)
	url := made(t, h.client(), "q", policyOf(says("Allow", `"*"`, "sqs:*")))
	bob := h.clientAs("BOB")
	_, err := bob.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "1"}})
	wantDenied(t, "set", err, "")
	_, err = bob.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: url})
	wantDenied(t, "delete", err, "")
	_, err = bob.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("mine")})
	wantDenied(t, "create", err, "")
	wantAllowed(t, "send", trySend(t, bob, url))
	got := received(t, h.client(), awssqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SenderId"}})
	if id := got[0].Attributes["SenderId"]; id != "arn:aws:iam::111122223333:user/bob" {
		t.Errorf("sent by %s", id)
	}
}

// A user of the account is let in by his key or by the policy; its deny wins over both.
func TestPolicyOfUsers(t *testing.T) {
	h := companyHouse(t)
	anna, nina, sven := h.client(), h.clientAs("NINA"), h.clientAs("SVEN")
	url := made(t, anna, "q", nil)
	wantDenied(t, "nobody says so", trySend(t, nina, url), "because no identity-based policy allows the sqs:sendmessage action")

	setPolicy(t, anna, url, says("Allow", user(own, "nina"), "SQS:send*"))
	wantAllowed(t, "named, with a star", trySend(t, nina, url))
	_, err := nina.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{{Id: aws.String("1"), MessageBody: aws.String("x")}}})
	wantAllowed(t, "a batch", err)
	wantDenied(t, "another action", tryReceive(t, nina, url), "no identity-based policy")
	wantDenied(t, "another user", trySend(t, sven, url), "no identity-based policy")
	wantAllowed(t, "by her key", tryReceive(t, anna, url))

	setPolicy(t, anna, url, says("Deny", user(own, "anna"), "sqs:ReceiveMessage"), says("Allow", `{"AWS":"*"}`, "sqs:*"))
	wantDenied(t, "denied", tryReceive(t, anna, url), "with an explicit deny in a resource-based policy (statement DenyIt)")
	wantAllowed(t, "allowed to all", tryReceive(t, nina, url))

	not := `{"Effect":"Deny","NotPrincipal":` + user(own, "nina") + `,"Action":"sqs:SendMessage","Resource":"*"}`
	setPolicy(t, anna, url, says("Allow", user(own, "nina"), "sqs:SendMessage"), not)
	wantDenied(t, "not left out", trySend(t, anna, url), "explicit deny in a resource-based policy (statement 2)")
	wantAllowed(t, "left out", trySend(t, nina, url))

	setPolicy(t, anna, url)
	wantAllowed(t, "without a policy", trySend(t, anna, url))
	wantDenied(t, "without a policy", trySend(t, nina, url), "no identity-based policy")
}

// The statement that the console of AWS writes into every queue names the account. At AWS
// it opens the queue to nobody whose own policies do not, and here to no such key.
func TestAccountDelegates(t *testing.T) {
	h := companyHouse(t)
	url := made(t, h.client(), "q", policyOf(says("Allow", `{"AWS":"arn:aws:iam::000000000000:root"}`, "SQS:*"), says("Allow", `{"AWS":"`+own+`"}`, "SQS:*")))
	wantDenied(t, "nina", trySend(t, h.clientAs("NINA"), url), "no identity-based policy")
	wantAllowed(t, "anna", trySend(t, h.client(), url))
	setPolicy(t, h.client(), url, says("Deny", `{"AWS":"`+own+`"}`, "SQS:SendMessage"))
	wantDenied(t, "anna", trySend(t, h.client(), url), "explicit deny")
}

// A batch is refused whole, before anything is done.
func TestPolicyRefusesBatches(t *testing.T) {
	h := companyHouse(t)
	anna := h.client()
	url := made(t, anna, "q", nil)
	sent(t, anna, url, "x")
	m := received(t, anna, awssqs.ReceiveMessageInput{QueueUrl: url})
	for _, c := range []struct{ action, batch, body string }{
		{"SendMessage", "SendMessageBatch", `{"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":"x"},{"Id":"2","MessageBody":"y"}]}`},
		{"ChangeMessageVisibility", "ChangeMessageVisibilityBatch", `{"QueueUrl":"q","Entries":[{"Id":"1","ReceiptHandle":"` + *m[0].ReceiptHandle + `","VisibilityTimeout":0}]}`},
		{"DeleteMessage", "DeleteMessageBatch", `{"QueueUrl":"q","Entries":[{"Id":"1","ReceiptHandle":"` + *m[0].ReceiptHandle + `"}]}`},
	} {
		setPolicy(t, anna, url, says("Deny", `"*"`, "sqs:"+c.action))
		res, body := h.signed(c.batch, c.body)
		if res.StatusCode != 403 || !strings.Contains(body, "perform: sqs:"+strings.ToLower(c.action)+" on resource") || strings.Contains(body, "Failed") {
			t.Errorf("%s: %s %s", c.batch, res.Status, body)
		}
		setPolicy(t, anna, url, says("Deny", `"*"`, "sqs:"+c.batch)) // no permission of its own
		if res, body := h.signed(c.batch, c.body); res.StatusCode != 200 {
			t.Errorf("%s: %s %s", c.batch, res.Status, body)
		}
	}
	if h.ready("q") != 2 {
		t.Errorf("%d ready", h.ready("q"))
	}
}

// Each operation is asked for by its own name.
func TestPolicyNamesOperations(t *testing.T) {
	h := companyHouse(t)
	if _, err := h.broker.EnsureQueue(t.Context(), "q", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	as := akid()
	as.key = "NINA"
	ask := func(action, body string) (denied bool) {
		res, _ := h.do(as.sign(t, jsonRequest(t, action, body)))
		return strings.HasPrefix(res.Header.Get("X-Amzn-Query-Error"), "AccessDenied")
	}
	set := func(element string) {
		p := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/nina"},` + element + `}}`
		b, err := json.Marshal(map[string]any{"QueueUrl": "q", "Attributes": map[string]string{"Policy": p}})
		if err != nil {
			t.Fatal(err)
		}
		if res, body := h.signed("SetQueueAttributes", string(b)); res.StatusCode != 200 {
			t.Fatalf("%s %s", res.Status, body)
		}
	}
	for name, c := range needs() {
		if name == "DeleteQueue" {
			continue // it would do it
		}
		action := `:"sqs:` + strings.TrimSuffix(name, "Batch") + `"`
		if name == "StartMessageMoveTask" {
			action = `:["sqs:StartMessageMoveTask","sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes"]`
		}
		if set(`"Action"` + action); ask(name, c.body) {
			t.Errorf("%s is denied when it is allowed", name)
		}
		if set(`"NotAction"` + action); !ask(name, c.body) {
			t.Errorf("%s is allowed when everything else is", name)
		}
	}
	if set(`"NotAction":"sqs:DeleteQueue"`); !ask("DeleteQueue", needs()["DeleteQueue"].body) {
		t.Error("DeleteQueue is allowed when everything else is")
	}
	if set(`"Action":"sqs:DeleteQueue"`); ask("DeleteQueue", needs()["DeleteQueue"].body) {
		t.Error("DeleteQueue is denied when it is allowed")
	}
}

// Handing out rights takes the right to administer, or a policy that says so.
func TestWhoMaySetPolicies(t *testing.T) {
	secret := secretOf(t, "SECRET")
	h := start(t, sqs.Options{Auth: auth.New([]auth.Key{
		{ID: "AKID", User: "anna", Secret: secret},
		{ID: "MAKER", User: "max", Secret: secret, Grant: auth.Grant{Actions: []protocols.Action{protocols.Create}}},
		{ID: "OLAF", User: "olaf", Secret: secret, Grant: auth.Grant{Actions: []protocols.Action{protocols.Admin}}},
	})})
	maker, olaf := h.clientAs("MAKER"), h.clientAs("OLAF")
	url := made(t, maker, "q", nil)
	self := policyOf(says("Allow", user(own, "max"), "sqs:*"))
	both := map[string]string{"Policy": self["Policy"], "DelaySeconds": "1"}
	set := func(c *awssqs.Client, attributes map[string]string) error {
		_, err := c.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: attributes})
		return err
	}
	wantDenied(t, "the policy", set(maker, self), "no identity-based policy allows the sqs:setqueueattributes action")
	wantDenied(t, "the policy and more", set(maker, both), "")
	wantDenied(t, "more than the policy", set(olaf, both), "")
	_, err := maker.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("r"), Attributes: self})
	wantDenied(t, "a queue with a policy", err, "")
	_, err = maker.AddPermission(t.Context(), &awssqs.AddPermissionInput{QueueUrl: url, Label: aws.String("l"), AWSAccountIds: []string{own}, Actions: []string{"*"}})
	wantDenied(t, "a permission", err, "")
	wantAllowed(t, "olaf", set(olaf, self))
	wantAllowed(t, "by the policy", set(maker, both))
	wantAllowed(t, "everything", set(h.client(), both))
}

// An administrator can always look at a policy and take it away, and do nothing else
// that it denies.
func TestNobodyIsLockedOut(t *testing.T) {
	h := companyHouse(t)
	anna, olaf := h.client(), h.clientAs("OLAF")
	url := made(t, anna, "q", policyOf(says("Deny", `"*"`, "*")))
	ctx := t.Context()
	wantDenied(t, "send", trySend(t, anna, url), "explicit deny")
	_, err := anna.DeleteQueue(ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
	wantDenied(t, "delete", err, "explicit deny")
	_, err = anna.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "1"}})
	wantDenied(t, "set", err, "explicit deny")
	_, err = anna.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "1", "Policy": ""}})
	wantDenied(t, "set more", err, "explicit deny")
	_, err = h.clientAs("SVEN").GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url})
	wantDenied(t, "who may not administer", err, "explicit deny")
	_, err = h.clientAs("BOB").GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url})
	wantDenied(t, "who may administer what is another's", err, "explicit deny")
	for _, c := range []*awssqs.Client{anna, olaf} {
		_, err = c.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("q")})
		wantAllowed(t, "look", err)
		out, err := c.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Policy"}})
		if err != nil || !strings.Contains(out.Attributes["Policy"], "DenyIt") {
			t.Errorf("%v, %v", out, err)
		}
	}
	_, err = olaf.RemovePermission(ctx, &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("DenyIt")})
	wantAllowed(t, "remove", err)
	wantAllowed(t, "send", trySend(t, anna, url))
	setPolicy(t, anna, url, says("Deny", `"*"`, "*"))
	setPolicy(t, olaf, url)
	wantAllowed(t, "send", trySend(t, anna, url))
}

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

// Nobody gets the messages of a queue by moving them who may not receive them, or has a
// queue send what he may not send.
func TestPoliciesOfMoves(t *testing.T) {
	h := companyHouse(t)
	anna := h.client()
	dead(t, h, anna, "one")
	other := made(t, anna, "other", nil)
	deadURL := aws.String("dead")
	start := func(c *awssqs.Client, destination *string) error {
		_, err := c.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn + "dead"), DestinationArn: destination})
		return err
	}
	for _, action := range []string{"StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		setPolicy(t, anna, deadURL, `{"Effect":"Deny","Principal":"*","Action":"sqs:`+action+`"}`)
		if err := start(anna, nil); err == nil {
			t.Fatalf("moved in spite of a deny of %s", action)
		} else {
			wantDenied(t, action, err, "perform: sqs:"+strings.ToLower(action)+" on resource: "+arn+"dead with an explicit deny")
		}
		setPolicy(t, anna, deadURL, `{"Effect":"Allow","Principal":"*","NotAction":"sqs:`+action+`"}`)
		wantDenied(t, action, start(h.clientAs("NINA"), nil), "perform: sqs:"+strings.ToLower(action)+" on resource: "+arn+"dead because no identity")
	}
	setPolicy(t, anna, deadURL, `{"Effect":"Allow","Principal":"*","Action":"sqs:*"}`)
	wantDenied(t, "another account", start(h.clientAs("BOB"), nil), "sqs:startmessagemovetask")
	for url, destination := range map[*string]*string{other: aws.String(arn + "other"), aws.String("work"): nil} {
		setPolicy(t, anna, url, `{"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage"}`)
		wantDenied(t, *url, start(anna, destination), "perform: sqs:sendmessage on resource: "+arn)
		wantDenied(t, *url, start(h.clientAs("NINA"), destination), "perform: sqs:sendmessage on resource: "+arn)
	}
	_, err := anna.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
		QueueUrl: aws.String("work"), Attributes: map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `other","maxReceiveCount":1}`},
	})
	wantDenied(t, "redrive policy", err, "perform: sqs:sendmessage on resource: "+arn+"other")
	setPolicy(t, anna, other, `{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage"}`)
	if err := start(h.clientAs("NINA"), aws.String(arn+"other")); err != nil {
		t.Fatal(err)
	}
	h.await(func() bool { return h.ready("other") == 1 })
}

// The list has what somebody may look at, or do something with.
func TestPoliciesAndLists(t *testing.T) {
	h := companyHouse(t)
	anna := h.client()
	made(t, anna, "none", nil)
	made(t, anna, "denied", policyOf(`{"Effect":"Deny","Principal":"*","Action":"*"}`))
	made(t, anna, "sends", policyOf(`{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage"}`))
	made(t, anna, "looks", policyOf(`{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000000:user/nina","111122223333"]},"Action":"sqs:GetQueueUrl"}`))
	for key, want := range map[string]string{"AKID": "denied looks none sends", "NINA": "looks sends", "SVEN": "sends", "BOB": "looks sends"} {
		out, err := h.clientAs(key).ListQueues(t.Context(), &awssqs.ListQueuesInput{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, url := range out.QueueUrls {
			names = append(names, url[strings.LastIndexByte(url, '/')+1:])
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}

// A policy is in force after a restart, as it was written.
func TestPolicyOutlivesServer(t *testing.T) {
	disk, o := memstore.New(), sqs.Options{Auth: company(t)}
	l, dial := port(t)
	h := openOn(t, disk, o, l, dial)
	url := made(t, h.client(), "q", policyOf(says("Deny", user(own, "anna"), "sqs:SendMessage"), says("Allow", user(own, "nina"), "sqs:SendMessage")))
	h.close()
	l, dial = port(t)
	h = openOn(t, disk.Reopen(), o, l, dial)
	t.Cleanup(h.close)
	wantDenied(t, "anna", trySend(t, h.client(), url), "statement DenyIt")
	wantAllowed(t, "nina", trySend(t, h.clientAs("NINA"), url))
}

// What was stored as a policy before policies were read keeps everybody out, and can be
// taken away.
func TestUnreadablePolicy(t *testing.T) {
	h := companyHouse(t)
	config := queuecore.QueueConfig{Labels: map[string]string{"sqs.Policy": `{"Statement":[{"Effect":"Deny"}]}`}}
	if _, err := h.broker.CreateQueue(t.Context(), "q", config); err != nil {
		t.Fatal(err)
	}
	url := aws.String("q")
	wantDenied(t, "send", trySend(t, h.client(), url), "(it cannot be read: each statement must have either Principal or NotPrincipal)")
	setPolicy(t, h.client(), url)
	wantAllowed(t, "send", trySend(t, h.client(), url))
}

// Policies of real life are taken, shown as they were written, and lock nobody out who
// is on the machine or comes through the proxy with TLS.
func TestPoliciesOfRealLife(t *testing.T) {
	for name, text := range map[string]string{
		"topic": `{
  "Version": "2012-10-17",
  "Id": "topics",
  "Statement": [{"Sid": "t", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
    "Resource": "arn:aws:sqs:eu-west-1:123456789012:q", "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:topic"}}}]
}`,
		"old topic":  `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"SQS:SendMessage","Resource":"arn:aws:sqs:eu-west-1:123456789012:q","Condition":{"StringLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}}]}`,
		"bucket":     `{"Version":"2012-10-17","Id":"s3","Statement":[{"Sid":"b","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":["SQS:SendMessage"],"Resource":"arn:aws:sqs:eu-west-1:123456789012:q","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:bucket"},"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`,
		"rule":       `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["events.amazonaws.com","sns.amazonaws.com"]},"Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":["arn:aws:events:eu-west-1:123456789012:rule/r"]}}}}`,
		"tls":        `{"Version":"2012-10-17","Statement":[{"Sid":"tls","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"arn:aws:sqs:eu-west-1:123456789012:q","Condition":{"Bool":{"aws:SecureTransport":false}}}]}`,
		"console":    `{"Version":"2012-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__owner_statement","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"SQS:*","Resource":"arn:aws:sqs:eu-west-1:123456789012:q"}]}`,
		"roles":      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:role/a","AIDAEXAMPLE","111122223333"]},"Action":["sqs:SendMessage","sqs:SendMessageBatch","sqs:GetQueueUrl","sqs:GetQueueAttributes","sqs:ReceiveMessage","sqs:DeleteMessage","sqs:ChangeMessageVisibility","sqs:ListQueues"],"Resource":"arn:aws:sqs:eu-west-1:123456789012:q"}]}`,
		"org":        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:*:123456789012:q","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"},"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-1/*"]}}}]}`,
		"variables":  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"arn:aws:sqs:*:*:${aws:username}-*","Condition":{"DateLessThan":{"AWS:CurrentTime":"2009-06-30T12:00Z"}}}]}`,
		"with a box": "{\"Statement\":\t[{\"Action\":\"*\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Resource\":\"*\",\"Sid\":\"<&>\u00e9\"}]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, sqs.Options{}).client()
			url := made(t, c, "q", map[string]string{"Policy": text})
			out, err := c.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Policy"}})
			if err != nil || out.Attributes["Policy"] != text {
				t.Errorf("got %q, %v", out.Attributes["Policy"], err)
			}
			wantAllowed(t, "send", trySend(t, c, url))
			if again := made(t, c, "q", map[string]string{"Policy": text}); *again != *url {
				t.Errorf("made again: %s", *again)
			}
		})
	}
}
