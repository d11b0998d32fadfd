package mapping_test

import (
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// replyTable is what reply destinations look like to responders of each dialect;
// bridge/interop/reply answers to them.
func replyTable() string {
	var b strings.Builder
	b.WriteString("\n## Reply destinations\n\nWhat a requester names in its own words a responder sees in his, as something to send to as it stands; " +
		"correlation ids go along. A requester of STOMP has a temporary queue (`/temp-queue/answers` to itself), one of NATS or SQS a queue that it has made. " +
		"SQS responders find the URL beside the name, in `JMS_SQSReplyToQueueURL`. NATS's own reply subject is where the server says that it has kept the message; " +
		"a NATS requester names its queue or topic in `JMSReplyTo`.\n\n" +
		"| reply destination |")
	for _, d := range dialects() {
		fmt.Fprintf(&b, " STOMP %s: `reply-to` |", d)
	}
	b.WriteString(" NATS: `JMSReplyTo` | SQS: `JMS_SQSReplyToQueueName` |\n|" + strings.Repeat("---|", 3+len(dialects())) + "\n")
	for _, to := range []queuecore.Destination{
		queuecore.QueueNamed(mapping.TempQueuePrefix + "SESSION.answers"), queuecore.QueueNamed("answers"),
		queuecore.QueueNamed("orders.answers"), queuecore.TopicNamed("answers.eu"),
	} {
		replyRow(&b, to)
	}
	return b.String()
}

func replyRow(b *strings.Builder, to queuecore.Destination) {
	kind := "q"
	if to.Kind == queuecore.KindTopic {
		kind = "t"
	}
	fmt.Fprintf(b, "| `%s %s` |", kind, to.Name)
	x := &queuecore.Delivery{Message: &queuecore.Message{Destination: queuecore.QueueNamed("jobs"), ReplyTo: to}, Queue: "jobs", Attempt: 1}
	for _, d := range dialects() {
		headers, _ := mapping.STOMP{Dialect: d}.Encode(x)
		fmt.Fprintf(b, " %s |", headerOf(headers, "reply-to"))
	}
	headers, _ := mapping.NATS{}.Encode(x)
	fmt.Fprintf(b, " %s |", headerOf(headers, "JMSReplyTo"))
	name := "packed"
	for _, a := range (mapping.SQS{}).Encode(x).Attributes {
		if a.Name == "JMS_SQSReplyToQueueName" {
			name = "`" + a.Text + "`"
		}
	}
	fmt.Fprintf(b, " %s |\n", name)
}

func headerOf(headers []mapping.Header, name string) string {
	for _, h := range headers {
		if h.Name == name {
			return "`" + h.Value + "`"
		}
	}
	return "packed"
}
