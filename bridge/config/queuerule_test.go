package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/config"
)

func to[T any](v T) *T { return &v }

func TestQueueRulesOfEverySource(t *testing.T) {
	const (
		all = `[{queues: ["orders.*", bills], max_attempts: 5, dead_letter: dead, backoff: 1s, backoff_factor: 1.5, backoff_max: 1m, expired_to: late,
  lease: 10s, delay: 1ms, retention: 96h, dedup_window: 5m, max_messages: 10, max_bytes: 4294967296, drop_oldest: true, max_in_flight: 3, max_message_size: 1000,
  group_order: false, fair_groups: true, group_affinity: false, group_rebalance: false}, {queues: "*", dead_letter: ""}]`
		one = `[{queues: "*", backoff: 0s, backoff_factor: 2}]`
	)
	wantAll := []config.QueueRule{{
		Queues: []string{"orders.*", "bills"},
		QueueRedelivery: config.QueueRedelivery{
			MaxAttempts: to(5), DeadLetter: to("dead"), Backoff: to(time.Second), BackoffFactor: to(1.5), BackoffMax: to(time.Minute), ExpiredTo: to("late"),
		},
		QueueTimes: config.QueueTimes{Lease: to(10 * time.Second), Delay: to(time.Millisecond), Retention: to(96 * time.Hour), DedupWindow: to(5 * time.Minute)},
		QueueBounds: config.QueueBounds{
			MaxMessages: to(10), MaxBytes: to(int64(1 << 32)), DropOldest: to(true), MaxInFlight: to(3), MaxMessageSize: to(1000),
		},
		QueueOrder: config.QueueOrder{GroupOrder: to(false), FairGroups: to(true), GroupAffinity: to(false), GroupRebalance: to(false)},
	}, {Queues: []string{"*"}, QueueRedelivery: config.QueueRedelivery{DeadLetter: to("")}}}
	wantOne := []config.QueueRule{{Queues: []string{"*"}, QueueRedelivery: config.QueueRedelivery{Backoff: to(time.Duration(0)), BackoffFactor: to(2.0)}}}
	for _, c := range []struct {
		name, yaml string
		environ    []string
		args       []string
		want       []config.QueueRule
	}{
		{name: "file", yaml: "queue_rules: " + all + "\n", want: wantAll},
		{name: "environment", environ: []string{"SLUICE_QUEUE_RULES=" + all}, want: wantAll},
		{name: "flag", args: []string{"--queue-rules=" + all}, want: wantAll},
		{name: "the environment wins", yaml: "queue_rules: " + all + "\n", environ: []string{"SLUICE_QUEUE_RULES=" + one}, want: wantOne},
		{name: "the flag wins", yaml: "queue_rules: " + all + "\n", args: []string{"--queue-rules="}, want: nil},
		{name: "none", yaml: "queue_rules: []\n", want: nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := load(t, c.yaml, c.environ, c.args...)
			if err != nil || !reflect.DeepEqual(got.QueueRules, c.want) {
				t.Fatalf("got %+v, %v", got.QueueRules, err)
			}
			text, err := got.YAML()
			if err != nil {
				t.Fatal(err)
			}
			if again, err := load(t, string(text), nil); err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("not the same again: %+v, %v, of\n%s", again.QueueRules, err, text)
			}
		})
	}
}

// What is wrong with a rule is said in one line that names its number and the key.
func TestQueueRuleErrors(t *testing.T) {
	for rule, want := range map[string]string{
		`max_attempts: 5`:                                         `queue_rules[1].queues is missing`,
		`queues: []`:                                              `queue_rules[1].queues is missing`,
		`queues: ""`:                                              `queue_rules[1].queues[0] is ""`,
		`queues: "a?"`:                                            `queue_rules[1].queues[0] is "a?"`,
		`queues: 5`:                                               `queue_rules[1].queues: it must be a pattern in quotes`,
		`queues: {a: b}`:                                          `queue_rules[1].queues: it must be a pattern in quotes`,
		`queues: a, attempts: 5`:                                  `queue_rules[1].attempts: no such key`,
		`queues: a, max_atempts: 5`:                               `queue_rules[1].max_atempts: no such key (did you mean max_attempts?)`,
		`queues: a, max_attempts: many`:                           `queue_rules[1].max_attempts: "many" is not a whole number`,
		`queues: a, max_attempts: "5"`:                            `queue_rules[1].max_attempts: "5" is not a whole number`,
		`queues: a, max_attempts: 1.5`:                            `queue_rules[1].max_attempts: "1.5" is not a whole number`,
		`queues: a, max_attempts: 99999999999999999999`:           `queue_rules[1].max_attempts`,
		`queues: a, max_attempts: -1`:                             `queue_rules[1].max_attempts is -1: it must be between 0 and`,
		`queues: a, max_attempts: [5]`:                            `queue_rules[1].max_attempts: "" is not a whole number`,
		`queues: a, max_attempts: `:                               `queue_rules[1].max_attempts: "" is not a whole number`,
		`queues: a, dead_letter: 5`:                               `queue_rules[1].dead_letter: "5" is not a text`,
		`queues: a, dead_letter: "*.dlq"`:                         `queue_rules[1].dead_letter is "*.dlq": it must be the name of one queue`,
		`queues: a, expired_to: "a\nb"`:                           `queue_rules[1].expired_to is "a\nb"`,
		`queues: a, backoff: 5`:                                   `queue_rules[1].backoff: "5" is not a time such as`,
		`queues: a, backoff: soon`:                                `queue_rules[1].backoff: "soon" is not a time such as`,
		`queues: a, backoff: -1s`:                                 `queue_rules[1].backoff is -1s: it must be between 0s and`,
		`queues: a, backoff_max: 99999h`:                          `queue_rules[1].backoff_max is 99999h0m0s`,
		`queues: a, backoff_factor: 0.5`:                          `queue_rules[1].backoff_factor is 0.5: it must be between 1 and 1000`,
		`queues: a, backoff_factor: .nan`:                         `queue_rules[1].backoff_factor is NaN`,
		`queues: a, backoff_factor: .inf`:                         `queue_rules[1].backoff_factor is +Inf`,
		`queues: a, lease: 169h`:                                  `queue_rules[1].lease is 169h0m0s: it must be between 0s and 168h0m0s`,
		`queues: /queue/a`:                                        `queue_rules[1].queues[0] is "/queue/a": write the name alone, without /queue/`,
		`queues: a, dead_letter: /queue/d`:                        `queue_rules[1].dead_letter is "/queue/d": write the name alone, without /queue/`,
		`queues: a, delay: -1s`:                                   `queue_rules[1].delay is -1s`,
		`queues: a, retention: -1s`:                               `queue_rules[1].retention is -1s`,
		`queues: a, dedup_window: -1s`:                            `queue_rules[1].dedup_window is -1s`,
		`queues: a, max_messages: -1`:                             `queue_rules[1].max_messages is -1`,
		`queues: a, max_bytes: -1`:                                `queue_rules[1].max_bytes is -1`,
		`queues: a, max_in_flight: -1`:                            `queue_rules[1].max_in_flight is -1`,
		`queues: a, max_message_size: -1`:                         `queue_rules[1].max_message_size is -1`,
		`queues: a, drop_oldest: maybe`:                           `queue_rules[1].drop_oldest: "maybe" is not true or false`,
		`queues: a, drop_oldest: true`:                            `queue_rules[1].drop_oldest is true without`,
		`queues: a, group_order: true, fair_groups: true`:         `queue_rules[1].fair_groups and group_order are both true`,
		`queues: a, group_order: true, group_affinity: true`:      `queue_rules[1].group_affinity is true besides`,
		`queues: a, group_affinity: false, group_rebalance: true`: `queue_rules[1].group_rebalance is true without`,
	} {
		list := "[{queues: x, max_attempts: 1}, {" + rule + "}]"
		for source, err := range map[string]error{
			"file":        loadError(load(t, "queue_rules: "+list+"\n", nil)),
			"environment": loadError(load(t, "", []string{"SLUICE_QUEUE_RULES=" + list})),
		} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %s: %v, want %s", source, rule, err, want)
			}
		}
	}
	if _, err := load(t, "queue_rules:\n  - queues: a\n    max_attempts: 5\n    lease: 5\n", nil); err == nil || !strings.Contains(err.Error(), "line 4: queue_rules[0].lease: ") {
		t.Error(err)
	}
	for list, want := range map[string]string{
		"rules":  "it is not a list of rules", // YAML, but a text
		"{a: b}": "it is not a list of rules",
		"[a]":    "queue_rules[0] is not a rule with queues",
		"[":      "it is not a list in YAML such as",
	} {
		if _, err := load(t, "", []string{"SLUICE_QUEUE_RULES=" + list}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", list, err, want)
		}
	}
}

func loadError(_ config.Config, err error) error { return err }
