package sqs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
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
