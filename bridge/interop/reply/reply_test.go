package reply_test

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/config"
)

// requester asks once in the queue "jobs-…", and returns how it awaits the answer.
type requester func(t *testing.T, h *house, queue string) (answer func() (body, correlation string))

// responder answers one request of a queue, whatever it is told to answer to.
type responder func(t *testing.T, h *house, queue string)

// Every requester gets the answer of every responder, with its correlation id.
func TestRequestAndReply(t *testing.T) {
	h := openHouse(t)
	requesters := map[string]requester{
		"STOMP plain": stompRequester(config.STOMPPlain), "STOMP activemq": stompRequester(config.STOMPActiveMQ), "STOMP rabbitmq": rabbitRequester,
		"NATS to a queue": natsQueueRequester, "NATS to a topic": natsTopicRequester,
		"SQS": sqsRequester,
	}
	responders := map[string]responder{
		"STOMP plain": stompResponder(config.STOMPPlain), "STOMP activemq": stompResponder(config.STOMPActiveMQ),
		"STOMP artemis": stompResponder(config.STOMPArtemis), "STOMP rabbitmq": stompResponder(config.STOMPRabbitMQ),
		"NATS": natsResponder, "SQS by URL": sqsResponder(true), "SQS by name": sqsResponder(false),
	}
	for from, ask := range requesters {
		for to, respond := range responders {
			t.Run(from+", "+to, func(t *testing.T) {
				if from == "NATS to a topic" && strings.HasPrefix(to, "SQS") {
					t.Skip("SQS has no topics: the reply destination is packed, and the JMS library could not use it")
				}
				queue := "jobs-" + strings.NewReplacer(" ", "-", ",", "").Replace(t.Name()[strings.LastIndex(t.Name(), "/")+1:])
				queue = strings.ReplaceAll(queue, "_", "-")
				_, err := h.dialSQS().CreateQueue(within(t), &sqs.CreateQueueInput{QueueName: &queue})
				must(t, err)
				answer := ask(t, h, queue)
				respond(t, h, queue)
				if body, correlation := answer(); body != "re: question" || correlation != "c-1" {
					t.Errorf("got %q, %q", body, correlation)
				}
			})
		}
	}
}

// stompRequester awaits answers in a temporary queue, as clients of ActiveMQ do.
func stompRequester(d config.STOMPDialect) requester {
	return func(t *testing.T, h *house, queue string) func() (string, string) {
		c := h.dialSTOMP(t, d)
		s := subscribe(t, c, "/temp-queue/answers")
		must(t, c.Send("/queue/"+queue, "text/plain", []byte("question"), stomp.SendOpt.Receipt,
			stomp.SendOpt.Header("reply-to", "/temp-queue/answers"), stomp.SendOpt.Header("correlation-id", "c-1")))
		return func() (string, string) {
			m := takeSTOMP(t, s)
			return string(m.Body), m.Header.Get("correlation-id")
		}
	}
}

// rabbitRequester names a temporary queue in reply-to alone, as RabbitMQ has it: answers come
// to a subscription that nobody has asked for, which go-stomp's connection does not hand out.
func rabbitRequester(t *testing.T, h *house, queue string) func() (string, string) {
	nc, err := net.Dial("tcp", h.stomp[config.STOMPRabbitMQ])
	must(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	must(t, nc.SetDeadline(time.Now().Add(patience)))
	w, r := frame.NewWriter(nc), frame.NewReader(bufio.NewReader(nc))
	must(t, w.Write(frame.New("CONNECT", "accept-version", "1.2", "host", "/")))
	next(t, r, "CONNECTED")
	f := frame.New("SEND", "destination", "/queue/"+queue, "content-type", "text/plain", "reply-to", "/temp-queue/answers", "correlation-id", "c-1", "receipt", "1")
	f.Body = []byte("question")
	must(t, w.Write(f))
	next(t, r, "RECEIPT")
	return func() (string, string) {
		m := next(t, r, "MESSAGE")
		if got := m.Header.Get("subscription"); got != "/temp-queue/answers" {
			t.Errorf("subscription %q", got)
		}
		return string(m.Body), m.Header.Get("correlation-id")
	}
}

func next(t *testing.T, r *frame.Reader, command string) *frame.Frame {
	t.Helper()
	f, err := r.Read()
	for err == nil && f == nil { // a line feed behind a frame
		f, err = r.Read()
	}
	must(t, err)
	if f.Command != command {
		t.Fatalf("%s %v %q", f.Command, f.Header, f.Body)
	}
	return f
}

// stompResponder sends to what reply-to says.
func stompResponder(d config.STOMPDialect) responder {
	return func(t *testing.T, h *house, queue string) {
		c := h.dialSTOMP(t, d)
		m := takeSTOMP(t, subscribe(t, c, "/queue/"+queue))
		must(t, c.Send(m.Header.Get("reply-to"), "text/plain", append([]byte("re: "), m.Body...), stomp.SendOpt.Receipt,
			stomp.SendOpt.Header("correlation-id", m.Header.Get("correlation-id"))))
	}
}

// natsQueueRequester awaits answers in a queue of its own.
func natsQueueRequester(t *testing.T, h *house, queue string) func() (string, string) {
	_, js := h.dialNATS(t)
	answers := "answers-to-" + queue
	stream(t, js, answers)
	return natsRequest(t, h, queue, answers, answers)
}

// natsTopicRequester awaits answers to a topic that a queue of its own takes.
func natsTopicRequester(t *testing.T, h *house, queue string) func() (string, string) {
	_, js := h.dialNATS(t)
	answers := "topical-to-" + queue
	stream(t, js, answers, "answers."+queue+".*")
	return natsRequest(t, h, queue, answers, "answers."+queue+".1")
}

// natsRequest names in the header JMSReplyTo where the answer goes: the reply subject of the protocol is
// where the PubAck goes.
func natsRequest(t *testing.T, h *house, queue, answers, replyTo string) func() (string, string) {
	_, js := h.dialNATS(t)
	m := nats.NewMsg(queue)
	m.Data = []byte("question")
	m.Header.Set("JMSReplyTo", replyTo)
	m.Header.Set("Correlation-Id", "c-1")
	_, err := js.PublishMsg(within(t), m)
	must(t, err)
	return func() (string, string) {
		m := takeNATS(t, js, answers)
		return string(m.Data()), m.Headers().Get("Correlation-Id")
	}
}

// natsResponder publishes to what JMSReplyTo says; nothing but a subject is needed.
func natsResponder(t *testing.T, h *house, queue string) {
	_, js := h.dialNATS(t)
	m := takeNATS(t, js, queue)
	answer := nats.NewMsg(m.Headers().Get("JMSReplyTo"))
	answer.Data = append([]byte("re: "), m.Data()...)
	answer.Header.Set("Correlation-Id", m.Headers().Get("Correlation-Id"))
	_, err := js.PublishMsg(within(t), answer)
	must(t, err)
}

// The attributes of the SQS JMS library.
const (
	replyName   = "JMS_SQSReplyToQueueName"
	replyURL    = "JMS_SQSReplyToQueueURL"
	correlation = "JMS_SQSCorrelationID"
)

func text(s string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &s}
}

// sqsRequester awaits answers in a queue of its own, named as the SQS JMS library does.
func sqsRequester(t *testing.T, h *house, queue string) func() (string, string) {
	c := h.dialSQS()
	answers := "answers-to-" + queue
	made, err := c.CreateQueue(within(t), &sqs.CreateQueueInput{QueueName: &answers})
	must(t, err)
	found, err := c.GetQueueUrl(within(t), &sqs.GetQueueUrlInput{QueueName: &queue})
	must(t, err)
	_, err = c.SendMessage(within(t), &sqs.SendMessageInput{QueueUrl: found.QueueUrl, MessageBody: aws.String("question"),
		MessageAttributes: map[string]types.MessageAttributeValue{replyName: text(answers), replyURL: text(*made.QueueUrl), correlation: text("c-1")}})
	must(t, err)
	return func() (string, string) {
		m := takeSQS(t, c, made.QueueUrl)
		return *m.Body, aws.ToString(m.MessageAttributes[correlation].StringValue)
	}
}

// takeSQS awaits a message and deletes it.
func takeSQS(t *testing.T, c *sqs.Client, url *string) *types.Message {
	t.Helper()
	for ctx := within(t); ; {
		got, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20, MessageAttributeNames: []string{"All"}})
		must(t, err)
		if len(got.Messages) == 0 {
			continue
		}
		_, err = c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got.Messages[0].ReceiptHandle})
		must(t, err)
		return &got.Messages[0]
	}
}

// sqsResponder sends to the URL that the request names, or to the queue of the name.
func sqsResponder(byURL bool) responder {
	return func(t *testing.T, h *house, queue string) {
		c := h.dialSQS()
		found, err := c.GetQueueUrl(within(t), &sqs.GetQueueUrlInput{QueueName: &queue})
		must(t, err)
		m := takeSQS(t, c, found.QueueUrl)
		url := m.MessageAttributes[replyURL].StringValue
		if !byURL {
			found, err := c.GetQueueUrl(within(t), &sqs.GetQueueUrlInput{QueueName: m.MessageAttributes[replyName].StringValue})
			must(t, err)
			url = found.QueueUrl
		}
		_, err = c.SendMessage(within(t), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("re: " + *m.Body),
			MessageAttributes: map[string]types.MessageAttributeValue{correlation: m.MessageAttributes[correlation]}})
		must(t, err)
	}
}

// A request of core NATS to a queue is answered by the server that it is kept, as JetStream does
// it: who wants the consumer's answer names a reply queue.
func TestRequestOfCoreNATS(t *testing.T) {
	h := openHouse(t)
	nc, js := h.dialNATS(t)
	stream(t, js, "kept")
	got, err := nc.RequestWithContext(within(t), "kept", []byte("question"))
	must(t, err)
	if !strings.Contains(string(got.Data), `"stream":"kept"`) {
		t.Errorf("answered by %q", got.Data)
	}
	m := takeSTOMP(t, subscribe(t, h.dialSTOMP(t, config.STOMPPlain), "/queue/kept"))
	if string(m.Body) != "question" || m.Header.Get("reply-to") != "" {
		t.Errorf("%v %q", m.Header, m.Body)
	}
}
