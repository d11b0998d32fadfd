package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

func TestSTOMPListenersOfEverySource(t *testing.T) {
	const two, one = `[{addr: "127.0.0.1:1", dialect: artemis}, {addr: "127.0.0.1:2"}]`, `[{addr: "127.0.0.1:3", dialect: rabbitmq, nack: backoff, errors: lenient}]`
	wantTwo := []config.STOMPListener{{Addr: "127.0.0.1:1", Dialect: config.STOMPArtemis, Errors: config.STOMPStrict}, {Addr: "127.0.0.1:2", Dialect: config.STOMPPlain, Errors: config.STOMPStrict}}
	wantOne := []config.STOMPListener{{Addr: "127.0.0.1:3", Dialect: config.STOMPRabbitMQ, Nack: config.STOMPNackBackoff, Errors: config.STOMPLenient}}
	for _, c := range []struct {
		name, yaml string
		environ    []string
		args       []string
		want       []config.STOMPListener
	}{
		{name: "file", yaml: "stomp_listeners: " + two + "\n", want: wantTwo},
		{name: "environment", environ: []string{"SLUICE_STOMP_LISTENERS=" + two}, want: wantTwo},
		{name: "flag", args: []string{"--stomp-listeners=" + two}, want: wantTwo},
		{name: "the environment wins", yaml: "stomp_listeners: " + two + "\n", environ: []string{"SLUICE_STOMP_LISTENERS=" + one}, want: wantOne},
		{name: "the flag wins", yaml: "stomp_listeners: " + two + "\n", args: []string{"--stomp-listeners="}, want: nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := load(t, c.yaml, c.environ, c.args...)
			if err != nil || !reflect.DeepEqual(got.STOMPFurther, c.want) {
				t.Fatalf("got %+v, %v", got.STOMPFurther, err)
			}
			text, err := got.YAML()
			if err != nil {
				t.Fatal(err)
			}
			if again, err := load(t, string(text), nil); err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("not the same again: %+v, %v", again.STOMPFurther, err)
			}
		})
	}
}

func TestSTOMPErrors(t *testing.T) {
	for yaml, want := range map[string]string{
		"stomp_dialect: qpid\n": `stomp_dialect is "qpid": it must be one of plain, activemq, artemis, rabbitmq`,
		"stomp_listeners: [{addr: \"127.0.0.1:1\", dialect: qpid}]\n": `stomp_listeners[0].dialect is "qpid"`,
		"stomp_nack: again\n": `stomp_nack is "again": it must be one of requeue, backoff, dead-letter`,
		"stomp_listeners: [{addr: \"127.0.0.1:1\", nack: never}]\n": `stomp_listeners[0].nack is "never"`,
		"stomp_listeners: [{dialect: plain}]\n":                     `stomp_listeners[0].addr is empty`,
		"stomp_listeners: [{addr: \"127.0.0.1:61613\"}]\n":          "stomp_addr and stomp_listeners[0].addr are both 127.0.0.1:61613",
		"stomp_listeners: [{addr: \"8.8.8.8:61613\"}]\n":            "stomp_listeners[0].addr is \"8.8.8.8:61613\": other machines can reach",
		"stomp_listeners:\n  - addr: a:1\n    dialekt: plain\n":     "line 3: stomp_listeners[0].dialekt: no such key; there are addr, dialect, nack, errors",
		"stomp_listeners: [{addr: [a]}]\n":                          "line 1: stomp_listeners[0].addr: it is not a text",
		"stomp_listeners: [\"127.0.0.1:1\"]\n":                      "line 1: stomp_listeners[0] is not an address with what holds for it",
		"stomp_listeners: rabbitmq\n":                               "it is not a list in YAML such as",
	} {
		if _, err := load(t, yaml, nil); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", yaml, err, want)
		}
	}
}

func TestSTOMPLimitErrors(t *testing.T) {
	for yaml, want := range map[string]string{
		"stomp_max_connections: 0\n":                                 "stomp_max_connections is 0: it must be between 1 and 1000000",
		"stomp_max_connections_per_address: -1\n":                    "stomp_max_connections_per_address is -1: it must be between 0 and",
		"stomp_max_login_frame: 2000\n":                              "stomp_max_login_frame is 2000: it must be between 1 and 1024",
		"stomp_login_timeout: 10\n":                                  "stomp_login_timeout: 10 has no unit",
		"stomp_login_timeout: 2h\n":                                  "stomp_login_timeout is 2h0m0s: it must be between 100ms and 1h0m0s",
		"stomp_max_headers: 5\n":                                     "stomp_max_headers is 5: it must be between 10 and 10000",
		"stomp_max_header_size: 0\n":                                 "stomp_max_header_size is 0",
		"stomp_max_body: 1025\n":                                     "stomp_max_body is 1025: it must be between 1 and 1024",
		"stomp_body_memory: 0\n":                                     "stomp_body_memory is 0",
		"stomp_transaction_memory: 0\n":                              "stomp_transaction_memory is 0",
		"stomp_outbox_memory: 0\n":                                   "stomp_outbox_memory is 0",
		"stomp_max_subscriptions: 0\n":                               "stomp_max_subscriptions is 0",
		"stomp_max_unsettled: 0\n":                                   "stomp_max_unsettled is 0",
		"stomp_max_transactions: 0\n":                                "stomp_max_transactions is 0",
		"stomp_max_transaction_ops: 10001\n":                         "stomp_max_transaction_ops is 10001: it must be between 1 and 10000",
		"stomp_max_transaction_size: 6145\n":                         "stomp_max_transaction_size is 6145: it must be between 1 and 6144",
		"stomp_prefetch: 50\nstomp_max_prefetch: 40\n":               "stomp_prefetch is 50: it must be between 1 and 40, which is stomp_max_prefetch",
		"stomp_min_heart_beat: 1ms\n":                                "stomp_min_heart_beat is 1ms: it must be between 100ms",
		"stomp_write_timeout: 0s\n":                                  "stomp_write_timeout is 0s",
		"nats_max_connections: 0\n":                                  "nats_max_connections is 0",
		"nats_max_connections_per_address: -1\n":                     "nats_max_connections_per_address is -1",
		"sqs_max_connections: many\n":                                `sqs_max_connections: "many" is not a whole number`,
		"sqs_max_connections_per_address: 10000000000000\n":          "sqs_max_connections_per_address is 10000000000000",
		"stomp_errors: lax\n":                                        `stomp_errors is "lax": it must be one of strict, lenient`,
		"stomp_listeners: [{addr: \"127.0.0.1:1\", errors: none}]\n": `stomp_listeners[0].errors is "none"`,
	} {
		if _, err := load(t, yaml, nil); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", yaml, err, want)
		}
	}
}
