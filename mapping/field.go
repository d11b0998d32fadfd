package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// maxMillis is the last millisecond of the year 9999, the last that RFC 3339 can spell.
const maxMillis = 253402300799999

// invalid returns the error for a header or attribute whose value breaks rule.
func invalid(name, value, rule string) error {
	value, name = shorten(value), shorten(name)
	return fmt.Errorf("%s %q: %s: %w", name, value, rule, queuecore.ErrInvalid)
}

func shorten(s string) string {
	const shown = 64
	if len(s) > shown {
		return s[:shown] + "…"
	}
	return s
}

// setField reads the text of one field into m. The reply-to is each dialect's own to read.
// Relative times count from now.
func setField(m *queuecore.Message, w meaning, name, value string, now time.Time) (err error) {
	switch w {
	case contentType:
		m.ContentType = value
	case correlationID:
		m.CorrelationID = value
	case messageType:
		m.Type = value
	case group:
		m.Group = value
	case dedupID:
		m.DedupID = value
	case bodyKind:
		m.BodyKind, err = parseKind(name, value)
	case priority:
		m.Priority, err = parsePriority(name, value)
	default:
		return setTime(m, w, name, value, now)
	}
	return err
}

func setTime(m *queuecore.Message, w meaning, name, value string, now time.Time) (err error) {
	switch w {
	case expiresAt:
		m.ExpiresAt, err = parseMillis(name, value)
	case expiresIn:
		m.ExpiresAt, err = parseFromNow(name, value, now)
	case deliverIn:
		m.DeliverAt, err = parseDelay(name, value, now)
	case lifetime:
		m.ExpiresAt, err = parseTTL(name, value, now)
	case deliverAt:
		m.DeliverAt, err = parseMillis(name, value)
	case schedule:
		m.DeliverAt, err = parseSchedule(name, value)
	}
	return err
}

// isSet reports whether m says anything for w.
func isSet(m *queuecore.Message, w meaning) bool {
	switch w {
	case contentType:
		return m.ContentType != ""
	case correlationID:
		return m.CorrelationID != ""
	case replyTo:
		return !m.ReplyTo.IsZero()
	case messageType:
		return m.Type != ""
	case group:
		return m.Group != ""
	case dedupID:
		return m.DedupID != ""
	case bodyKind:
		return m.BodyKind != queuecore.BodyUnspecified
	case priority:
		return m.Priority.IsSet()
	case expiresAt:
		return !m.ExpiresAt.IsZero()
	case deliverAt:
		return !m.DeliverAt.IsZero()
	}
	return false
}

// isText reports whether a field takes any text; an empty one says nothing.
func (w meaning) isText() bool { return w >= contentType && w <= dedupID }

// kindName returns the word for a kind of body, "" for BodyUnspecified.
func kindName(k queuecore.BodyKind) string {
	switch k {
	case queuecore.BodyText:
		return "text"
	case queuecore.BodyBytes:
		return "bytes"
	case queuecore.BodyMap:
		return "map"
	case queuecore.BodyObject:
		return "object"
	case queuecore.BodyStream:
		return "stream"
	}
	return ""
}

func parseKind(name, value string) (queuecore.BodyKind, error) {
	for k := queuecore.BodyText; k <= queuecore.BodyStream; k++ {
		if strings.EqualFold(value, kindName(k)) {
			return k, nil
		}
	}
	return 0, invalid(name, value, "must be text, bytes, map, object or stream")
}

// parsePriority cuts levels outside 0 to 9 to the nearest, as JMS providers do.
func parsePriority(name, value string) (queuecore.Priority, error) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil {
		return 0, invalid(name, value, "must be a whole number, 0 to 9")
	}
	return queuecore.PriorityOf(n), nil
}

// parseMillis reads milliseconds since 1970; 0 is no time at all (JMSExpiration).
func parseMillis(name, value string) (time.Time, error) {
	ms, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || ms < 0 || ms > maxMillis {
		return time.Time{}, invalid(name, value, "must be milliseconds since 1970, or 0")
	}
	if ms == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(ms).UTC(), nil
}

// parseFromNow reads milliseconds from now; 0 is no time at all.
func parseFromNow(name, value string, now time.Time) (time.Time, error) {
	start := wholeMillis(now).UnixMilli()
	ms, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || ms < 0 || ms > maxMillis-start {
		return time.Time{}, invalid(name, value, "must be a number of milliseconds, or 0")
	}
	if ms == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(start + ms).UTC(), nil
}

// parseDelay is parseFromNow, but less than nothing is nothing: RabbitMQ's delay
// plug-in turns the sign round once the delay is over.
func parseDelay(name, value string, now time.Time) (time.Time, error) {
	if strings.HasPrefix(value, "-") {
		_, err := parseFromNow(name, value[1:], now)
		return time.Time{}, err
	}
	return parseFromNow(name, value, now)
}

// wholeMillis rounds up to the millisecond, the finest time that every dialect can spell.
// Up, so that nothing is delivered or dropped early.
func wholeMillis(t time.Time) time.Time {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return time.UnixMilli(ms).UTC()
}

// millis is the text of a time in milliseconds since 1970.
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// level is the text of a priority that is set.
func level(p queuecore.Priority) string { return strconv.Itoa(p.Level()) }

// waits reports whether a delivery should still say when it was due: when it was due
// more than slack after it was sent.
func waits(m *queuecore.Message, slack time.Duration) bool {
	if m.DeliverAt.IsZero() {
		return false
	}
	return m.SentAt.IsZero() || m.DeliverAt.Sub(m.SentAt) > slack
}
