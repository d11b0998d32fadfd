package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Limit is a row of the table of limits, which LIMITS.md shows.
type Limit struct {
	Key  string // the setting
	What string // that it bounds
	Unit string // of its value; "": none, or a time
	// Metrics tell of who met it, and of what there is, where something is counted.
	Metrics string
	// What a client is told, by dialect, and the test that holds it; the zero Told: it does not come to that.
	STOMP, NATS, SQS, Admin Told
}

// Told is what a client is told who meets a limit. Parts in backquotes are literal.
type Told struct{ Text, Test string }

// Dialects returns the columns of the row by name.
func (l *Limit) Dialects() map[string]Told {
	return map[string]Told{"STOMP": l.STOMP, "NATS": l.NATS, "SQS": l.SQS, "admin": l.Admin}
}

// Counted is the metric of limits that are counted by their key.
const Counted = "sluice_refused_total"

// What further metrics tell.
const (
	doors = "sluice_connections_refused_total, sluice_connections"
	users = Counted + ", sluice_user_most"
)

// CountedLimits returns the keys of the limits that have the metric Counted.
func CountedLimits() (keys []string) {
	for _, l := range Limits() {
		if strings.HasPrefix(l.Metrics, Counted) {
			keys = append(keys, l.Key)
		}
	}
	return keys
}

// Default returns the default as the file spells it, with its unit.
func (l *Limit) Default() string {
	c := Default()
	f := fieldOf(reflect.ValueOf(&c).Elem(), l.Key)
	switch v := f.Interface().(type) {
	case time.Duration:
		return plainTime(v)
	case int:
		if v == 0 {
			return "none"
		}
		return strings.TrimSpace(fmt.Sprint(v, " ", l.Unit))
	}
	return fmt.Sprint(f.Interface())
}

func plainTime(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return s
}

// Limits returns the table.
func Limits() []Limit {
	return concat(stompLimitRows(), natsLimitRows(), sqsLimitRows(), adminLimitRows(), userLimitRows(), loginLimitRows(), coreLimitRows())
}

func concat(parts ...[]Limit) (all []Limit) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
