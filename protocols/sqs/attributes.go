package sqs

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

const (
	second = time.Second
	// label begins the names of the labels that hold queue attributes.
	label = "sqs."
)

// attribute is one queue attribute that a client may set. Where it is a rule of
// the core it stands in the configuration; otherwise in a label, so that it can
// be read back as it was set.
type attribute struct {
	name  string
	fifo  bool // of FIFO queues only
	check func(v string) bool
	put   func(c *queuecore.QueueConfig, v string)
	get   func(c *queuecore.QueueConfig) string // "": it has no value
}

// attributeTable lists the attributes that can be set, in the order in which
// they are shown. RedrivePolicy and its like are checked further in redrive.go.
// SetQueueAttributes, "Attributes".
func (g *Gateway) attributeTable() []attribute {
	return []attribute{
		{name: "VisibilityTimeout", check: within(0, maxVisibility), put: putVisibility, get: getVisibility},
		{name: "MaximumMessageSize", check: within(minMessage, maxMessage), put: putMaxSize, get: getMaxSize},
		{name: "MessageRetentionPeriod", check: within(minRetention, maxRetention), put: putRetention, get: getRetention},
		{name: "DelaySeconds", check: within(0, maxDelay), put: putDelay, get: getDelay},
		labelled("ReceiveMessageWaitTimeSeconds", "0", within(0, maxWait)),
		labelled(policyName, "", nil),
		{name: redrivePolicy, put: g.putRedrive, get: g.getRedrive},
		labelled(redriveAllowPolicy, "", nil),
		{name: "FifoQueue", fifo: true, put: func(*queuecore.QueueConfig, string) {}, get: func(*queuecore.QueueConfig) string { return "true" }},
		onFIFO(labelled("ContentBasedDeduplication", "false", oneOf("true", "false"))),
		{name: "DeduplicationScope", fifo: true, check: oneOf("queue", perGroup), put: putScope, get: getScope},
		onFIFO(labelled("FifoThroughputLimit", "perQueue", oneOf("perQueue", "perMessageGroupId"))),
		labelled("KmsMasterKeyId", "", nil),
		{name: "KmsDataKeyReusePeriodSeconds", check: within(minKeyReuse, maxKeyReuse), put: putLabel("KmsDataKeyReusePeriodSeconds"), get: getKeyReuse},
		labelled("SqsManagedSseEnabled", "false", oneOf("true", "false")),
	}
}

// labelled is an attribute that the core knows nothing of. d is its value until it is set.
func labelled(name, d string, check func(string) bool) attribute {
	return attribute{
		name:  name,
		check: check,
		put:   putLabel(name),
		get: func(c *queuecore.QueueConfig) string {
			if v := c.Labels[label+name]; v != "" {
				return v
			}
			return d
		},
	}
}

func onFIFO(a attribute) attribute {
	a.fifo = true
	return a
}

// putLabel sets a label, or removes it when the value is empty: that is how
// clients take an attribute away.
func putLabel(name string) func(*queuecore.QueueConfig, string) {
	return func(c *queuecore.QueueConfig, v string) {
		if v == "" {
			delete(c.Labels, label+name)
			return
		}
		setLabel(c, label+name, v)
	}
}

func setLabel(c *queuecore.QueueConfig, name, v string) {
	if c.Labels == nil {
		c.Labels = make(map[string]string)
	}
	c.Labels[name] = v
}

func within(low, high int) func(string) bool {
	return func(v string) bool {
		n, ok := number(v)
		return ok && n >= low && n <= high
	}
}

// number reads digits and nothing else.
func number(v string) (int, bool) {
	n, err := strconv.ParseUint(v, 10, 31)
	return int(n), err == nil
}

func oneOf(values ...string) func(string) bool {
	return func(v string) bool {
		for _, x := range values {
			if v == x {
				return true
			}
		}
		return false
	}
}

// A visibility timeout of zero is legal in SQS, and is what every other queue has
// in the core when it names none. So it is kept in a label, and receivers name it.
func putVisibility(c *queuecore.QueueConfig, v string) {
	n, _ := number(v)
	c.Lease = time.Duration(n) * second
	delete(c.Labels, label+"VisibilityTimeout")
	if n == 0 {
		setLabel(c, label+"VisibilityTimeout", "0")
	}
}

func getVisibility(c *queuecore.QueueConfig) string {
	if c.Lease > 0 {
		return seconds(c.Lease)
	}
	if noVisibility(c) {
		return "0"
	}
	return seconds(queuecore.DefaultLease)
}

func noVisibility(c *queuecore.QueueConfig) bool {
	return c.Lease == 0 && c.Labels[label+"VisibilityTimeout"] != ""
}

// seconds rounds up, so that a short time does not become none.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+second-1)/second), 10)
}

// The size that SQS allows is counted differently from the core's and is kept in a
// label; the core's bound lies above it and is for the other dialects.
func putMaxSize(c *queuecore.QueueConfig, v string) {
	n, _ := number(v)
	c.MaxMessageSize = n + sizeSlack
	setLabel(c, label+"MaximumMessageSize", v)
}

func getMaxSize(c *queuecore.QueueConfig) string { return strconv.Itoa(maxSize(c)) }

// maxSize is the largest message that an SQS client may send to the queue.
func maxSize(c *queuecore.QueueConfig) int {
	if c.MaxMessageSize <= 0 {
		return maxMessage
	}
	if n, ok := number(c.Labels[label+"MaximumMessageSize"]); ok && c.MaxMessageSize == n+sizeSlack {
		return n
	}
	return min(c.MaxMessageSize, maxMessage)
}

func putRetention(c *queuecore.QueueConfig, v string) {
	n, _ := number(v)
	c.Retention = time.Duration(n) * second
}

// A queue of another dialect may keep its messages for ever; SQS has no word for
// that beyond its longest time.
func getRetention(c *queuecore.QueueConfig) string {
	if c.Retention <= 0 {
		return strconv.Itoa(maxRetention)
	}
	return seconds(c.Retention)
}

func putDelay(c *queuecore.QueueConfig, v string) {
	n, _ := number(v)
	c.Delay = time.Duration(n) * second
}

func getDelay(c *queuecore.QueueConfig) string { return seconds(c.Delay) }

// The period is shown of queues that have a key only.
func getKeyReuse(c *queuecore.QueueConfig) string {
	if v := c.Labels[label+"KmsDataKeyReusePeriodSeconds"]; v != "" {
		return v
	}
	if c.Labels[label+"KmsMasterKeyId"] != "" {
		return strconv.Itoa(defaultKeyReuse)
	}
	return ""
}

func (g *Gateway) attribute(name string) *attribute {
	for i := range g.attributes {
		if g.attributes[i].name == name {
			return &g.attributes[i]
		}
	}
	return nil
}

func unknownAttribute(name string) error {
	return wire.Errorf(wire.InvalidAttributeName, "Unknown Attribute %s.", cut(name))
}

func badAttribute(name string) *wire.Error {
	return wire.Errorf(wire.InvalidAttributeValue, "Invalid value for the parameter %s.", name)
}

// checkAttributes checks each attribute that is to be set on a queue.
func (c *call) checkAttributes(queue string, fifo bool, change wire.Pairs) error {
	for _, p := range change {
		if err := c.checkAttribute(queue, fifo, p.Name, p.Value); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) checkAttribute(queue string, fifo bool, name, v string) error {
	a := c.attribute(name)
	switch {
	case a == nil:
		return unknownAttribute(name)
	case a.fifo && !fifo:
		return onlyFIFO(name)
	case name == "FifoQueue" && v != "true":
		return wire.Errorf(wire.InvalidAttributeValue, "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
	case name == redrivePolicy && v != "":
		return c.checkRedrive(queue, fifo, v)
	case name == redriveAllowPolicy && v != "":
		return checkAllow(v)
	case name == policyName && v != "":
		return checkPolicy(v)
	case a.check != nil && !a.check(v):
		return badAttribute(name)
	}
	return nil
}

func onlyFIFO(name string) error {
	switch name {
	case "DeduplicationScope", "FifoThroughputLimit":
		return wire.Errorf(wire.InvalidAttributeName, "You can specify the %s only when FifoQueue is set to true.", name)
	}
	return unknownAttribute(name)
}

// apply sets attributes that have been checked, and checks those that depend on
// each other.
func (g *Gateway) apply(config *queuecore.QueueConfig, change wire.Pairs) error {
	for _, p := range change {
		g.attribute(p.Name).put(config, p.Value)
	}
	if config.Labels[label+"SqsManagedSseEnabled"] == "true" && config.Labels[label+"KmsMasterKeyId"] != "" {
		return wire.Errorf(wire.InvalidAttributeName, "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	}
	if config.Labels[label+"FifoThroughputLimit"] == "perMessageGroupId" && !config.DedupPerGroup {
		return wire.Errorf(wire.InvalidAttributeValue, "Invalid value for the parameter FifoThroughputLimit. Reason: The value perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.")
	}
	return nil
}

// perGroup is the value of DeduplicationScope that lets each group have
// deduplication ids of its own.
const perGroup = "messageGroup"

func putScope(c *queuecore.QueueConfig, v string) { c.DedupPerGroup = v == perGroup }

func getScope(c *queuecore.QueueConfig) string {
	if c.DedupPerGroup {
		return perGroup
	}
	return "queue"
}

func dedupByContent(c *queuecore.QueueConfig) bool {
	return c.Labels[label+"ContentBasedDeduplication"] == "true"
}

// sameAttributes says which of the attributes a queue has otherwise.
func (c *call) sameAttributes(q *queuecore.QueueInfo, change wire.Pairs) error {
	fifo := isFIFO(q)
	for _, p := range change {
		a := c.attribute(p.Name)
		other := q.Config
		other.Labels = make(map[string]string, len(q.Config.Labels)+1)
		for k, v := range q.Config.Labels {
			other.Labels[k] = v
		}
		a.put(&other, p.Value)
		if a.fifo && !fifo || canonical(a.name, a.get(&q.Config)) != canonical(a.name, a.get(&other)) {
			return wire.Errorf(wire.QueueNameExists, "A queue already exists with the same name and a different value for attribute %s", p.Name)
		}
	}
	return nil
}

// openToSet opens a queue whose attributes are to be set. The policy hands out rights and
// takes them away, so to set that is to administer the queue.
func (c *call) openToSet(r *wire.SetQueueAttributes) (queuecore.QueueInfo, error) {
	_, rights := r.Attributes.Get(policyName)
	if rights && len(r.Attributes) == 1 {
		return c.open(&r.Target, protocols.Admin)
	}
	q, err := c.open(&r.Target, protocols.Create)
	if err == nil && rights {
		err = c.permit(&q, c.asked(protocols.Admin))
	}
	return q, err
}

func (c *call) setQueueAttributes(ctx context.Context, r *wire.SetQueueAttributes) (wire.Result, error) {
	q, err := c.openToSet(r)
	if err != nil {
		return nil, err
	}
	if len(r.Attributes) == 0 {
		return nil, missing("Attributes")
	}
	if err := c.checkAttributes(q.Name, isFIFO(&q), r.Attributes); err != nil {
		return nil, err
	}
	_, err = c.broker.UpdateQueue(ctx, q.Name, func(config *queuecore.QueueConfig) error {
		return c.apply(config, r.Attributes)
	})
	return nil, err
}

func (c *call) getQueueAttributes(ctx context.Context, r *wire.GetQueueAttributes) (wire.Result, error) {
	q, err := c.open(&r.Target, look()...)
	if err != nil {
		return nil, err
	}
	for _, name := range r.Names {
		if name != "All" && c.attribute(name) == nil && !isReadOnly(name) {
			return nil, unknownAttribute(name)
		}
	}
	out := &wire.QueueAttributes{}
	want := wanted(r.Names)
	if err := c.addReadOnly(ctx, out, &q, want); err != nil {
		return nil, err
	}
	fifo := isFIFO(&q)
	for _, a := range c.attributes {
		if !want(a.name) || a.fifo && !fifo {
			continue
		}
		if v := a.get(&q.Config); v != "" {
			out.Attributes = append(out.Attributes, wire.Pair{Name: a.name, Value: v})
		}
	}
	return out, nil
}

// wanted tells which names a client asked for.
func wanted(names []string) func(string) bool {
	return func(name string) bool {
		for _, n := range names {
			if n == name || n == "All" {
				return true
			}
		}
		return false
	}
}

const counts = "ApproximateNumberOfMessages"

func isReadOnly(name string) bool {
	switch name {
	case "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp":
		return true
	}
	rest, ok := strings.CutPrefix(name, counts)
	return ok && (rest == "" || rest == "NotVisible" || rest == "Delayed")
}

func (c *call) addReadOnly(ctx context.Context, out *wire.QueueAttributes, q *queuecore.QueueInfo, want func(string) bool) error {
	add := func(name string, v func() string) {
		if want(name) {
			out.Attributes = append(out.Attributes, wire.Pair{Name: name, Value: v()})
		}
	}
	add("QueueArn", func() string { return c.arn(q.Name) })
	add("CreatedTimestamp", func() string { return strconv.FormatInt(q.Created.Unix(), 10) })
	add("LastModifiedTimestamp", func() string { return strconv.FormatInt(q.Modified.Unix(), 10) })
	if !want(counts) && !want(counts+"NotVisible") && !want(counts+"Delayed") {
		return nil
	}
	s, err := c.broker.Stats(ctx, q.Name)
	if err != nil {
		return err
	}
	add(counts, func() string { return strconv.Itoa(s.Ready) })
	add(counts+"NotVisible", func() string { return strconv.Itoa(s.Leased + s.Parked) })
	add(counts+"Delayed", func() string { return strconv.Itoa(s.Delayed) })
	return nil
}
