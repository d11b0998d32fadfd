package sqs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

// kept is a house whose store is a directory, and which can be closed and opened again.
type kept struct {
	*house
	*clock
	t   *testing.T
	dir string
	c   *awssqs.Client
}

func openKept(t *testing.T) *kept {
	k := &kept{t: t, clock: newClock(), dir: t.TempDir()}
	k.open()
	t.Cleanup(func() { k.close() })
	return k
}

func (k *kept) open() {
	k.t.Helper()
	disk, err := badgerstore.Open(k.dir, badgerstore.Options{Log: quiet(), MinFree: -1, KeepEvery: -1})
	if err != nil {
		k.t.Fatal(err)
	}
	l, dial := port(k.t)
	k.house = openOn(k.t, disk, sqs.Options{Now: k.now, Limits: unhurried(sqs.Limits{})}, l, dial)
	k.c = k.client()
}

// restart closes the house and its store, and opens both again from what is on the disk.
func (k *kept) restart() {
	k.t.Helper()
	k.close()
	k.open()
}

func (k *kept) pass(d time.Duration) { k.ns.Add(int64(d)) }

// send sends a message to a FIFO queue and returns its id and sequence number. An empty
// dedup id leaves the parameter out.
func (k *kept) send(queue, group, dedup, body string) (id, seq string) {
	k.t.Helper()
	in := awssqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body, MessageGroupId: &group}
	if dedup != "" {
		in.MessageDeduplicationId = &dedup
	}
	out, err := k.c.SendMessage(k.t.Context(), &in)
	if err != nil {
		k.t.Fatal(err)
	}
	return *out.MessageId, *out.SequenceNumber
}

// take receives up to max messages for 30 s.
func (k *kept) take(queue string, max int32) []types.Message {
	k.t.Helper()
	return received(k.t, k.c, awssqs.ReceiveMessageInput{
		QueueUrl: &queue, MaxNumberOfMessages: max, VisibilityTimeout: 30, MessageSystemAttributeNames: all(),
	})
}

// told writes body and receive count of messages.
func told(list []types.Message) string {
	var words []string
	for _, m := range list {
		words = append(words, *m.Body+"/"+m.Attributes["ApproximateReceiveCount"])
	}
	return strings.Join(words, " ")
}

func (k *kept) expect(queue, want string) []types.Message {
	k.t.Helper()
	list := k.take(queue, 10)
	if got := told(list); got != want {
		k.t.Fatalf("%s: received %q, want %q", queue, got, want)
	}
	return list
}

// A group keeps its order and waits for what is out, whatever gives a message back and
// whenever the server stops.
func TestFIFOOrderOutlivesServer(t *testing.T) {
	k := openKept(t)
	made(t, k.c, "f.fifo", map[string]string{"FifoQueue": "true"})
	for _, body := range []string{"1", "2", "3"} {
		k.send("f.fifo", "g", body, body)
	}
	out := k.take("f.fifo", 1)
	if told(out) != "1/1" {
		t.Fatalf("received %s", told(out))
	}
	k.send("f.fifo", "h", "x", "x")
	k.restart()
	k.expect("f.fifo", "x/1") // the group g still waits for its first
	_, err := k.c.ChangeMessageVisibility(t.Context(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: aws.String("f.fifo"), ReceiptHandle: out[0].ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	k.restart()
	k.expect("f.fifo", "1/2 2/1 3/1") // given back
	k.send("f.fifo", "g", "4", "4")
	k.restart()
	k.expect("f.fifo", "")
	k.pass(31 * time.Second)
	list := k.expect("f.fifo", "1/3 2/2 3/2 4/1 x/2") // timed out
	_, err = k.c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: aws.String("f.fifo"), ReceiptHandle: list[1].ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	k.restart()
	k.pass(31 * time.Second)
	k.expect("f.fifo", "1/4 3/3 4/2 x/3") // one deleted out of turn
}

// What has been sent is known for five minutes, over restarts and deletions, and numbers
// go on rising, also when the queue is empty.
func TestDeduplicationOutlivesServer(t *testing.T) {
	k := openKept(t)
	made(t, k.c, "f.fifo", map[string]string{"FifoQueue": "true"})
	made(t, k.c, "c.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup"})
	id, seq := k.send("f.fifo", "g", "d", "x")
	byContent, _ := k.send("c.fifo", "g", "", "same")
	inOther, _ := k.send("c.fifo", "h", "", "same")
	if byContent == inOther {
		t.Error("groups share their ids")
	}
	for _, m := range k.expect("f.fifo", "x/1") {
		if _, err := k.c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: aws.String("f.fifo"), ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		k.restart()
		k.pass(2 * time.Minute)
		if id2, seq2 := k.send("f.fifo", "other", "d", "y"); id2 != id || seq2 != seq {
			t.Errorf("sent again: %s %s, want %s %s", id2, seq2, id, seq)
		}
		if id2, _ := k.send("c.fifo", "g", "", "same"); id2 != byContent {
			t.Errorf("the same content again: %s, want %s", id2, byContent)
		}
		if id2, _ := k.send("c.fifo", "h", "", "same"); id2 != inOther {
			t.Errorf("the same content in the other group: %s, want %s", id2, inOther)
		}
		k.expect("f.fifo", "")
	}
	k.restart()
	k.pass(61 * time.Second)
	id2, seq2 := k.send("f.fifo", "g", "d", "z")
	if id2 == id || seq2 <= seq {
		t.Errorf("five minutes later: %s %s after %s %s", id2, seq2, id, seq)
	}
	if id2, _ := k.send("c.fifo", "g", "", "same"); id2 == byContent {
		t.Error("the content is known for longer than five minutes")
	}
	k.expect("f.fifo", "z/1")
}

// Dead letters of a group arrive in order and as they were, and what follows them in the
// group goes on.
func TestFIFODeadLettersOutliveServer(t *testing.T) {
	k := openKept(t)
	made(t, k.c, "dead.fifo", map[string]string{"FifoQueue": "true"})
	made(t, k.c, "f.fifo", map[string]string{"FifoQueue": "true", "RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + arn + `dead.fifo"}`})
	first, seq := k.send("f.fifo", "g", "d1", "1")
	k.send("f.fifo", "g", "d2", "2")
	k.send("f.fifo", "h", "d3", "x")
	k.expect("f.fifo", "1/1 2/1 x/1")
	k.send("f.fifo", "g", "d4", "3")
	k.restart()
	k.pass(31 * time.Second)
	k.expect("f.fifo", "3/1")
	k.await(func() bool { return k.ready("dead.fifo") == 3 })
	k.restart()
	list := k.expect("dead.fifo", "1/2 2/2 x/2")
	at := list[0].Attributes
	if *list[0].MessageId != first || at["MessageGroupId"] != "g" || at["MessageDeduplicationId"] != "d1" || at["DeadLetterQueueSourceArn"] != arn+"f.fifo" {
		t.Errorf("%s %v", *list[0].MessageId, at)
	}
	if id, again := k.send("f.fifo", "g", "d1", "1"); id != first || again != seq {
		t.Errorf("sent again: %s %s, want %s %s", id, again, first, seq)
	}
	k.pass(31 * time.Second)
	k.restart()
	k.await(func() bool { return k.ready("dead.fifo") == 4 })
	k.expect("dead.fifo", "1/3 2/3 3/2 x/3")
}

// The ids of receives are forgotten by a restart: what they were answered with stays out,
// and comes back in order when its time is over.
func TestReceiveIDsAreForgottenByRestart(t *testing.T) {
	k := openKept(t)
	url := made(t, k.c, "f.fifo", map[string]string{"FifoQueue": "true"})
	k.send("f.fifo", "g", "1", "1")
	k.send("f.fifo", "g", "2", "2")
	one := received(t, k.c, receiving(url, "id", 10, 0))
	if told(one) != "1/1 2/1" || in(received(t, k.c, receiving(url, "id", 10, 0))) != in(one) {
		t.Fatalf("received %s", in(one))
	}
	k.restart()
	if list := received(t, k.c, receiving(url, "id", 10, 0)); len(list) > 0 {
		t.Errorf("received %s", told(list))
	}
	k.pass(31 * time.Second)
	if list := received(t, k.c, receiving(url, "id", 10, 0)); told(list) != "1/2 2/2" {
		t.Errorf("received %s", told(list))
	}
}
