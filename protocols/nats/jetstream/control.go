package jetstream

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// The headers by which a publisher asks something of the server (nats-server
// 2.12, stream.go). Those that a queue cannot keep are refused, never ignored.
const (
	expectedStream = "Nats-Expected-Stream"
	expectedLast   = "Nats-Expected-Last-Sequence"
	expectedOf     = "Nats-Expected-Last-Subject-Sequence"
	expectedOfName = "Nats-Expected-Last-Subject-Sequence-Subject"
	expectedID     = "Nats-Expected-Last-Msg-Id"
	messageTTL     = "Nats-TTL"
	schedule       = "Nats-Schedule"
	scheduleTarget = "Nats-Schedule-Target"
	scheduleTTL    = "Nats-Schedule-TTL"
)

// admit refuses what a message asks for and its stream does not give. A schedule
// with a target changes where the message goes.
func (t *Target) admit(headers []mapping.Header, reply []byte) error {
	if bytes.HasSuffix(reply, []byte(".$FI")) {
		return errBatchDisabled
	}
	for _, h := range headers {
		if !strings.HasPrefix(h.Name, "Nats-") {
			continue
		}
		if err := neverKept(h); err != nil {
			return err
		}
		if t.stream == nil {
			continue
		}
		if err := t.stream.admit(h); err != nil {
			return err
		}
		if h.Name != scheduleTarget {
			continue
		}
		if err := t.aim(h.Value); err != nil {
			return err
		}
	}
	return nil
}

// neverKept refuses what no queue can keep.
func neverKept(h mapping.Header) error {
	switch h.Name {
	case "Nats-Rollup":
		return errRollup.with("rollup not permitted: use purge")
	case "Nats-Incr":
		return errIncrDisabled
	case "Nats-Batch-Id", "Nats-Batch-Sequence", "Nats-Batch-Commit":
		return errAtomicDisabled
	case "Nats-Schedule-Source":
		return errScheduleSource
	case "Nats-Schedule-Rollup":
		return errScheduleRollup
	case "Nats-Schedule-Time-Zone":
		if _, err := time.LoadLocation(h.Value); h.Value == "" || err != nil {
			return errScheduleTimeZone
		}
		return errSchedulePattern.with("message schedules pattern is invalid: a time zone is for cron schedules, which are not supported")
	}
	return nil
}

// admit refuses what the stream's configuration does not allow.
func (s *stream) admit(h mapping.Header) error {
	switch h.Name {
	case expectedStream:
		if h.Value != s.name {
			return errExpectedStream
		}
	case messageTTL:
		if !s.config.AllowMsgTTL {
			return errTTLDisabled
		}
	case schedule, scheduleTarget:
		if !s.config.AllowMsgSchedules {
			return errSchedulesDisabled
		}
		if h.Name == schedule && !strings.HasPrefix(h.Value, "@at ") {
			return errSchedulePattern.with("message schedules pattern is invalid: only \"@at <RFC 3339 time>\" is supported; " +
				"what repeats can be sent over STOMP, with AMQ_SCHEDULED_CRON or AMQ_SCHEDULED_PERIOD")
		}
	}
	return nil
}

// limit gives a scheduled message the lifetime that it asks for, which begins when it is due. A
// Nats-TTL is that of the schedule: it ends what is not due before it, and nothing else.
func (t *Target) limit(headers []mapping.Header, x *queuecore.Message) error {
	if x.DeliverAt.IsZero() {
		return nil
	}
	hasTTL := func(h mapping.Header) bool { return h.Name == messageTTL }
	if x.ExpiresAt.After(x.DeliverAt) && slices.ContainsFunc(headers, hasTTL) {
		x.ExpiresAt = time.Time{}
	}
	for _, h := range headers {
		if h.Name != scheduleTTL || h.Value == "" {
			continue
		}
		read, err := mapping.NATS{}.Decode([]mapping.Header{{Name: messageTTL, Value: h.Value}}, nil, x.DeliverAt)
		switch {
		case err != nil:
			return errScheduleTTL.with("message schedules invalid per-message TTL: %v", err)
		case t.stream != nil && !t.stream.config.AllowMsgTTL:
			return errTTLDisabled
		case x.ExpiresAt.IsZero() || x.ExpiresAt.After(x.DeliverAt):
			x.ExpiresAt = read.ExpiresAt
		}
	}
	return nil
}

// aimed refuses a schedule of a stream with subjects of its own that does not say where its message
// goes, or says the subject of the schedule itself. In a queue of another dialect, whose one subject
// is its name, it is a message that comes later.
func (t *Target) aimed(headers []mapping.Header, subject string) error {
	if t.stream == nil || !t.stream.bound {
		return nil
	}
	for _, h := range headers {
		if h.Name == schedule && h.Value != "" && t.subject == subject {
			return errScheduleTarget
		}
	}
	return nil
}

// aim makes a scheduled message go to its target, which must be a subject of the
// same stream (ADR-51, "JetStream Message Scheduler").
func (t *Target) aim(subject string) error {
	if !router.Valid(subject) || !router.Literal(subject) || !t.stream.bound {
		return errScheduleTarget
	}
	for _, s := range t.stream.config.Subjects {
		if router.Covers(s, subject) {
			t.subject = subject
			return nil
		}
	}
	return errScheduleTarget
}

// decodeError names the header that the dictionary could not read by its own
// number where there is one.
func decodeError(headers []mapping.Header, err error) error {
	for _, h := range headers {
		if !strings.Contains(err.Error(), h.Name) {
			continue
		}
		switch h.Name {
		case messageTTL:
			return errTTLInvalid.with("invalid per-message TTL: %v", err)
		case schedule:
			return errSchedulePattern.with("message schedules pattern is invalid: %v", err)
		}
	}
	return err
}
