package rules_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/rules"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func to[T any](v T) *T { return &v }

func attempts(n int, patterns ...string) config.QueueRule {
	return config.QueueRule{Queues: patterns, QueueRedelivery: config.QueueRedelivery{MaxAttempts: to(n)}}
}

func TestFirstRuleCounts(t *testing.T) {
	r := rules.New([]config.QueueRule{
		attempts(1, "orders", "bills"), attempts(2, "orders.*"), attempts(3, "*.eu"),
		{Queues: []string{"none"}}, attempts(4, "n*"),
	})
	base := queuecore.QueueConfig{MaxAttempts: 9, Lease: time.Minute}
	for queue, want := range map[string]int{
		"orders": 1, "bills": 1, "orders.eu": 2, "orders.": 2, "bills.eu": 3, "a/b.eu": 3, "ordersx": 9,
		"none": 9, "nine": 4,
	} {
		c := r.Config(queue, base)
		if c.MaxAttempts != want || c.Lease != time.Minute {
			t.Errorf("%s: %+v, want %d attempts", queue, c, want)
		}
	}
	if !reflect.DeepEqual(rules.New(nil).Config("q", base), base) {
		t.Error("no rules change something")
	}
}

// What a dialect has for all queues gives way to the order that a rule names.
func TestOrderOfGroups(t *testing.T) {
	for name, x := range map[string]struct {
		order config.QueueOrder
		base  queuecore.QueueConfig
		want  queuecore.QueueConfig
	}{
		"in order":             {config.QueueOrder{GroupOrder: to(true)}, queuecore.QueueConfig{GroupAffinity: true, GroupRebalance: true}, queuecore.QueueConfig{GroupOrder: true}},
		"fair":                 {config.QueueOrder{FairGroups: to(true)}, queuecore.QueueConfig{GroupAffinity: true}, queuecore.QueueConfig{FairGroups: true}},
		"owners":               {config.QueueOrder{GroupAffinity: to(true), GroupRebalance: to(true)}, queuecore.QueueConfig{}, queuecore.QueueConfig{GroupAffinity: true, GroupRebalance: true}},
		"rebalance of owners":  {config.QueueOrder{GroupRebalance: to(true)}, queuecore.QueueConfig{GroupAffinity: true}, queuecore.QueueConfig{GroupAffinity: true, GroupRebalance: true}},
		"rebalance of nothing": {config.QueueOrder{GroupRebalance: to(true)}, queuecore.QueueConfig{}, queuecore.QueueConfig{}},
	} {
		r := rules.New([]config.QueueRule{{Queues: []string{"*"}, QueueOrder: x.order}})
		if got := r.Config("q", x.base); !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
	}
}

// fields calls fn for every key that a rule may have, with its field.
func fields(s reflect.Value, fn func(key string, f reflect.Value)) {
	for i := range s.NumField() {
		key, option, _ := strings.Cut(s.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			fields(s.Field(i), fn)
		case key != "queues":
			fn(key, s.Field(i))
		}
	}
}

// Every key of a rule changes one thing of a queue's configuration, and a queue that is not
// so is told of by that key.
func TestEveryKeyCounts(t *testing.T) {
	var whole config.QueueRule
	seen := 0
	fields(reflect.ValueOf(&whole).Elem(), func(key string, _ reflect.Value) {
		seen++
		r := config.QueueRule{Queues: []string{"*"}}
		fields(reflect.ValueOf(&r).Elem(), func(k string, f reflect.Value) {
			if k == key {
				f.Set(reflect.New(f.Type().Elem()))
				setSome(f.Elem())
			}
		})
		list := rules.New([]config.QueueRule{r})
		before := queuecore.QueueConfig{GroupAffinity: key == "group_rebalance"} // which is nothing without owners
		after := list.Config("q", before)
		if n := differences(before, after); n != 1 {
			t.Errorf("%s changes %d things: %+v", key, n, after)
		}
		if rule, keys := list.Differs(&queuecore.QueueInfo{Name: "q", Config: before}); rule != 0 || !slices.Equal(keys, []string{key}) {
			t.Errorf("%s: a queue without it differs by %q", key, keys)
		}
		if _, keys := list.Differs(&queuecore.QueueInfo{Name: "q", Config: after}); len(keys) != 0 {
			t.Errorf("%s: a queue with it differs by %q", key, keys)
		}
	})
	if seen != 19 {
		t.Errorf("%d keys", seen)
	}
}

func setSome(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("some")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(2)
	default:
		v.SetInt(7)
	}
}

func differences(a, b queuecore.QueueConfig) (n int) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			n++
		}
	}
	return n
}

// A rule that fits the dead-letter queue that it names leaves that without one of its own, and
// with attempts without end: else it would park what others give up.
func TestRuleOfItsOwnDeadLetterQueue(t *testing.T) {
	r := rules.New([]config.QueueRule{{Queues: []string{"*"}, QueueRedelivery: config.QueueRedelivery{
		MaxAttempts: to(3), DeadLetter: to("dead"), ExpiredTo: to("late"),
	}}})
	if c := r.Config("dead", queuecore.QueueConfig{}); c.DeadLetter != "" || c.MaxAttempts != 0 || c.ExpiredTo != "late" {
		t.Errorf("%+v", c)
	}
	if c := r.Config("late", queuecore.QueueConfig{}); c.DeadLetter != "dead" || c.MaxAttempts != 3 || c.ExpiredTo != "" {
		t.Errorf("%+v", c)
	}
	q := queuecore.QueueInfo{Name: "dead", Config: r.Config("dead", queuecore.QueueConfig{})}
	if _, keys := r.Differs(&q); len(keys) != 0 {
		t.Errorf("differs by %q", keys)
	}
	q.Config = queuecore.QueueConfig{Transient: true}
	if _, keys := r.Differs(&q); len(keys) != 0 {
		t.Errorf("a temporary queue differs by %q", keys)
	}
}

// What the configuration lets through, queues take; and its bounds are theirs.
func TestBoundsAreThoseOfQueues(t *testing.T) {
	b, err := queuecore.Open(t.Context(), memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	most := config.QueueRule{
		Queues: []string{"*"},
		QueueRedelivery: config.QueueRedelivery{
			MaxAttempts: to(config.MaxCount), DeadLetter: to(strings.Repeat("d", config.MaxQueueName)), ExpiredTo: to("é *"),
			Backoff: to[time.Duration](config.MaxQueueTime), BackoffFactor: to(config.MaxBackoffFactor), BackoffMax: to[time.Duration](config.MaxQueueTime),
		},
		QueueTimes: config.QueueTimes{
			Lease: to[time.Duration](config.MaxQueueLease), Delay: to[time.Duration](config.MaxQueueTime),
			Retention: to[time.Duration](config.MaxQueueTime), DedupWindow: to[time.Duration](config.MaxQueueTime),
		},
		QueueBounds: config.QueueBounds{
			MaxMessages: to(config.MaxCount), MaxBytes: to(int64(config.MaxQueueBytes)), MaxInFlight: to(config.MaxCount), MaxMessageSize: to(config.MaxCount),
		},
	}
	if _, err := b.CreateQueue(t.Context(), "most", rules.New([]config.QueueRule{most}).Config("most", queuecore.QueueConfig{})); err != nil {
		t.Error(err)
	}
	for what, beyond := range map[string]func(*config.QueueRule){
		"lease":       func(r *config.QueueRule) { *r.Lease++ },
		"delay":       func(r *config.QueueRule) { *r.Delay++ },
		"retention":   func(r *config.QueueRule) { *r.Retention++ },
		"window":      func(r *config.QueueRule) { *r.DedupWindow++ },
		"back-off":    func(r *config.QueueRule) { *r.Backoff++ },
		"longest":     func(r *config.QueueRule) { *r.BackoffMax++ },
		"dead letter": func(r *config.QueueRule) { *r.DeadLetter += "d" },
	} {
		c := rules.New([]config.QueueRule{most}).Config("q", queuecore.QueueConfig{})
		r := config.QueueRule{Queues: []string{"*"}}
		r.Lease, r.Delay, r.Retention, r.DedupWindow = to(c.Lease), to(c.Delay), to(c.Retention), to(c.DedupWindow)
		r.Backoff, r.BackoffMax, r.DeadLetter = to(c.BackoffInitial), to(c.BackoffMax), to(c.DeadLetter)
		beyond(&r)
		if _, err := b.CreateQueue(context.Background(), what, rules.New([]config.QueueRule{r}).Config(what, c)); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%s beyond the bound: %v", what, err)
		}
	}
}
