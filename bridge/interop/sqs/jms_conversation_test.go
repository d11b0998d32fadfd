package sqs_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"

	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// testConversations: a request of one dialect is answered in another, at the address that
// the request names and with its correlation id.
func (s *javaSuite) testConversations(t *testing.T) {
	for _, dialect := range []string{driver.STOMP, driver.NATS} {
		t.Run("asked in "+dialect, func(t *testing.T) { s.answerFromJMS(t, dialect) })
		t.Run("answered in "+dialect, func(t *testing.T) { s.answerToJMS(t, dialect) })
		t.Run("given back in "+dialect, func(t *testing.T) { s.giveBackToJMS(t, dialect) })
	}
	t.Run("FIFO queue", s.fifoToJMS)
	t.Run("sent on", s.sendOnWithJMS)
	t.Run("temporary queue", s.answerTemporaryQueue)
}

func (s *javaSuite) answerFromJMS(t *testing.T, dialect string) {
	w, requests, answers := wordsForJMS(dialect), "requests-from-"+dialect, "answers-to-"+dialect
	request := driver.Message{Body: []byte("question"), Headers: [][2]string{
		{w.correlationID, "q-1"}, {w.replyTo, jmsQueueName(dialect, answers)},
	}}
	s.askOther(t, dialect, driver.Request{Do: driver.Produce, Queue: jmsQueueName(dialect, requests), Messages: []driver.Message{request}})
	// The reply queue is the requester's to make; it is there once the requester listens to it, or as here has used it.
	s.askOther(t, dialect, driver.Request{Do: driver.Produce, Queue: jmsQueueName(dialect, answers), Messages: []driver.Message{{Body: []byte("warm")}}})
	s.askOther(t, dialect, driver.Request{Do: driver.Consume, Queue: jmsQueueName(dialect, answers), Count: 1, Settle: driver.Ack})
	s.askJMS(t, driver.Request{Do: "reply", Queue: requests})
	got := s.askOther(t, dialect, driver.Request{Do: driver.Consume, Queue: jmsQueueName(dialect, answers), Count: 1, Settle: driver.Ack})
	if string(got[0].Body) != "re: question" {
		t.Errorf("the answer is %q", got[0].Body)
	}
	jmsCompare(t, "answer", map[string]string{w.kind: "text", w.correlationID: "q-1"}, jmsHeadersOf(got[0]))
}

func (s *javaSuite) answerToJMS(t *testing.T, dialect string) {
	w, requests, answers := wordsForJMS(dialect), "jms-asks-"+dialect, "jms-hears-"+dialect
	request := jmsMessage("text", "question", map[string]string{"JMSCorrelationID": "q-2", "JMSReplyTo": answers})
	s.askJMS(t, driver.Request{Do: driver.Produce, Queue: requests, Messages: []driver.Message{request}})
	asked := s.askOther(t, dialect, driver.Request{Do: driver.Consume, Queue: jmsQueueName(dialect, requests), Count: 1, Settle: driver.Ack})
	headers := jmsHeadersOf(asked[0])
	answer := driver.Message{Body: []byte("answer"), Headers: [][2]string{{w.correlationID, headers[w.correlationID]}}}
	s.askOther(t, dialect, driver.Request{Do: driver.Produce, Queue: headers[w.replyTo], Messages: []driver.Message{answer}})
	got := s.askJMS(t, driver.Request{Do: driver.Consume, Queue: answers, Count: 1})
	if string(got[0].Body) != "answer" {
		t.Errorf("the answer is %q", got[0].Body)
	}
	jmsCompare(t, "answer", map[string]string{"class": "text", "JMSCorrelationID": "q-2"}, jmsFieldsOf(got[0]))
}

// giveBackToJMS: JMSXDeliveryCount counts the deliveries of all dialects.
func (s *javaSuite) giveBackToJMS(t *testing.T, dialect string) {
	queue := "given-back-in-" + dialect
	name := jmsQueueName(dialect, queue)
	s.askOther(t, dialect, driver.Request{Do: driver.Produce, Queue: name, Messages: []driver.Message{{Body: []byte("again")}}})
	s.askOther(t, dialect, driver.Request{Do: driver.Consume, Queue: name, Count: 1, Settle: driver.Nack})
	if got := s.askJMS(t, driver.Request{Do: driver.Consume, Queue: queue, Count: 1}); got[0].Attempt != 2 {
		t.Errorf("the JMS library says delivery %d, want 2", got[0].Attempt)
	}
}

// fifoToJMS: a FIFO queue that SQS made is one to STOMP producers, too.
func (s *javaSuite) fifoToJMS(t *testing.T) {
	const queue = "orders.fifo"
	s.askJMS(t, driver.Request{Do: driver.Produce, Queue: queue}) // makes it
	send := driver.Request{Do: driver.Produce, Queue: jmsQueueName(driver.STOMP, queue)}
	for _, m := range [][3]string{{"1", "g", "a"}, {"2", "h", "b"}, {"1 again", "g", "a"}, {"3", "g", "c"}} {
		send.Messages = append(send.Messages, driver.Message{Body: []byte(m[0]), Headers: [][2]string{{"JMSXGroupID", m[1]}, {"dedup-id", m[2]}}})
	}
	s.askOther(t, driver.STOMP, send)
	var got []string
	for _, m := range s.askJMS(t, driver.Request{Do: driver.Consume, Queue: queue, Count: 3}) {
		ids := make(map[string]string)
		for _, a := range m.Attributes {
			ids[a.Name] = a.Text
		}
		got = append(got, fmt.Sprintf("%s %s %s", m.Body, ids["JMSXGroupID"], ids["JMS_SQS_DeduplicationId"]))
	}
	if want := []string{"1 g a", "2 h b", "3 g c"}; !slices.Equal(got, want) {
		t.Errorf("bodies, groups and ids are %q, want %q", got, want)
	}
}

// sendOnWithJMS: a JMS program that moves messages from queue to queue loses nothing of one that
// has more properties than SQS has places for.
func (s *javaSuite) sendOnWithJMS(t *testing.T) {
	const queue = "sent-on"
	m, want := driver.Message{Body: []byte("many")}, map[string]string{"amq-msg-type": "text", "JMSXGroupID": "g", "sluice-types": "n=int", "n": "7"}
	for i := range 14 {
		want[fmt.Sprintf("p%02d", i)] = fmt.Sprintf("value %d", i)
	}
	for name, value := range want {
		if name != "amq-msg-type" {
			m.Headers = append(m.Headers, [2]string{name, value})
		}
	}
	s.askOther(t, driver.STOMP, driver.Request{Do: driver.Produce, Queue: jmsQueueName(driver.STOMP, queue), Messages: []driver.Message{m}})
	s.askJMS(t, driver.Request{Do: "forward", Queue: queue})
	got := s.askOther(t, driver.STOMP, driver.Request{
		Do: driver.Consume, Queue: jmsQueueName(driver.STOMP, queue+"-forwarded"), Count: 1, Settle: driver.Ack,
	})
	jmsCompare(t, "message sent on", want, jmsHeadersOf(got[0]))
}

// answerTemporaryQueue: a STOMP client that waits at a temporary queue, as those for ActiveMQ do, is
// answered by the JMS library.
func (s *javaSuite) answerTemporaryQueue(t *testing.T) {
	conn, err := stomp.Dial("tcp", s.addrs.STOMP, rig.PatientSTOMP)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Disconnect() }() // it may be gone already
	answers, err := conn.Subscribe("/temp-queue/answers", stomp.AckAuto)
	if err != nil {
		t.Fatal(err)
	}
	err = conn.Send("/queue/questions", "text/plain", []byte("question"), stomp.SendOpt.Receipt,
		stomp.SendOpt.Header("reply-to", "/temp-queue/answers"), stomp.SendOpt.Header("correlation-id", "t-1"))
	if err != nil {
		t.Fatal(err)
	}
	s.askJMS(t, driver.Request{Do: "reply", Queue: "questions"})
	select {
	case m := <-answers.C:
		if string(m.Body) != "re: question" || m.Header.Get("correlation-id") != "t-1" || m.Err != nil {
			t.Errorf("the answer is %q with the correlation id %q: %v", m.Body, m.Header.Get("correlation-id"), m.Err)
		}
	case <-time.After(javaPatience):
		t.Error("no answer came")
	}
}
