package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

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
	disk, o := memstore.New(), sqs.Options{Auth: company(t), Limits: unhurried(sqs.Limits{})}
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
