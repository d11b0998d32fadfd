package queuecore

import (
	"fmt"
	"math"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// checkName refuses names of queues and topics that cannot be kept or shown.
func checkName(what, name string) error {
	if name == "" {
		return fmt.Errorf("%s without a name: %w", what, ErrInvalid)
	}
	if len(name) > MaxNameBytes {
		return fmt.Errorf("%s name of %d bytes, the limit is %d: %w", what, len(name), MaxNameBytes, ErrInvalid)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("%s name %q is not UTF-8: %w", what, name, ErrInvalid)
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f {
			return fmt.Errorf("%s name %q holds a control character: %w", what, name, ErrInvalid)
		}
	}
	return nil
}

func (x Binding) check() error {
	if len(x.Pattern) > MaxPatternBytes {
		return fmt.Errorf("pattern of %d bytes, the limit is %d: %w", len(x.Pattern), MaxPatternBytes, ErrInvalid)
	}
	if _, err := selector.Parse(x.Pattern); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := CompileSelector(x.Selector, SelectorOptions{}); err != nil {
		return err
	}
	if err := Reserved(x.Queue); err != nil {
		return err
	}
	return checkName("queue", x.Queue)
}

// check refuses a configuration that makes no sense for the queue called name.
func (c *QueueConfig) check(name string) error {
	for _, d := range [...]struct {
		what string
		d    time.Duration
		max  time.Duration
	}{
		{"lease", c.Lease, MaxLease},
		{"delay", c.Delay, MaxDelay},
		{"retention", c.Retention, MaxDelay},
		{"dedup window", c.DedupWindow, MaxDelay},
		{"first back-off", c.BackoffInitial, MaxDelay},
		{"longest back-off", c.BackoffMax, MaxDelay},
	} {
		if d.d < 0 || d.d > d.max {
			return fmt.Errorf("queue %q: %s of %v is outside 0 to %v: %w", name, d.what, d.d, d.max, ErrInvalid)
		}
	}
	for _, n := range [...]struct {
		what string
		n    int64
	}{
		{"messages in flight", int64(c.MaxInFlight)},
		{"messages", int64(c.MaxMessages)},
		{"messages of a topic", int64(c.MaxPerTopic)},
		{"bytes", c.MaxBytes},
		{"message size", int64(c.MaxMessageSize)},
		{"attempts", int64(c.MaxAttempts)},
	} {
		if n.n < 0 {
			return fmt.Errorf("queue %q: a limit of %d %s: %w", name, n.n, n.what, ErrInvalid)
		}
	}
	if math.IsNaN(c.BackoffFactor) || math.IsInf(c.BackoffFactor, 0) || c.BackoffFactor < 0 {
		return fmt.Errorf("queue %q: back-off factor %v: %w", name, c.BackoffFactor, ErrInvalid)
	}
	if c.DropOldestPerTopic && c.MaxPerTopic == 0 {
		return fmt.Errorf("queue %q: the oldest of a topic to be dropped in a queue without a limit of messages of a topic: %w", name, ErrInvalid)
	}
	if c.FairGroups && c.GroupOrder {
		return fmt.Errorf("queue %q: fair groups in a queue with group order: %w", name, ErrInvalid)
	}
	if c.GroupAffinity && (c.GroupOrder || c.FairGroups) {
		return fmt.Errorf("queue %q: group affinity in a queue with group order or fair groups: %w", name, ErrInvalid)
	}
	if c.GroupRebalance && !c.GroupAffinity {
		return fmt.Errorf("queue %q: group rebalance in a queue without group affinity: %w", name, ErrInvalid)
	}
	if c.DeadLetter == name {
		return fmt.Errorf("queue %q as its own dead-letter queue: %w", name, ErrInvalid)
	}
	if err := Reserved(c.DeadLetter); err != nil {
		return err
	}
	if c.DeadLetter != "" {
		if err := checkName("dead-letter queue", c.DeadLetter); err != nil {
			return err
		}
	}
	if err := c.checkExpiredTo(name); err != nil {
		return err
	}
	if err := c.checkRelay(name); err != nil {
		return err
	}
	return c.checkLabels(name)
}

// checkRelay refuses what makes no sense for a relay or a member, or for a queue that is neither.
func (c *QueueConfig) checkRelay(name string) error {
	switch {
	case c.Relay && c.Of != "":
		return fmt.Errorf("queue %q as a relay and the member of one: %w", name, ErrInvalid)
	case c.Relay:
		rest := *c
		rest.DedupWindow, rest.DedupPerGroup, rest.MaxMessageSize, rest.Retention = 0, false, 0, 0
		rest.MaxMessages, rest.MaxBytes, rest.DropOldest, rest.Labels = 0, 0, false, nil
		if !reflect.DeepEqual(rest, QueueConfig{Relay: true}) {
			return fmt.Errorf("relay %q with rules for what it keeps, which is nothing: set them in its members: %w", name, ErrInvalid)
		}
		return nil
	case c.Of == "" && (len(c.Topics) > 0 || c.Own):
		return fmt.Errorf("queue %q with topics, and of no relay: use bindings: %w", name, ErrInvalid)
	case c.Of == "":
		return nil
	case c.DedupWindow > 0:
		return fmt.Errorf("queue %q: the dedup window is that of its relay %q: %w", name, c.Of, ErrInvalid)
	}
	if err := Reserved(c.Of); err != nil {
		return err
	}
	return c.checkTopics(name)
}

func (c *QueueConfig) checkTopics(name string) error {
	bytes := 0
	for _, topic := range c.Topics {
		if _, err := selector.Parse(topic); err != nil {
			return fmt.Errorf("queue %q: %w: %w", name, ErrInvalid, err)
		}
		bytes += len(topic)
	}
	if len(c.Topics) > MaxTopics || bytes > MaxTopicBytes {
		return fmt.Errorf("queue %q: %d topics of %d bytes, the limits are %d and %d: %w", name, len(c.Topics), bytes, MaxTopics, MaxTopicBytes, ErrInvalid)
	}
	return nil
}

func (c *QueueConfig) checkExpiredTo(name string) error {
	switch c.ExpiredTo {
	case "":
		return nil
	case name:
		return fmt.Errorf("queue %q as the queue for its own expired messages: %w", name, ErrInvalid)
	}
	if err := Reserved(c.ExpiredTo); err != nil {
		return err
	}
	return checkName("queue for expired messages", c.ExpiredTo)
}

func (c *QueueConfig) checkLabels(name string) error {
	size := 0
	for k, v := range c.Labels {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return fmt.Errorf("queue %q: label %q is not UTF-8: %w", name, k, ErrInvalid)
		}
		size += len(k) + len(v)
	}
	if size > MaxLabelBytes {
		return fmt.Errorf("queue %q: labels of %d bytes, the limit is %d: %w", name, size, MaxLabelBytes, ErrTooLarge)
	}
	return nil
}

// check refuses a message that no queue could take, and returns its size as the
// limits count it.
func (m *Message) check(maxBytes int) (int, error) {
	if err := m.Destination.check(); err != nil {
		return 0, err
	}
	texts := 0
	for _, s := range [...]struct {
		what, text string
		max        int
	}{
		{"group", m.Group, MaxGroupBytes},
		{"dedup id", m.DedupID, MaxDedupBytes},
		{"content type", m.ContentType, MaxFieldBytes},
		{"correlation id", m.CorrelationID, MaxFieldBytes},
		{"type", m.Type, MaxFieldBytes},
		{"user id", m.UserID, MaxFieldBytes},
		{"reply destination", m.ReplyTo.Name, MaxFieldBytes},
	} {
		if len(s.text) > s.max {
			return 0, fmt.Errorf("%s of %d bytes, the limit is %d: %w", s.what, len(s.text), s.max, ErrInvalid)
		}
		texts += len(s.text)
	}
	if err := m.checkPlan(); err != nil {
		return 0, err
	}
	if err := m.checkSeat(); err != nil {
		return 0, err
	}
	properties, err := m.Properties.check()
	if err != nil {
		return 0, err
	}
	size := len(m.Body) + properties + texts
	if size > maxBytes {
		return 0, fmt.Errorf("message of %d bytes, the limit is %d: %w", size, maxBytes, ErrTooLarge)
	}
	return size, nil
}

// checkSeat refuses a seat that cannot be kept.
func (m *Message) checkSeat() error {
	switch {
	case m.Seat == "":
		return nil
	case m.Plan != nil:
		return fmt.Errorf("seat %q of a message with a plan: %w", m.Seat, ErrInvalid)
	}
	return checkName("seat", m.Seat)
}

func (d Destination) check() error {
	switch d.Kind {
	case KindQueue:
		if err := Reserved(d.Name); err != nil {
			return err
		}
		return checkName("queue", d.Name)
	case KindTopic:
		return checkName("topic", d.Name)
	}
	return fmt.Errorf("message without a destination: %w", ErrInvalid)
}

// check returns the bytes of all names and values.
func (p Properties) check() (int, error) {
	size := 0
	for i := range p {
		if p[i].Name == "" {
			return 0, fmt.Errorf("property %d has no name: %w", i+1, ErrInvalid)
		}
		n, ok := valueBytes(p[i].Value)
		if !ok {
			return 0, fmt.Errorf("property %q of type %T: %w", p[i].Name, p[i].Value, ErrInvalid)
		}
		size += len(p[i].Name) + len(p[i].Label) + n
	}
	return size, nil
}

// valueBytes returns what a property's value counts; false for a type that
// properties do not have.
func valueBytes(v any) (int, bool) {
	switch v := v.(type) {
	case string:
		return len(v), true
	case []byte:
		return len(v), true
	case Decimal:
		return len(v), true
	case bool, int8:
		return 1, true
	case int16:
		return 2, true
	case int32, float32:
		return 4, true
	case int64, float64:
		return 8, true
	}
	return 0, false
}
