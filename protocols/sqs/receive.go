package sqs

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// receiveMessage hands out messages, and waits for the first one if the client
// wants that.
func (c *call) receiveMessage(ctx context.Context, r *wire.ReceiveMessage) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Receive)
	if err != nil {
		return nil, err
	}
	if q.Config.Relay {
		return nil, c.keepsNothing(&q)
	}
	o, err := receiveOptions(&q.Config, r)
	if err != nil {
		return nil, err
	}
	if o.Selector, err = takeSelector(r); err != nil {
		return nil, err
	}
	if err := checkAttemptID(&q, r.AttemptID); err != nil {
		return nil, err
	}
	if err := c.checkSystemNames(r.SystemNames); err != nil {
		return nil, err
	}
	list, at, err := c.handOut(ctx, &q, r, o)
	if err != nil {
		return nil, err
	}
	offloaded, err := c.ready(ctx, &q, r, list)
	if err != nil {
		return nil, err
	}
	out := &wire.Messages{Messages: make([]wire.Message, len(list))}
	v := view{c, r, isFIFO(&q), at}
	for i := range list {
		var instead *mapping.SQSMessage
		if offloaded != nil {
			instead = offloaded[i]
		}
		v.show(&out.Messages[i], &list[i], instead)
	}
	return out, nil
}

// ready is offload where the client still may have the messages, before and after: S3 may take long.
func (c *call) ready(ctx context.Context, q *queuecore.QueueInfo, r *wire.ReceiveMessage, list []queuecore.Delivery) ([]*mapping.SQSMessage, error) {
	if err := c.stillMay(q, list); err != nil {
		return nil, err
	}
	offloaded := c.offload(ctx, q, r, list)
	if offloaded == nil {
		return nil, nil
	}
	return offloaded, c.stillMay(q, list)
}

// stillMay asks once more whether the client may have what it is about to be given, where the policy of the queue, or of
// the stream that it is a consumer's of, may have become another one while it waited. If not, all goes back.
func (c *call) stillMay(was *queuecore.QueueInfo, list []queuecore.Delivery) error {
	if len(list) == 0 {
		return nil
	}
	q, err := c.broker.Queue(was.Name)
	if err != nil || q.Config.Of == "" && q.Config.Labels[label+policyName] == was.Config.Labels[label+policyName] {
		return nil // or it is gone, with what it held
	}
	if err = c.permit(&q, c.asked(protocols.Receive)); err != nil {
		c.giveBack()
		c.handed = nil
	}
	return err
}

// keepsNothing says that a queue hands on what it is sent, and which queues have it.
func (c *call) keepsNothing(q *queuecore.QueueInfo) error {
	const shown = 10
	var names []string
	for _, m := range c.broker.Members(q.Name) {
		names = append(names, c.names.QueueName(m.Name))
	}
	where := "there are none yet"
	if n := len(names); n > 0 {
		where = strings.Join(names[:min(n, shown)], ", ")
	}
	return wire.Errorf(wire.UnsupportedOperation, "The queue %s hands on each message to the queues of its consumers and keeps none. Receive from one of those: %s.",
		c.names.QueueName(q.Name), where)
}

// handOut returns the messages of a receive, and when they were handed out. Of too many
// in flight a FIFO queue says nothing, nor does a long poll.
// SQS developer guide, "Message quotas": "returns the OverLimit error message".
func (c *call) handOut(ctx context.Context, q *queuecore.QueueInfo, r *wire.ReceiveMessage, o queuecore.ReceiveOptions) (list []queuecore.Delivery, at time.Time, err error) {
	if isFIFO(q) && r.AttemptID != "" {
		return c.receiveOnce(ctx, q, r, o)
	}
	o.TellInFlight = !isFIFO(q)
	list, err = c.receive(ctx, q.Name, o)
	if errors.Is(err, queuecore.ErrInFlight) {
		err = c.overLimit(q)
	}
	c.owe(list)
	return list, c.Now(), err
}

// owe notes messages that go back to their queue if the answer cannot be written.
func (c *call) owe(list []queuecore.Delivery) {
	for i := range list {
		c.handed = append(c.handed, list[i].Receipt)
	}
}

// overLimit puts into SQS's words that too many messages of a standard queue are in flight.
func (c *call) overLimit(q *queuecore.QueueInfo) error {
	return wire.Errorf(wire.OverLimit, "The maximum of %d messages in flight is reached for the queue %s.", q.Config.MaxInFlight, c.names.QueueName(q.Name))
}

// receive asks the broker. It ends when the client goes away, and with no
// messages when the gateway shuts down or nobody knows the client's key any more.
func (c *call) receive(ctx context.Context, queue string, o queuecore.ReceiveOptions) ([]queuecore.Delivery, error) {
	if o.Wait == 0 {
		return c.broker.Receive(ctx, queue, o)
	}
	polling, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()
	if c.who != nil {
		defer protocols.OnRevoke(c.who, cancel)()
		defer c.peer.OnExpiry(cancel)()
	}
	list, err := c.broker.Receive(polling, queue, o)
	if err != nil && polling.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	return list, err
}

// receiveOptions reads the parameters of ReceiveMessage; those left out are the queue's.
func receiveOptions(config *queuecore.QueueConfig, r *wire.ReceiveMessage) (queuecore.ReceiveOptions, error) {
	var o queuecore.ReceiveOptions
	o.Max = r.Max.Or(1)
	if o.Max < 1 || o.Max > maxReceive {
		return o, badValue(o.Max, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	}
	wait, _ := number(config.Labels[label+"ReceiveMessageWaitTimeSeconds"])
	wait = r.Wait.Or(wait)
	if wait < 0 || wait > maxWait {
		return o, badValue(wait, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
	}
	o.Wait = time.Duration(wait) * second
	v := r.VisibilityTimeout
	switch {
	case v.Set && (v.Value < 0 || v.Value > maxVisibility):
		return o, badValue(v.Value, "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.")
	case v.Set:
		o.Lease = queuecore.LeaseFor(time.Duration(v.Value) * second)
	case noVisibility(config):
		o.Lease = queuecore.LeaseFor(0)
	}
	return o, nil
}

// checkSystemNames refuses names that nothing has. Names of queue attributes are passed
// by: for long the API reference, and SDKs by their types, had them here.
// ReceiveMessage, "AttributeNames", "MessageSystemAttributeNames".
func (c *call) checkSystemNames(names []string) error {
	for _, name := range names {
		if name != "All" && !isSystemName(name) && c.attribute(name) == nil && !isReadOnly(name) {
			return unknownAttribute(name)
		}
	}
	return nil
}

func isSystemName(name string) bool {
	switch name {
	case "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SequenceNumber",
		"MessageGroupId", "MessageDeduplicationId", traceHeader, "DeadLetterQueueSourceArn":
		return true
	}
	return false
}

// view is how a client wants to see the messages of a receive.
type view struct {
	*call
	r    *wire.ReceiveMessage
	fifo bool      // they come from a FIFO queue
	at   time.Time // when they were handed out
}

// show fills in a message, or what stands in its place, if anything does.
func (v *view) show(m *wire.Message, d *queuecore.Delivery, instead *mapping.SQSMessage) {
	h := handle{receipt: d.Receipt, received: v.at}
	var x mapping.SQSMessage
	if instead != nil {
		x, h.offloaded = *instead, d.ID
	} else {
		x = v.names.Encode(plain(d))
	}
	m.MessageID = d.ID.String()
	m.ReceiptHandle = h.String()
	m.Body = x.Body
	m.MD5OfBody = wire.MD5OfBody(x.Body)
	m.Attributes = v.chosen(x.Attributes, v.r.AttributeNames)
	m.MD5OfAttributes = m.Attributes.MD5()
	if len(v.r.SystemNames) > 0 {
		m.System = v.systemAttributes(d, &x, wanted(v.r.SystemNames))
	}
}

// attempts is the reason that SQS knows for a dead letter.
const attempts = "attempts"

// plain returns the delivery without what SQS says in words of its own: why a
// message is a dead letter, where the reason is the usual one.
func plain(d *queuecore.Delivery) *queuecore.Delivery {
	if d.Dead == nil || d.Dead.Reason != attempts {
		return d
	}
	x := *d
	x.Dead = nil
	return &x
}

// chosen returns the attributes that the client asked for.
func (c *call) chosen(all []mapping.SQSAttribute, names []string) wire.Attributes {
	if len(names) == 0 {
		return nil
	}
	var list wire.Attributes
	for i := range all {
		a := &all[i]
		if !isChosen(a.Name, names) {
			continue
		}
		text := a.Text
		if a.Name == mapping.SQSReplyToURL && !strings.Contains(text, "/") {
			text = c.urlOf(text)
		}
		list = append(list, wire.Attribute{Name: a.Name, DataType: a.DataType, Text: text, Binary: a.Binary})
	}
	return list
}

// ReceiveMessage, "MessageAttributeNames": names, "prefix.*", and "All" or ".*" for all.
func isChosen(name string, names []string) bool {
	for _, n := range names {
		if n == name || n == "All" {
			return true
		}
		if prefix, ok := strings.CutSuffix(n, ".*"); ok && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// anonymous is the SenderId of a message whose sender nobody knows.
const anonymous = "anonymous"

// ReceiveMessage, "MessageSystemAttributeNames".
func (v *view) systemAttributes(d *queuecore.Delivery, x *mapping.SQSMessage, want func(string) bool) wire.Pairs {
	var list wire.Pairs
	add := func(name, value string) {
		if value != "" && want(name) {
			list = append(list, wire.Pair{Name: name, Value: value})
		}
	}
	sender := d.UserID
	if sender == "" {
		sender = anonymous
	}
	add("SenderId", sender)
	add("SentTimestamp", millis(d.SentAt))
	add("ApproximateReceiveCount", strconv.Itoa(d.Attempt))
	add("ApproximateFirstReceiveTimestamp", millis(d.First))
	if v.fifo {
		add("SequenceNumber", sequence(d.Receipt.Seq))
	}
	add("MessageGroupId", x.GroupID)
	add("MessageDeduplicationId", x.DedupID)
	add(traceHeader, x.TraceHeader)
	if d.Dead != nil {
		add("DeadLetterQueueSourceArn", v.arn(d.Dead.Queue))
	}
	return list
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
