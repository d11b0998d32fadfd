package sqs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// typed sends a message with attributes of the types String or Number, in the order name,
// type, value.
func typed(t testing.TB, c *awssqs.Client, in awssqs.SendMessageInput, attributes ...string) {
	t.Helper()
	in.MessageAttributes = map[string]types.MessageAttributeValue{}
	for i := 0; i+2 < len(attributes); i += 3 {
		in.MessageAttributes[attributes[i]] = types.MessageAttributeValue{DataType: &attributes[i+1], StringValue: &attributes[i+2]}
	}
	if _, err := c.SendMessage(t.Context(), &in); err != nil {
		t.Fatal(err)
	}
}

// selecting is a receive with a selector, and with names of attributes to show.
func selecting(url *string, selector string, names ...string) awssqs.ReceiveMessageInput {
	return awssqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: append([]string{"Sluice.Selector=" + selector}, names...),
	}
}

func bodiesOf(list []types.Message) (bodies []string) {
	for _, m := range list {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

// The SDK's client gets what its selector matches, by message attributes of every type
// and by what SQS has of the header fields; the rest is there for others.
func TestClientSelects(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	url := made(t, c, "q", map[string]string{"VisibilityTimeout": "0"})
	group := "tenant"
	for _, body := range []string{"red", "blue", "green"} {
		in := awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body}
		if body == "green" {
			in.MessageGroupId = &group
		}
		typed(t, c, in, "color", "String", body, "n.of-it", "Number", map[string]string{"red": "1.5", "blue": "20", "green": "300"}[body],
			"digits", "String", "20", "JMSType", "String", "type-"+body, "JMS_SQSCorrelationID", "String", body+"'s")
	}
	for _, x := range []struct{ selector, want string }{
		{"color = 'red'", "red"},
		{"color IN ('red', 'blue')", "red blue"},
		{"n.of-it > 1.6 AND n.of-it < 300", "blue"},
		{"digits > 3", "red blue green"},
		{"digits = '20' AND n.of-it = 20", "blue"},
		{"JMSType = 'type-green'", "green"},
		{"JMSCorrelationID LIKE 'red%'", "red"},
		{"JMSXGroupID = 'tenant'", "green"},
		{"JMSXUserID IS NOT NULL", ""},
		{"color = 'none'", ""},
		{"", "red blue green"},
	} {
		if got := strings.Join(bodiesOf(received(t, c, selecting(url, x.selector))), " "); got != x.want {
			t.Errorf("%q: got %q, want %q", x.selector, got, x.want)
		}
	}
}

// A selector shows no attribute more or less, wherever it stands among the names.
func TestSelectorShowsNoAttributes(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	url := made(t, c, "q", map[string]string{"VisibilityTimeout": "0"})
	typed(t, c, awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")}, "a", "String", "1", "b", "String", "All", "Sluice.own", "String", "y")
	for _, names := range [][]string{nil, {"a"}, {"All"}, {"Sluice.*"}, {"b", "none"}} {
		plain := awssqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: names}
		want := received(t, c, plain)
		plain.MessageAttributeNames = append(slices.Clone(names), "Sluice.Selector=b = 'All' AND a LIKE '%1.*' OR TRUE")
		for _, in := range []awssqs.ReceiveMessageInput{selecting(url, "a = '1'", names...), plain} {
			got := received(t, c, in)
			if len(got) != 1 || len(want) != 1 || len(got[0].MessageAttributes) != len(want[0].MessageAttributes) ||
				aws.ToString(got[0].MD5OfMessageAttributes) != aws.ToString(want[0].MD5OfMessageAttributes) {
				t.Errorf("%q: got %v, want %v", names, got, want)
			}
		}
	}
}

// What is wrong with a selector is said, with its place, as is a name that would never match.
func TestSelectorsAreRefused(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	url := made(t, c, "q", nil)
	for _, x := range []struct{ selector, want string }{
		{"a = = 1", "at offset 4"},
		{"a > 'x'", "at offset"},
		{"a = '" + strings.Repeat("x", queuecore.MaxSelectorBytes) + "'", "at most 16384"},
		{"MessageGroupId = 'g'", "MessageGroupId is called JMSXGroupID"},
		{"Sluice.DeadReason = 'x'", "is called JMS_Sluice_DeadReason"},
		{"ApproximateReceiveCount > 3", "cannot look at ApproximateReceiveCount"},
		{"contentType = 'x'", "cannot look at contentType"},
	} {
		in := selecting(url, x.selector)
		_, err := c.ReceiveMessage(t.Context(), &in)
		if code(err) != "InvalidParameterValue" || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%.40q: %v", x.selector, err)
		}
	}
	two := selecting(url, "a = 1", "Sluice.Selector=b = 1")
	if _, err := c.ReceiveMessage(t.Context(), &two); code(err) != "InvalidParameterValue" || !strings.Contains(err.Error(), "there may be one") {
		t.Errorf("two selectors: %v", err)
	}
}

// A long poll with a selector is woken by what matches, and by nothing else.
func TestSelectorOfALongPoll(t *testing.T) {
	bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		sent(t, c, url, "before")
		got := make(chan []string, 1)
		// Ends with the poll.
		go func() {
			in := selecting(url, "color = 'red'")
			in.WaitTimeSeconds = 20
			res, err := c.ReceiveMessage(t.Context(), &in)
			if err != nil {
				t.Error(err)
				got <- nil
				return
			}
			got <- bodiesOf(res.Messages)
		}()
		synctest.Wait()
		typed(t, c, awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("no")}, "color", "String", "blue")
		synctest.Wait()
		if len(got) > 0 {
			t.Fatal("woken by what does not match")
		}
		typed(t, c, awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("yes")}, "color", "String", "red")
		if bodies := <-got; !slices.Equal(bodies, []string{"yes"}) {
			t.Errorf("got %q", bodies)
		}
		if rest := bodiesOf(received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})); !slices.Equal(rest, []string{"before", "no"}) {
			t.Errorf("left are %q", rest)
		}
	})
}

// In a FIFO queue a group whose first message does not match waits, for this receiver. A
// receive with an id is given again to the same selector alone.
func TestSelectorOfAFIFOQueue(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	url := madeFIFO(t, c)
	for i, color := range []string{"red", "blue", "red", "red"} {
		group, body := string("aabc"[i]), string("1234"[i])
		typed(t, c, awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group}, "color", "String", color)
	}
	receive := func(selector, id string) string {
		in := selecting(url, selector)
		in.ReceiveRequestAttemptId = &id
		return strings.Join(bodiesOf(received(t, c, in)), " ")
	}
	if got := receive("color = 'blue'", "one"); got != "" {
		t.Errorf("blue is %q, behind a red one of its group", got)
	}
	if got := receive("color = 'red' AND JMSXGroupID <> 'c'", "one"); got != "1 3" {
		t.Errorf("red is %q", got)
	}
	if got := receive("color = 'red' AND JMSXGroupID <> 'c'", "one"); got != "1 3" {
		t.Errorf("red again is %q", got)
	}
	if got := receive("color = 'red'", "one"); got != "4" {
		t.Errorf("with another selector the id gives %q", got)
	}
}

// A receive that would be one selector too many at its queue is told so.
func TestTooManySelectors(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	url := made(t, c, "q", nil)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for i := range 1000 {
		x, err := queuecore.CompileSelector(fmt.Sprintf("n = %d", i), queuecore.SelectorOptions{})
		if err != nil {
			t.Fatal(err)
		}
		all.Add(1)
		// Ends with ctx.
		go func() {
			defer all.Done()
			_, _ = h.broker.Receive(ctx, "q", queuecore.ReceiveOptions{Wait: -1, Selector: x})
		}()
	}
	h.await(func() bool {
		s, err := h.broker.Stats(ctx, "q")
		return err != nil || s.Waiting == 1000
	})
	in := selecting(url, "n = -1")
	if _, err := c.ReceiveMessage(t.Context(), &in); code(err) != "OverLimit" || !strings.Contains(err.Error(), "1000 different selectors") {
		t.Errorf("got %v", err)
	}
}

// A task that was started elsewhere with a selector does not say how much it will move.
func TestMoveWithASelectorIsShown(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	dead(t, h, c, "a", "b")
	x, err := queuecore.CompileSelector("JMS_Sluice_DeadQueue = 'work' AND JMS_Sluice_DeadAttempts = 1 AND JMSType IS NULL", queuecore.SelectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.broker.StartMoveOf(t.Context(), "dead", "", x, 0); err != nil {
		t.Fatal(err)
	}
	h.await(func() bool { return lastMove(t, c).Status != nil && *lastMove(t, c).Status != "RUNNING" })
	m := lastMove(t, c)
	if *m.Status != "COMPLETED" || m.ApproximateNumberOfMessagesMoved != 2 || m.ApproximateNumberOfMessagesToMove != nil {
		t.Errorf("%+v of %v", m, m.ApproximateNumberOfMessagesToMove)
	}
}
