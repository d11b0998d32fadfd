package queuecore

import (
	"fmt"
	"math"
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
	if c.DeadLetter == name {
		return fmt.Errorf("queue %q as its own dead-letter queue: %w", name, ErrInvalid)
	}
	if c.DeadLetter != "" {
		if err := checkName("dead-letter queue", c.DeadLetter); err != nil {
			return err
		}
	}
	return c.checkLabels(name)
}

func (c *QueueConfig) checkLabels(name string) error {
	size := 0
	for k, v := range c.Labels {
		size += len(k) + len(v)
	}
	if size > MaxLabelBytes {
		return fmt.Errorf("queue %q: labels of %d bytes, the limit is %d: %w", name, size, MaxLabelBytes, ErrTooLarge)
	}
	return nil
}

// check refuses a message that no queue could take.
func (m *Message) check(maxBytes int) error {
	what := "queue"
	switch m.Destination.Kind {
	case KindQueue:
	case KindTopic:
		what = "topic"
	default:
		return fmt.Errorf("message without a destination: %w", ErrInvalid)
	}
	if err := checkName(what, m.Destination.Name); err != nil {
		return err
	}
	if len(m.Group) > MaxGroupBytes {
		return fmt.Errorf("group of %d bytes, the limit is %d: %w", len(m.Group), MaxGroupBytes, ErrInvalid)
	}
	if len(m.DedupID) > MaxDedupBytes {
		return fmt.Errorf("dedup id of %d bytes, the limit is %d: %w", len(m.DedupID), MaxDedupBytes, ErrInvalid)
	}
	if len(m.Body) > maxBytes {
		return fmt.Errorf("body of %d bytes, the limit is %d: %w", len(m.Body), maxBytes, ErrTooLarge)
	}
	return m.Properties.check()
}

func (p Properties) check() error {
	for i := range p {
		if p[i].Name == "" {
			return fmt.Errorf("property %d has no name: %w", i+1, ErrInvalid)
		}
		switch p[i].Value.(type) {
		case string, []byte, bool, int8, int16, int32, int64, float32, float64, Decimal:
		default:
			return fmt.Errorf("property %q of type %T: %w", p[i].Name, p[i].Value, ErrInvalid)
		}
	}
	return nil
}
