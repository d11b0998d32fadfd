package mapping_test

import (
	"slices"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// A rule is a row of TABLE.md. Names in backquotes are header or attribute
// names; the tests below hold them against what the code does.
type rule struct {
	field    string
	in, out  [3]string // STOMP, NATS, SQS
	note     string
	sample   *queuecore.Delivery             // what shows every name of out
	examples map[string]string               // a value for each name of in, if not "x"
	read     func(m *queuecore.Message) bool // whether the field was read
}

const none = "–"

func message(change func(m *queuecore.Message)) *queuecore.Delivery {
	m := &queuecore.Message{Body: []byte("a"), Destination: queuecore.QueueNamed("q")}
	change(m)
	return &queuecore.Delivery{Message: m, Queue: "q", Attempt: 1}
}

func rules() []rule {
	return slices.Concat(routingRules(), jmsRules(), timeRules(), deliveryRules(), propertyRules())
}

func routingRules() []rule {
	return []rule{{
		field: "Destination",
		in:    [3]string{"`destination`; Artemis: destination-type", "subject (gateway)", "queue URL (gateway)"},
		out:   [3]string{"`destination`; Artemis: destination-type", "subject: `NATS.Subject`", "queue URL (gateway)"},
		note: "STOMP: `/queue/NAME`, `/topic/NAME`, `/temp-queue/NAME`; a bare NAME is a queue, another slash in front is refused; other dialects below. " +
			"A dead letter shows the queue that it is read from.",
		sample: message(func(*queuecore.Message) {}),
		read:   func(m *queuecore.Message) bool { return m.Destination.Name == "x" },
	}, {
		field: "Body, BodyKind",
		in:    [3]string{"`amq-msg-type`", "`JMS-Msg-Type`", "`JMS_SQSMessageType`"},
		out:   [3]string{"`amq-msg-type`", "`JMS-Msg-Type`", "`JMS_SQSMessageType`"},
		note: "text, bytes, map, object, stream; another word is refused (ActiveMQ). Without it the kind is left open: content-length decides nothing. " +
			"SQS: text, byte, object, the last two with a base64 body; a body that is not canonical base64 stays as it is, with the attribute a property. " +
			"An empty body shows as `null`, marked in `Sluice.Packed`. A body nobody described that is no SQS text comes back as bytes.",
		sample:   message(func(m *queuecore.Message) { m.BodyKind = queuecore.BodyText }),
		examples: map[string]string{"amq-msg-type": "text", "JMS-Msg-Type": "text", "JMS_SQSMessageType": "text"},
		read:     func(m *queuecore.Message) bool { return m.BodyKind == queuecore.BodyText },
	}}
}

func jmsRules() []rule {
	return []rule{{
		field:  "ContentType",
		in:     [3]string{"`content-type`", "`Content-Type`", "`contentType`"},
		out:    [3]string{"`content-type`", "`Content-Type`", "`contentType`"},
		sample: message(func(m *queuecore.Message) { m.ContentType = "x" }),
		read:   func(m *queuecore.Message) bool { return m.ContentType == "x" },
	}, {
		field:  "CorrelationID",
		in:     [3]string{"`correlation-id`", "`Correlation-Id`", "`JMS_SQSCorrelationID`"},
		out:    [3]string{"`correlation-id`", "`Correlation-Id`", "`JMS_SQSCorrelationID`"},
		sample: message(func(m *queuecore.Message) { m.CorrelationID = "x" }),
		read:   func(m *queuecore.Message) bool { return m.CorrelationID == "x" },
	}, {
		field: "ReplyTo",
		in:    [3]string{"`reply-to`", "`JMSReplyTo`", "`JMS_SQSReplyToQueueName`"},
		out:   [3]string{"`reply-to`", "`JMSReplyTo`", "`JMS_SQSReplyToQueueName`, `JMS_SQSReplyToQueueURL`"},
		note: "STOMP: as destination. NATS: the subject to publish to, or STOMP's spelling where a topic's subject has no dot. " +
			"SQS: the queue's SQS name; the gateway completes the URL; a producer's own URL is a property and goes out unaltered; topics are packed. " +
			"What is no destination of ours stays a property and goes out unaltered (ActiveMQ).",
		sample: message(func(m *queuecore.Message) { m.ReplyTo = queuecore.QueueNamed("x") }),
		read:   func(m *queuecore.Message) bool { return m.ReplyTo == queuecore.QueueNamed("x") },
	}, {
		field:  "Type",
		in:     [3]string{"`type`", "`JMSType`", "`JMSType`"},
		out:    [3]string{"`type`", "`JMSType`", "`JMSType`"},
		sample: message(func(m *queuecore.Message) { m.Type = "x" }),
		read:   func(m *queuecore.Message) bool { return m.Type == "x" },
	}, {
		field: "Group",
		in:    [3]string{"`JMSXGroupID`", "`JMSXGroupID`", "MessageGroupId, `JMSXGroupID`"},
		out:   [3]string{"`JMSXGroupID`", "`JMSXGroupID`", "MessageGroupId"},
		note: "SQS: the attribute counts without MessageGroupId, and stays a property in any case, which STOMP and NATS do not say twice. " +
			"JMSXGroupSeq is a property; -1 says that the message is the last of its group (ActiveMQ).",
		sample: message(func(m *queuecore.Message) { m.Group = "x" }),
		read:   func(m *queuecore.Message) bool { return m.Group == "x" },
	}, {
		field:  "DedupID",
		in:     [3]string{"`_AMQ_DUPL_ID`, `dedup-id`", "`Nats-Msg-Id`", "MessageDeduplicationId"},
		out:    [3]string{"`_AMQ_DUPL_ID`", "`Nats-Msg-Id`", "MessageDeduplicationId"},
		sample: message(func(m *queuecore.Message) { m.DedupID = "x" }),
		read:   func(m *queuecore.Message) bool { return m.DedupID == "x" },
	}, {
		field: "Priority",
		in:    [3]string{"`priority`", "`JMSPriority`", "`JMSPriority`"},
		out:   [3]string{"`priority`", "`JMSPriority`", "`JMSPriority`"},
		note: "Levels outside 0–9 are cut to the nearest; what is no whole number is refused (ActiveMQ, Artemis). " +
			"SQS: Number.int, one digit; otherwise a property.",
		sample:   message(func(m *queuecore.Message) { m.Priority = queuecore.PriorityOf(7) }),
		examples: map[string]string{"priority": "7", "JMSPriority": "7"},
		read:     func(m *queuecore.Message) bool { return m.Priority.Level() == 7 },
	}}
}

func timeRules() []rule {
	at := time.UnixMilli(1800000000000)
	return []rule{{
		field: "ExpiresAt",
		in:    [3]string{"`expires`, `expiration`", "`Nats-TTL`, `Sluice-Expires-At`", "`JMSExpiration`"},
		out:   [3]string{"`expires`; RabbitMQ: `expires` and expiration", "`Nats-TTL`, `Sluice-Expires-At`", "`JMSExpiration`"},
		note: "`expires`, `JMSExpiration` (Number.long): ms since 1970. `expiration`: ms from now, and on the way out ms from when it was sent. 0 is never. `Nats-TTL`: seconds or a Go duration, at least 1s, or never. " +
			"`Sluice-Expires-At`: RFC 3339. The absolute form counts. Negative and garbled ones are refused (all brokers); in SQS they are properties.",
		sample:   message(func(m *queuecore.Message) { m.SentAt, m.ExpiresAt = now, at }),
		examples: map[string]string{"expires": "1", "expiration": "1", "Nats-TTL": "1", "Sluice-Expires-At": "2027-01-15T08:00:00Z", "JMSExpiration": "1"},
		read:     func(m *queuecore.Message) bool { return !m.ExpiresAt.IsZero() },
	}, {
		field: "DeliverAt",
		in:    [3]string{"`AMQ_SCHEDULED_TIME`, `AMQ_SCHEDULED_DELAY`, `x-delay`", "`Nats-Schedule`, `Sluice-Deliver-At`", "DelaySeconds, `Sluice.DeliverAt`"},
		out:   [3]string{"`AMQ_SCHEDULED_TIME`", "`Sluice-Deliver-At`", "`Sluice.DeliverAt`"},
		note: "`AMQ_SCHEDULED_TIME`, `Sluice.DeliverAt` (Number.long): ms since 1970. `AMQ_SCHEDULED_DELAY`, `x-delay`: ms from now, negative is none (RabbitMQ's plug-in). " +
			"`Nats-Schedule`: @at and RFC 3339. Shown only if it was after SentAt; in SQS only if more than 15 minutes after, which DelaySeconds cannot say.",
		sample: message(func(m *queuecore.Message) { m.SentAt, m.DeliverAt = now, at }),
		examples: map[string]string{"AMQ_SCHEDULED_TIME": "1", "AMQ_SCHEDULED_DELAY": "1", "x-delay": "1", "Sluice.DeliverAt": "1",
			"Nats-Schedule": "@at 2027-01-15T08:00:00Z", "Sluice-Deliver-At": "2027-01-15T08:00:00Z"},
		read: func(m *queuecore.Message) bool { return !m.DeliverAt.IsZero() },
	}, {
		field: "repeated delivery",
		in:    [3]string{"AMQ_SCHEDULED_PERIOD, AMQ_SCHEDULED_REPEAT, AMQ_SCHEDULED_CRON", "other schedules", none},
		out:   [3]string{"scheduledJobId", "scheduledJobId", "scheduledJobId"},
		note: "PERIOD: ms between messages; without REPEAT a delay, as AMQ_SCHEDULED_DELAY. REPEAT: so many further messages, -1 for ever; needs PERIOD. CRON: five fields, in the server's local time; each " +
			"time begins a series of its own: DELAY or else PERIOD later, REPEAT further ones a PERIOD apart. What goes out says in the property scheduledJobId what it is of. NATS: refused.",
	}}
}

func deliveryRules() []rule {
	dead := message(func(*queuecore.Message) {})
	dead.Dead = &queuecore.DeadLetter{Queue: "q", Reason: "attempts", Attempts: 5}
	pointer := message(func(m *queuecore.Message) {
		m.Body = []byte(mapping.Pointer{Bucket: "b", Key: "k"}.String())
		m.Properties = queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("1")}}
	})
	return []rule{{
		field: "ID",
		in:    [3]string{none, none, none}, out: [3]string{"message-id (gateway)", none, "MessageId (gateway)"},
	}, {
		field: "SentAt",
		in:    [3]string{none, none, none}, out: [3]string{"`timestamp`", "ack subject (gateway)", "SentTimestamp (gateway)"},
		note:   "ms since 1970. The broker's own clock: nobody may forge it.",
		sample: message(func(m *queuecore.Message) { m.SentAt = now }),
	}, {
		field: "Attempt",
		in:    [3]string{none, none, none}, out: [3]string{"`JMSXDeliveryCount`, `redelivered`", "ack subject (gateway)", "ApproximateReceiveCount (gateway)"},
		note:   "Counts the present delivery, in all three.",
		sample: message(func(*queuecore.Message) {}),
	}, {
		field: "UserID",
		in:    [3]string{none, none, none}, out: [3]string{"`JMSXUserID`", none, "SenderId (gateway)"},
		note:   "NATS tells no consumer who published.",
		sample: message(func(m *queuecore.Message) { m.UserID = "anna" }),
	}, {
		field: "Dead",
		in:    [3]string{none, none, none},
		out: [3]string{"`original-destination`, `sluice-dead-queue`, `sluice-dead-reason`, `sluice-dead-attempts`",
			"`Sluice-Dead-Queue`, `Sluice-Dead-Reason`, `Sluice-Dead-Attempts`",
			"`Sluice.DeadQueue`, `Sluice.DeadReason`, `Sluice.DeadAttempts`; DeadLetterQueueSourceArn (gateway)"},
		note: "Reasons are attempts, rejected, expired and what a client gave. SQS: not for the reason attempts, of which DeadLetterQueueSourceArn tells as at AWS; else only while there are free attributes; never at the expense of a user's. " +
			"NATS and SQS have Sluice-Original-Destination and Sluice.OriginalDestination, in STOMP's plain spelling, when the message was sent to something else than the queue that gave it up.",
		sample: dead,
	}, {
		field: "pointer to S3",
		in:    [3]string{none, none, "body and ExtendedPayloadSize or SQSLargePayloadSize"},
		out: [3]string{"`sluice-payload`; sluice-payload-error (gateway)",
			"`Sluice-Payload`; Sluice-Payload-Error (gateway)", "`ExtendedPayloadSize` and the body, as they came"},
		note: "Of the extended client libraries. With S3 configured STOMP and NATS consumers get the payload and neither attribute nor header; " +
			"otherwise the pointer, and a header that says `s3-pointer`. Only a body of the exact form together with the attribute, a whole number, is one.",
		sample: pointer,
	}}
}

func propertyRules() []rule {
	typed := message(func(m *queuecore.Message) { m.Properties = queuecore.Properties{{Name: "qty", Value: int32(5)}} })
	packed := message(func(m *queuecore.Message) { m.Properties = queuecore.Properties{{Name: "a b\x00", Value: ""}} })
	trace := message(func(m *queuecore.Message) {
		m.Properties = queuecore.Properties{{Name: mapping.SQSTraceProperty, Value: "Root=1"}}
	})
	return []rule{{
		field: "property",
		in:    [3]string{"any other header", "any other header", "any other attribute"},
		out:   [3]string{"the same", "the same", "the same"},
		note: "STOMP: of a repeated header the first counts. NATS: further values of X are X[2], X[3] …, also on the way out. " +
			"`persistent` is a property, so it reappears. A name that means something else where it goes out is packed.",
	}, {
		field: "its type and label",
		in:    [3]string{"`sluice-types`", "`Sluice-Types`", "DataType"},
		out:   [3]string{"`sluice-types`", "`Sluice-Types`", "DataType"},
		note: "Only when a property is no plain string. SQS: String, Binary, Number.int, .long, .short, .byte, .double, .float, .Boolean (1 or 0) as the SQS JMS library has them; " +
			"plain Number and numbers not spelled as we spell them are Decimal, with their label. A text that is not of its type is refused.",
		sample:   typed,
		examples: map[string]string{"sluice-types": "foo=int", "Sluice-Types": "foo=int"},
		read:     func(*queuecore.Message) bool { return true },
	}, {
		field: "what does not fit",
		in:    [3]string{"`sluice-packed`", "`Sluice-Packed`", "`Sluice.Packed`"},
		out:   [3]string{"`sluice-packed`", "`Sluice-Packed`", "`Sluice.Packed`"},
		note: "JSON in ASCII. STOMP: NUL, CR but in 1.2, and in 1.0 what needs an escape. NATS: keys that nats.go refuses, values with control characters or blanks at an end. " +
			"SQS: illegal names and values, and what is too much for ten attributes; then, and in a dead letter, places stay free for " +
			"`JMS_SQSMessageType`, `JMSXGroupID` and `JMS_SQS_SequenceNumber`, which the SQS JMS library adds when it sends a message on. " +
			"A garbled one is refused.",
		sample:   packed,
		examples: map[string]string{"sluice-packed": `{"f":{"type":"x"}}`, "Sluice-Packed": `{"f":{"type":"x"}}`, "Sluice.Packed": `{"f":{"type":"x"}}`},
		read:     func(m *queuecore.Message) bool { return m.Type == "x" },
	}, {
		field:  "trace header",
		in:     [3]string{"header `AWS.TraceHeader`", "header `AWS.TraceHeader`", "AWSTraceHeader"},
		out:    [3]string{"`AWS.TraceHeader`", "`AWS.TraceHeader`", "AWSTraceHeader"},
		note:   "A property of a name that no SQS attribute can have. traceparent and tracestate are plain properties, and first in line for SQS attributes.",
		sample: trace,
		read:   func(m *queuecore.Message) bool { _, ok := m.Properties.Get(mapping.SQSTraceProperty); return ok },
	}, {
		field: "transport",
		in:    [3]string{"content-length, id, receipt, transaction", none, none},
		out:   [3]string{"(gateway)", none, none},
		note:  "No part of the message.",
	}, {
		field: "taken off",
		in: [3]string{"message-id, subscription, ack, redelivered, browser, timestamp, JMSXUserID, JMSXDeliveryCount, original-destination, sluice-…",
			"Nats-…, Sluice-…", "Sluice.…"},
		out: [3]string{none, none, none},
		note: "What only a server may say, unless named above. Where such a name comes from another dialect it is a property, " +
			"and packed where it would be believed or obeyed.",
	}}
}
