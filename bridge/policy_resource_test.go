package bridge

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/queuecore"
)

// setPolicy gives a queue a policy, as an SQS client that may.
func (x *attempt) setPolicy(queue, text string) {
	x.Helper()
	_, err := x.sqs("keeper").SetQueueAttributes(x.Context(), &sqs.SetQueueAttributesInput{QueueUrl: x.url(queue), Attributes: map[string]string{"Policy": text}})
	if err != nil {
		x.Fatal(err)
	}
}

// What a queue's policy denies, to everybody or to a user by his ARN, it denies in all dialects; and
// what it allows is for SQS clients alone.
func TestDenialsOfQueuesHoldEverywhere(t *testing.T) {
	x := besieged(t)
	deny := func(principal, action, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Deny","Principal":` + principal + `,"Action":"sqs:` + action + `"` + condition + `}]}`
	}
	eve := `{"AWS":"arn:aws:iam::000000000000:user/eve"}`
	ways := map[string]func(user string) error{
		"STOMP": func(user string) error {
			_, err := x.stompAs(user, "", "SUBSCRIBE\nid:1\ndestination:/queue/mine\n\n")
			return err
		},
		"JetStream": func(user string) error {
			_, err := x.api(x.nats(user), "CONSUMER.NAMES.mine", "")
			if err == nil {
				_, err = x.api(x.nats(user), "CONSUMER.DURABLE.CREATE.mine.c", `{"stream_name":"mine","config":{"durable_name":"c","ack_policy":"explicit"}}`)
			}
			return err
		},
		"/v1": func(user string) error {
			return refusedByAdmin(x.admin(user).Browse(t.Context(), "mine", "", 1, func(*admin.Message) error { return nil }))
		},
		"SQS": func(user string) error {
			_, err := x.sqs(user).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: x.url("mine")})
			return refusedBySQS(err)
		},
	}
	for _, tt := range []struct {
		name, policy string
		eve, keeper  bool // may receive
	}{
		{"none", "", true, true},
		{"everybody", deny(`"*"`, "ReceiveMessage", ""), false, false},
		{"a user", deny(eve, "*", ""), false, true},
		{"another action", deny(`"*"`, "SendMessage", ""), true, true},
		{"insecure, from here", deny(`"*"`, "*", `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`), true, true},
		{"an address", deny(`"*"`, "ReceiveMessage", `,"Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`), false, false},
		{"an address elsewhere", deny(`"*"`, "ReceiveMessage", `,"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), true, true},
	} {
		x.setPolicy("mine", tt.policy)
		for dialect, try := range ways {
			for user, may := range map[string]bool{"eve": tt.eve, "keeper": tt.keeper} {
				err := try(user)
				if may && err != nil || !may && !errors.Is(err, errRefused) {
					t.Errorf("%s, %s, %s: %v", tt.name, dialect, user, err)
				}
			}
		}
		x.setPolicy("mine", "")
	}
	x.queue("closed", queuecore.QueueConfig{})
	x.setPolicy("closed", deny(`"*"`, "SendMessage", ""))
	for user, name := range map[string]string{"keeper": "closed"} {
		if _, err := x.stompAs(user, "", "SEND\ndestination:/queue/"+name+"\n\nx"); !errors.Is(err, errRefused) {
			t.Errorf("STOMP, send: %v", err)
		}
		if err := x.publish(x.nats(user), name); !errors.Is(err, errRefused) {
			t.Errorf("NATS, send: %v", err)
		}
	}
	if _, err := x.admin("keeper").StartMove(t.Context(), admin.MoveRequest{From: "mine"}); !errors.Is(refusedByAdmin(err), errRefused) {
		t.Errorf("/v1, a move to wherever messages came from: %v", err)
	}
	x.setPolicy("closed", "")
	if _, err := x.admin("keeper").StartMove(t.Context(), admin.MoveRequest{From: "mine"}); err != nil {
		t.Errorf("/v1, a move to wherever messages came from: %v", err)
	}
	x.setPolicy("mine", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*"}]}`)
	if _, err := x.stompAs("nell", "", "SUBSCRIBE\nid:1\ndestination:/queue/mine\n\n"); !errors.Is(err, errRefused) {
		t.Errorf("STOMP, allowed to SQS clients: %v", err)
	}
	if _, err := x.sqs("nell").ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: x.url("mine")}); err != nil {
		t.Errorf("SQS, allowed by the queue: %v", err)
	}
}
