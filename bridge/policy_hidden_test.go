package bridge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Who sends to a stream does not see its subjects, and who may do nothing with a queue does not learn
// whether it is there.
func TestNobodyLearnsOfQueues(t *testing.T) {
	x := besieged(t)
	x.wantRefused(map[string]func() error{"subjects": func() error {
		_, err := x.api(x.nats("sam"), "STREAM.INFO.secret", `{"subjects_filter":">"}`)
		return err
	}})
	if _, err := x.api(x.nats("sam"), "STREAM.INFO.secret", ""); err != nil {
		t.Error(err)
	}
	nell := x.nats("nell")
	ways := map[string]func(queue string) error{
		"STOMP": func(q string) error {
			_, err := x.stompAs("nell", "nell", "SUBSCRIBE\nid:1\ndestination:/queue/"+q+"\n\n")
			return err
		},
		"SQS": func(q string) error {
			_, err := x.sqs("nell").GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &q})
			return refusedBySQS(err)
		},
		"/v1": func(q string) error {
			_, err := x.admin("nell").Moves(t.Context(), q)
			return refusedByAdmin(err)
		},
		"publish": func(q string) error { other := x.nats("nell"); return x.refusal(other, other.Publish(q, nil)) },
	}
	for _, path := range []string{"STREAM.INFO", "STREAM.DELETE", "STREAM.PURGE", "CONSUMER.LIST", "CONSUMER.NAMES"} {
		ways[path] = func(q string) error { _, err := x.api(nell, path+"."+q, ""); return err }
	}
	for path, body := range map[string]string{
		"STREAM.MSG.GET.Q": `{"seq":1}`, "CONSUMER.INFO.Q.c": "", "CONSUMER.MSG.NEXT.Q.c": "1", "CONSUMER.DELETE.Q.c": "",
		"CONSUMER.DURABLE.CREATE.Q.c": `{"stream_name":"Q","config":{"durable_name":"c","ack_policy":"explicit"}}`,
		"STREAM.UPDATE.Q":             `{"name":"Q","retention":"workqueue"}`, "STREAM.CREATE.Q": `{"name":"Q","retention":"workqueue"}`,
	} {
		ways[path] = func(q string) error {
			other := x.nats("nell")
			_, err := x.api(other, strings.ReplaceAll(path, "Q", q), strings.ReplaceAll(body, "Q", q))
			return err
		}
	}
	for name, try := range ways {
		here, gone := fmt.Sprint(try("secret")), fmt.Sprint(try("absent"))
		if !strings.Contains(here, "refused") || strings.ReplaceAll(here, "secret", "absent") != gone {
			t.Errorf("%s tells them apart:\n%s\n%s", name, here, gone)
		}
	}
}
