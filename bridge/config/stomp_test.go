package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

func TestSTOMPListenersOfEverySource(t *testing.T) {
	const two, one = `[{addr: "127.0.0.1:1", dialect: artemis}, {addr: "127.0.0.1:2"}]`, `[{addr: "127.0.0.1:3", dialect: rabbitmq, errors: lenient}]`
	wantTwo := []config.STOMPListener{{Addr: "127.0.0.1:1", Dialect: config.STOMPArtemis, Errors: config.STOMPStrict}, {Addr: "127.0.0.1:2", Dialect: config.STOMPPlain, Errors: config.STOMPStrict}}
	wantOne := []config.STOMPListener{{Addr: "127.0.0.1:3", Dialect: config.STOMPRabbitMQ, Errors: config.STOMPLenient}}
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
		"stomp_errors: lax\n": `stomp_errors is "lax": it must be one of strict, lenient`,
		"stomp_listeners: [{addr: \"127.0.0.1:1\", errors: none}]\n": `stomp_listeners[0].errors is "none"`,
		"stomp_listeners: [{dialect: plain}]\n":                      `stomp_listeners[0].addr is empty`,
		"stomp_listeners: [{addr: \"127.0.0.1:61613\"}]\n":           "stomp_addr and stomp_listeners[0].addr are both 127.0.0.1:61613",
		"stomp_listeners: [{addr: \"8.8.8.8:61613\"}]\n":             "stomp_listeners[0].addr is \"8.8.8.8:61613\": other machines can reach",
		"stomp_listeners: [{address: \"127.0.0.1:61613\"}]\n":        "it is not a list in YAML such as",
		"stomp_listeners: rabbitmq\n":                                "it is not a list in YAML such as",
	} {
		if _, err := load(t, yaml, nil); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", yaml, err, want)
		}
	}
}
