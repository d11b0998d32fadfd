package jetstream

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
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

// admit refuses what a message asks for and its stream does not give.
func (t *Target) admit(headers []mapping.Header, reply []byte) error {
	if bytes.HasSuffix(reply, []byte(".$FI")) {
		return errBatchDisabled
	}
	ours := func(h mapping.Header) bool { return strings.HasPrefix(h.Name, "Nats-") }
	if !slices.ContainsFunc(headers, ours) {
		return nil
	}
	for _, name := range inOrder {
		for _, h := range headers {
			if h.Name != name {
				continue
			}
			if err := t.admitOne(h); err != nil {
				return err
			}
		}
	}
	return nil
}

// inOrder are the headers that are refused somewhere, in the order in which nats-server looks at
// them: of several that are wrong the first is told, however they stand.
var inOrder = [...]string{
	"Nats-Batch-Id", "Nats-Batch-Sequence", "Nats-Batch-Commit", "Nats-Incr", expectedStream, messageTTL,
	expectedOf, expectedOfName,
	schedule, "Nats-Schedule-Time-Zone", "Nats-Schedule-Rollup", scheduleTarget, "Nats-Schedule-Source",
	expectedID, "Nats-Rollup",
}

func (t *Target) admitOne(h mapping.Header) error {
	if err := neverKept(h); err != nil || t.stream == nil {
		return err
	}
	return t.stream.admit(h)
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
