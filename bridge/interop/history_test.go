package interop_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/queuecore/coretest"
)

// TestFIFOHistory has SDK clients use one FIFO queue at once, and holds what they
// were told to the order of its groups and to one message for each deduplication id.
func TestFIFOHistory(t *testing.T) {
	s := &suite{addrs: openHouse(t)}
	f := &fifo{t: t, api: s.sqsAPI()}
	made, err := f.api.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String("history.fifo"), Attributes: map[string]string{"FifoQueue": "true", "VisibilityTimeout": "600"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.url = made.QueueUrl
	var wg sync.WaitGroup
	for client := range 5 {
		// Ends after its steps.
		wg.Go(func() {
			for step := range 16 {
				f.send(client, step)
				f.receive(client, step)
			}
		})
	}
	wg.Wait()
	if ops := f.groups.Operations(); !porcupine.CheckOperations(coretest.GroupModel(), ops) {
		t.Errorf("groups: %+v", ops)
	}
	if ops := f.ids.Operations(); !porcupine.CheckOperations(coretest.DedupModel(), ops) {
		t.Errorf("ids: %+v", ops)
	}
}

// fifo is a queue and what its clients were told.
type fifo struct {
	t           *testing.T
	api         *sqs.Client
	url         *string
	groups, ids coretest.History
	names       atomic.Int64
	told        sync.Map // shared ids of which somebody was told
	came        sync.Map // those whose message was received
}

// send sends a message under an id of its own or, every fourth time, under one
// that every client uses in this step.
func (f *fifo) send(client, step int) {
	group := string(rune('A' + (client+step)%3))
	if step%4 == 0 {
		f.sendShared(client, step)
		return
	}
	name := fmt.Sprint("m", f.names.Add(1))
	began := f.groups.Began()
	out, err := f.api.SendMessage(f.t.Context(), &sqs.SendMessageInput{
		QueueUrl: f.url, MessageBody: &name, MessageGroupId: &group, MessageDeduplicationId: &name,
	})
	if err != nil {
		f.t.Error(err)
		return
	}
	f.groups.Add(client, began, coretest.GroupOp{Verb: coretest.GroupSend, Group: group, Name: name},
		coretest.GroupAnswer{How: coretest.Done, Seq: f.number(out.SequenceNumber)})
}

// sendShared sends under the step's id. SQS does not tell which send was the first; the
// one that is heard of first may have been.
func (f *fifo) sendShared(client, step int) {
	id := fmt.Sprint("shared", step)
	began := f.ids.Began()
	out, err := f.api.SendMessage(f.t.Context(), &sqs.SendMessageInput{
		QueueUrl: f.url, MessageBody: &id, MessageGroupId: aws.String(shared), MessageDeduplicationId: &id,
	})
	if err != nil {
		f.t.Error(err)
		return
	}
	_, duplicate := f.told.LoadOrStore(id, true)
	a := coretest.DedupAnswer{How: coretest.Done, Seq: f.number(out.SequenceNumber), Duplicate: duplicate}
	copy(a.Message[:], *out.MessageId)
	f.ids.Add(client, began, coretest.DedupOp{ID: id}, a)
}

func (f *fifo) number(s *string) uint64 {
	n, err := strconv.ParseUint(aws.ToString(s), 10, 64)
	if err != nil {
		f.t.Error(err)
	}
	return n
}

// receive takes one message and deletes it or, every third time, gives it back.
func (f *fifo) receive(client, step int) {
	began := f.groups.Began()
	out, err := f.api.ReceiveMessage(f.t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: f.url, MaxNumberOfMessages: 1, WaitTimeSeconds: 0,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		f.t.Error(err)
		return
	}
	for _, m := range out.Messages {
		attempt := int(f.number(aws.String(m.Attributes["ApproximateReceiveCount"])))
		group := m.Attributes["MessageGroupId"]
		if group == shared {
			f.receiveShared(m)
			continue
		}
		op := coretest.GroupOp{Verb: coretest.GroupReceive, Group: group}
		f.groups.Add(client, began, op, coretest.GroupAnswer{How: coretest.Done, Name: *m.Body, Attempt: attempt})
		f.settle(client, coretest.GroupOp{Verb: coretest.GroupAck, Group: group, Name: *m.Body, Attempt: attempt}, m.ReceiptHandle, step%3 == 0)
	}
}

// shared is the group of what is sent under shared ids. Its order is nobody's.
const shared = "shared"

func (f *fifo) receiveShared(m types.Message) {
	if _, again := f.came.LoadOrStore(*m.Body, true); again {
		f.t.Errorf("%s came twice", *m.Body)
	}
	_, err := f.api.DeleteMessage(f.t.Context(), &sqs.DeleteMessageInput{QueueUrl: f.url, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		f.t.Error(err)
	}
}

func (f *fifo) settle(client int, op coretest.GroupOp, handle *string, back bool) {
	began := f.groups.Began()
	var err error
	if back {
		op.Verb = coretest.GroupNack
		_, err = f.api.ChangeMessageVisibility(f.t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: f.url, ReceiptHandle: handle})
	} else {
		_, err = f.api.DeleteMessage(f.t.Context(), &sqs.DeleteMessageInput{QueueUrl: f.url, ReceiptHandle: handle})
	}
	if err != nil {
		f.t.Error(err)
		return
	}
	f.groups.Add(client, began, op, coretest.GroupAnswer{How: coretest.Done})
}
