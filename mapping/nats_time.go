package mapping

import (
	"strconv"
	"strings"
	"time"
)

// parseTTL reads a lifetime as nats-server does: a Go duration or whole seconds,
// at least 1 s, or "never" (ADR-43).
func parseTTL(name, value string, now time.Time) (time.Time, error) {
	if strings.EqualFold(value, "never") {
		return time.Time{}, nil
	}
	ms, ok := lifetimeMillis(value)
	start := wholeMillis(now).UnixMilli()
	if !ok || ms < 1000 || ms > maxMillis-start {
		return time.Time{}, invalid(name, value, `must be seconds or a Go duration of at least 1s, or "never"`)
	}
	return time.UnixMilli(start + ms).UTC(), nil
}

func lifetimeMillis(value string) (ms int64, ok bool) {
	if d, err := time.ParseDuration(value); err == nil {
		return d.Milliseconds(), true
	}
	seconds, err := strconv.ParseInt(value, 10, 64)
	return seconds * 1000, err == nil && seconds <= maxMillis/1000
}

// spellTTL is the lifetime that a message was sent with, in whole seconds as
// nats-server counts it; "" when that is not known.
func spellTTL(sent, expires time.Time) string {
	if sent.IsZero() || !expires.After(sent) {
		return ""
	}
	seconds := max(1, int64(expires.Sub(sent).Round(time.Second)/time.Second))
	return strconv.FormatInt(seconds, 10) + "s"
}

// parseSchedule reads "@at" and an RFC 3339 time (ADR-51). Other schedules ask
// for what a queue does not do.
func parseSchedule(name, value string) (time.Time, error) {
	at, ok := strings.CutPrefix(value, "@at ")
	if !ok {
		return time.Time{}, invalid(name, value, "must be @at and an RFC 3339 time")
	}
	return parseStamp(name, strings.TrimSpace(at))
}

// parseStamp reads an RFC 3339 time.
func parseStamp(name, value string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil || t.UnixMilli() < 0 || t.UnixMilli() >= maxMillis {
		return time.Time{}, invalid(name, value, "must be an RFC 3339 time from 1970 to 9999")
	}
	return wholeMillis(t), nil
}

// stamp spells a time for parseStamp.
func stamp(t time.Time) string {
	return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
}
