package sqs_test

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// testPointers: STOMP and NATS clients of a server that knows no S3 see the pointer of the
// extended client as it is, and that it is one; when they send it on with its headers, an extended client finds the body.
func (s *javaSuite) testPointers(t *testing.T) {
	for _, dialect := range []string{driver.STOMP, driver.NATS} {
		t.Run(dialect, func(t *testing.T) {
			queue, w := "pointer-to-"+dialect, wordsForJMS(dialect)
			s.askJMS(t, driver.Request{Do: "offload", Queue: queue})
			got := s.askOther(t, dialect, driver.Request{
				Do: driver.Consume, Queue: jmsQueueName(dialect, queue), Count: 1, Settle: driver.Ack,
			})
			const begin = `["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"`
			if body := string(got[0].Body); !strings.HasPrefix(body, begin+queue+`","s3Key":"`) {
				t.Errorf("the pointer is %q", body)
			}
			headers := jmsHeadersOf(got[0])
			jmsCompare(t, "pointer", map[string]string{"SQSLargePayloadSize": "300000", w.types: "SQSLargePayloadSize=decimal", w.payload: "s3-pointer"}, headers)
			onward := driver.Message{Body: got[0].Body}
			for name, value := range headers {
				onward.Headers = append(onward.Headers, [2]string{name, value})
			}
			s.askOther(t, dialect, driver.Request{
				Do: driver.Produce, Queue: jmsQueueName(dialect, queue+"-onward"), Messages: []driver.Message{onward},
			})
			s.askJMS(t, driver.Request{Do: "fetch", Queue: queue + "-onward"})
			if left, err := s.s3.Objects(queue); err != nil || len(left) > 0 {
				t.Errorf("objects left: %q: %v", left, err)
			}
		})
	}
	if !s.s3.Signed("interop") {
		t.Error("nobody has signed a request to S3")
	}
}
