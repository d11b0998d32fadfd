package sqs_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// The tests of this file speak through an unmodified client of the AWS SDK for
// Go, which checks the digest of every body it sends and receives.

// made creates a queue and returns its URL.
func made(t testing.TB, c *awssqs.Client, name string, attributes map[string]string) *string {
	t.Helper()
	out, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func sent(t testing.TB, c *awssqs.Client, url *string, body string) string {
	t.Helper()
	out, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
	if err != nil {
		t.Fatal(err)
	}
	return *out.MessageId
}

func received(t testing.TB, c *awssqs.Client, in awssqs.ReceiveMessageInput) []types.Message {
	t.Helper()
	out, err := c.ReceiveMessage(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Messages
}

func TestClientQueues(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	ctx := t.Context()
	url := made(t, c, "orders", map[string]string{"DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "1"})
	if *url != "http://sqs.test/000000000000/orders" {
		t.Errorf("URL %s", *url)
	}
	got, err := c.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	if err != nil || *got.QueueUrl != *url {
		t.Errorf("GetQueueUrl: %v, %v", got, err)
	}
	_, err = c.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "77"}})
	if err != nil {
		t.Fatal(err)
	}
	at, err := c.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil || at.Attributes["VisibilityTimeout"] != "77" || at.Attributes["ReceiveMessageWaitTimeSeconds"] != "1" {
		t.Errorf("GetQueueAttributes: %v, %v", at, err)
	}
	if _, err = c.DeleteQueue(ctx, &awssqs.DeleteQueueInput{QueueUrl: url}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	var gone *types.QueueDoesNotExist
	if !errors.As(err, &gone) {
		t.Errorf("after delete: %v", err)
	}
}

func TestClientPages(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	var want []string
	for i := range 7 {
		want = append(want, *made(t, c, fmt.Sprintf("page-%d", i), nil))
	}
	made(t, c, "other", nil)
	var got []string
	p := awssqs.NewListQueuesPaginator(c, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("page-"), MaxResults: aws.Int32(3)})
	pages := 0
	for ; p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, out.QueueUrls...)
	}
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("%d pages: %v", pages, got)
	}
}

func TestClientMessage(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	url := made(t, c, "q", nil)
	body := "héllo <&> \t\r\n 😀 \u2028"
	attributes := map[string]types.MessageAttributeValue{
		"text":   {DataType: aws.String("String"), StringValue: aws.String("é<")},
		"number": {DataType: aws.String("Number"), StringValue: aws.String("0012.50")},
		"int":    {DataType: aws.String("Number.int"), StringValue: aws.String("7")},
		"flag":   {DataType: aws.String("Number.Boolean"), StringValue: aws.String("1")},
		"bytes":  {DataType: aws.String("Binary.gif"), BinaryValue: []byte{0, 1, 255}},
	}
	out, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{
		QueueUrl: url, MessageBody: &body, MessageAttributes: attributes, MessageGroupId: aws.String("tenant"),
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-2-3")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	list := received(t, c, awssqs.ReceiveMessageInput{
		QueueUrl:                    url,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		MessageAttributeNames:       []string{"All"},
	})
	if len(list) != 1 {
		t.Fatalf("got %d messages", len(list))
	}
	m := list[0]
	sum := md5.Sum([]byte(body))
	if *m.Body != body || *m.MessageId != *out.MessageId || *m.MD5OfBody != hex.EncodeToString(sum[:]) {
		t.Errorf("got %q, %s", *m.Body, *m.MD5OfBody)
	}
	if !reflect.DeepEqual(m.MessageAttributes, attributes) || *m.MD5OfMessageAttributes != *out.MD5OfMessageAttributes {
		t.Errorf("attributes %v, digest %s, want %s", m.MessageAttributes, *m.MD5OfMessageAttributes, *out.MD5OfMessageAttributes)
	}
	if m.Attributes["AWSTraceHeader"] != "Root=1-2-3" || m.Attributes["MessageGroupId"] != "tenant" || m.Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("system attributes %v", m.Attributes)
	}
	if strings.Contains(*m.ReceiptHandle, "-") {
		t.Errorf("receipt handle %s", *m.ReceiptHandle)
	}
	_, err = c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		t.Error(err)
	}
}

// A message may be exactly as large as the queue says: body, and the names, types
// and values of the attributes.
func TestClientSizes(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	small := made(t, c, "small", map[string]string{"MaximumMessageSize": "1024"})
	large := made(t, c, "large", nil)
	send := func(url *string, body int) error {
		_, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String(strings.Repeat("é", (body-11)/2) + strings.Repeat("x", (body-11)%2)),
			MessageAttributes: map[string]types.MessageAttributeValue{"name": {DataType: aws.String("String"), StringValue: aws.String("v")}},
			MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
				"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(strings.Repeat("t", 2048))},
			},
		})
		return err
	}
	for _, x := range []struct {
		url   *string
		limit int
	}{{small, 1024}, {large, 1 << 20}} {
		if err := send(x.url, x.limit); err != nil {
			t.Errorf("%d bytes: %v", x.limit, err)
		}
		want := fmt.Sprintf("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", x.limit)
		if err := send(x.url, x.limit+1); code(err) != "InvalidParameterValue" || !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v", x.limit+1, err)
		}
	}
	batch := func(body int) error {
		_, err := c.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: large, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String(strings.Repeat("x", 1<<20-body))},
			{Id: aws.String("2"), MessageBody: aws.String(strings.Repeat("x", body))},
		}})
		return err
	}
	if err := batch(1000); err != nil {
		t.Error(err)
	}
	_, err := c.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: large, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("1"), MessageBody: aws.String(strings.Repeat("x", 1<<20))},
		{Id: aws.String("2"), MessageBody: aws.String("x")},
	}})
	var long *types.BatchRequestTooLong
	if !errors.As(err, &long) || !strings.Contains(err.Error(), "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.") {
		t.Error(err)
	}
	// In a batch one message too large for its queue fails alone.
	out, err := c.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: small, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("1"), MessageBody: aws.String(strings.Repeat("x", 1025))},
		{Id: aws.String("2"), MessageBody: aws.String("x")},
	}})
	if err != nil || len(out.Successful) != 1 || len(out.Failed) != 1 ||
		*out.Failed[0].Message != "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes." {
		t.Errorf("%+v, %v", out, err)
	}
}

// code returns the code of an error as SDKs see it.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestClientBatches(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	ctx := t.Context()
	url := made(t, c, "q", nil)
	var entries []types.SendMessageBatchRequestEntry
	for i := range 10 {
		entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint("id", i)), MessageBody: aws.String(fmt.Sprint("body", i))})
	}
	out, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
	if err != nil || len(out.Successful) != 10 || len(out.Failed) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	list := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	if len(list) != 10 {
		t.Fatalf("got %d messages", len(list))
	}
	var change []types.ChangeMessageVisibilityBatchRequestEntry
	var del []types.DeleteMessageBatchRequestEntry
	for i, m := range list {
		if *m.Body != fmt.Sprint("body", i) {
			t.Errorf("message %d is %s", i, *m.Body)
		}
		change = append(change, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 100})
		del = append(del, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
	}
	changed, err := c.ChangeMessageVisibilityBatch(ctx, &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: change})
	if err != nil || len(changed.Successful) != 10 {
		t.Fatalf("%+v, %v", changed, err)
	}
	del[3].ReceiptHandle = aws.String("nonsense")
	deleted, err := c.DeleteMessageBatch(ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: url, Entries: del})
	if err != nil || len(deleted.Successful) != 9 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" || !deleted.Failed[0].SenderFault {
		t.Fatalf("%+v, %v", deleted, err)
	}
}

// Every modelled error arrives as the type that the SDK has for it.
func TestClientErrors(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	ctx := t.Context()
	url := made(t, c, "q", nil)
	sent(t, c, url, "x")
	m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 60})[0]
	free := func() error {
		_, err := c.ChangeMessageVisibility(ctx, &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
		return err
	}
	if err := free(); err != nil {
		t.Fatal(err)
	}
	entry := types.SendMessageBatchRequestEntry{Id: aws.String("1"), MessageBody: aws.String("x")}
	for name, f := range map[string]func() error{
		"AWS.SimpleQueueService.NonExistentQueue": func() error {
			_, err := c.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: aws.String("nothing"), MessageBody: aws.String("x")})
			return as[*types.QueueDoesNotExist](t, err)
		},
		"QueueAlreadyExists": func() error {
			_, err := c.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"DelaySeconds": "3"}})
			return as[*types.QueueNameExists](t, err)
		},
		"InvalidAttributeName": func() error {
			_, err := c.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("r"), Attributes: map[string]string{"X": "3"}})
			return as[*types.InvalidAttributeName](t, err)
		},
		"InvalidAttributeValue": func() error {
			_, err := c.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("r"), Attributes: map[string]string{"DelaySeconds": "x"}})
			return as[*types.InvalidAttributeValue](t, err)
		},
		"InvalidMessageContents": func() error {
			_, err := c.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("\x01")})
			return as[*types.InvalidMessageContents](t, err)
		},
		"ReceiptHandleIsInvalid": func() error {
			_, err := c.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")})
			return as[*types.ReceiptHandleIsInvalid](t, err)
		},
		"AWS.SimpleQueueService.MessageNotInflight": func() error {
			_, err := c.ChangeMessageVisibility(ctx, &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 5})
			return as[*types.MessageNotInflight](t, err)
		},
		"AWS.SimpleQueueService.EmptyBatchRequest": func() error {
			_, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{}})
			return as[*types.EmptyBatchRequest](t, err)
		},
		"AWS.SimpleQueueService.BatchEntryIdsNotDistinct": func() error {
			_, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{entry, entry}})
			return as[*types.BatchEntryIdsNotDistinct](t, err)
		},
		"AWS.SimpleQueueService.TooManyEntriesInBatchRequest": func() error {
			_, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: slices.Repeat([]types.SendMessageBatchRequestEntry{entry}, 11)})
			return as[*types.TooManyEntriesInBatchRequest](t, err)
		},
		"AWS.SimpleQueueService.InvalidBatchEntryId": func() error {
			_, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{{Id: aws.String("."), MessageBody: aws.String("x")}}})
			return as[*types.InvalidBatchEntryId](t, err)
		},
		"InvalidParameterValue": func() error {
			_, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
			return err
		},
	} {
		if got := code(f()); got != name {
			t.Errorf("got %s, want %s", got, name)
		}
	}
}

// as checks that an error has a type.
func as[E error](t *testing.T, err error) error {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Errorf("%v is no %T", err, e)
	}
	return err
}

func TestClientPermissions(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	url := made(t, c, "q", nil)
	_, err := c.AddPermission(t.Context(), &awssqs.AddPermissionInput{
		QueueUrl: url, Label: aws.String("partner"), AWSAccountIds: []string{"123456789012"}, Actions: []string{"SendMessage"},
	})
	if err != nil {
		t.Fatal(err)
	}
	policy := func() string {
		out, err := c.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Policy"}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Attributes["Policy"]
	}
	if p := policy(); !strings.Contains(p, `"Sid":"partner"`) || !strings.Contains(p, "arn:aws:iam::123456789012:root") {
		t.Error(p)
	}
	remove := func() error {
		_, err := c.RemovePermission(t.Context(), &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("partner")})
		return err
	}
	if err := remove(); err != nil || policy() != "" {
		t.Errorf("%v, %q", err, policy())
	}
	if err := remove(); code(err) != "InvalidParameterValue" {
		t.Error(err)
	}
}

func TestClientTags(t *testing.T) {
	c := start(t, sqs.Options{}).client()
	ctx := t.Context()
	url := made(t, c, "q", nil)
	if _, err := c.TagQueue(ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"a": "1", "b": "2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UntagQueue(ctx, &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	out, err := c.ListQueueTags(ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
	if err != nil || !reflect.DeepEqual(out.Tags, map[string]string{"b": "2"}) {
		t.Errorf("%v, %v", out, err)
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = "x"
	}
	_, err = c.TagQueue(ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: many})
	if code(err) != "InvalidParameterValue" {
		t.Errorf("51 tags: %v", err)
	}
}

// A handle is good with another gateway to the same core, as it is after a restart.
func TestHandleOutlivesGateway(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	url := made(t, c, "q", nil)
	sent(t, c, url, "x")
	m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})[0]
	l, dial := port(t)
	next := &house{t: t, gate: sqs.New(h.broker, sqs.Options{Log: quiet()}), web: newWeb(dial)}
	served := make(chan error, 1)
	// Ends with Shutdown below.
	go func() { served <- next.gate.Serve(l) }()
	_, err := next.client().DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		t.Error(err)
	}
	next.web.CloseIdleConnections()
	if err := next.gate.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	s, err := h.broker.Stats(t.Context(), "q")
	if err != nil || s.Len() != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Queues and messages of other dialects look like those of SQS.
func TestOtherDialects(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	ctx := t.Context()
	if _, err := h.broker.EnsureQueue(ctx, "a.b/c", queuecore.QueueConfig{MaxAttempts: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.broker.EnsureQueue(ctx, "temp", queuecore.QueueConfig{Transient: true}); err != nil {
		t.Fatal(err)
	}
	list, err := c.ListQueues(ctx, &awssqs.ListQueuesInput{})
	if err != nil || len(list.QueueUrls) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	url := &list.QueueUrls[0]
	at, err := c.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"VisibilityTimeout": "30", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "1209600",
		"DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0", "RedrivePolicy": "", "FifoQueue": "",
	} {
		if at.Attributes[name] != want {
			t.Errorf("%s is %q, want %q", name, at.Attributes[name], want)
		}
	}
	_, err = h.broker.Send(ctx, &queuecore.Message{
		Destination: queuecore.QueueNamed("a.b/c"), Body: []byte{0, 255}, BodyKind: queuecore.BodyBytes,
		ReplyTo: queuecore.QueueNamed("answers"), UserID: "alice",
	})
	if err != nil {
		t.Fatal(err)
	}
	m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SenderId"}})[0]
	if *m.Body != "AP8=" || *m.MessageAttributes["JMS_SQSMessageType"].StringValue != "byte" {
		t.Errorf("body %s, attributes %v", *m.Body, m.MessageAttributes)
	}
	if got := *m.MessageAttributes["JMS_SQSReplyToQueueURL"].StringValue; got != "http://sqs.test/000000000000/answers" {
		t.Errorf("reply URL %s", got)
	}
	if m.Attributes["SenderId"] != "alice" {
		t.Errorf("sender %s", m.Attributes["SenderId"])
	}
	// A queue that another dialect gave a dead-letter queue has a redrive policy.
	_, err = h.broker.UpdateQueue(ctx, "a.b/c", func(q *queuecore.QueueConfig) error {
		q.DeadLetter = "graves"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	at, err = c.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"RedrivePolicy"}})
	if err != nil || at.Attributes["RedrivePolicy"] != `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:graves","maxReceiveCount":3}` {
		t.Errorf("%v, %v", at, err)
	}
}

func all() []types.MessageSystemAttributeName { return []types.MessageSystemAttributeName{"All"} }

// A queue that is full refuses for now; in a batch, entry by entry.
func TestFullQueue(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	if _, err := h.broker.EnsureQueue(t.Context(), "q", queuecore.QueueConfig{MaxMessages: 2}); err != nil {
		t.Fatal(err)
	}
	url := aws.String("q")
	sent(t, c, url, "1")
	entry := func(id string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String("x")}
	}
	out, err := c.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{entry("a"), entry("b")}})
	if err != nil || len(out.Successful) != 1 || *out.Successful[0].Id != "a" || len(out.Failed) != 1 || *out.Failed[0].Code != "RequestThrottled" {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	if code(err) != "RequestThrottled" || !strings.Contains(err.Error(), "is full") {
		t.Error(err)
	}
}

// A queue that holds its maximum of what was sent to it by its name refuses for now, and says so.
func TestQueueThatBoundsItsTopics(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	if _, err := h.broker.EnsureQueue(t.Context(), "q", queuecore.QueueConfig{MaxPerTopic: 1}); err != nil {
		t.Fatal(err)
	}
	url := aws.String("q")
	sent(t, c, url, "1")
	_, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	if code(err) != "RequestThrottled" || !strings.Contains(err.Error(), "maximum of 1 messages that were sent to it by its name") {
		t.Error(err)
	}
}

// A dead letter that was given up for a reason SQS does not know says so in an attribute.
func TestDeadLetterReason(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	made(t, c, "dead", nil)
	url := made(t, c, "work", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":5}`})
	sent(t, c, url, "x")
	list, err := h.broker.Receive(t.Context(), "work", queuecore.ReceiveOptions{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if err := h.broker.Reject(t.Context(), list[0].Receipt, "unreadable"); err != nil {
		t.Fatal(err)
	}
	m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: aws.String("dead"), MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: all()})
	if len(m) != 1 || *m[0].MessageAttributes["Sluice.DeadReason"].StringValue != "unreadable" ||
		m[0].Attributes["DeadLetterQueueSourceArn"] != "arn:aws:sqs:us-east-1:000000000000:work" {
		t.Errorf("%+v", m)
	}
}
