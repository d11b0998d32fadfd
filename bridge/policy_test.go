package bridge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/queuecore"
)

// errRefused is in the error of an operation that was refused for want of a right, in the words
// that the dialect has for it.
var errRefused = errors.New("refused")

// entrance is a way to do something in a dialect, and what it takes.
type entrance struct {
	dialect string
	action  config.Action // whose place in the table it has
	takes   []config.Action
	// any of takes is enough.
	any bool
	// ready makes what must be there; nil: the queue, with a message in it.
	ready func(x *attempt)
	try   func(x *attempt) error
}

// attempt is a entrance with a user who stands before it, and a queue and a topic of one name.
type attempt struct {
	*testing.T
	h                *House
	name, dead, user string
}

const (
	policySecret = "a-secret-of-policies"
	// keeper may do everything.
	keeper = "  - {name: keeper, password: \"" + usersHash + "\", access_keys: [{id: keeper, secret: \"env:POLICY_TEST_SECRET\"}]}\n"
)

// dialects are the columns of the table.
func dialects() []string { return []string{"STOMP", "NATS", "JetStream", "SQS", "/v1"} }

// impossible says why there is no entrance for an action in a dialect: it has no request that is it.
func impossible() map[string]string {
	return map[string]string{
		"STOMP create":            "queues are made by use alone",
		"STOMP redrive":           "no frame moves messages, or sets where dead letters go",
		"NATS browse":             "core NATS keeps nothing",
		"NATS create":             "core NATS keeps nothing",
		"NATS create-by-use":      "core NATS keeps nothing",
		"NATS delete":             "core NATS keeps nothing",
		"NATS purge":              "core NATS keeps nothing",
		"NATS redrive":            "core NATS keeps nothing",
		"NATS admin":              "core NATS keeps nothing",
		"JetStream create-by-use": "a stream is made by a request",
		"SQS create-by-use":       "a queue is made by a request",
		"/v1 create":              "it makes no queues",
		"/v1 create-by-use":       "it makes no queues",
		"/v1 delete":              "it deletes no queues",
		"/v1 purge":               "it purges no queues",
	}
}

// doors are all that there are.
func entrances() []entrance {
	return slices.Concat(stompEntrances(), natsEntrances(), streamEntrances(), sqsEntrances(), adminEntrances())
}

// Every action has a entrance in every dialect, or a reason why not.
func TestPolicyTableIsWhole(t *testing.T) {
	missing := impossible()
	for _, dialect := range dialects() {
		for _, action := range config.Actions() {
			there := slices.ContainsFunc(entrances(), func(d entrance) bool { return d.dialect == dialect && d.action == action })
			cell := dialect + " " + string(action)
			if _, none := missing[cell]; there == none {
				t.Errorf("%s: a entrance is %v, a reason why not is %v", cell, there, none)
			}
			delete(missing, cell)
		}
	}
	for cell := range missing {
		t.Errorf("%s is no cell", cell)
	}
}

// Who has the rights that a entrance takes, and no others, is let through; who lacks the one of its
// place, or is denied it although he is allowed everything, is not.
func TestPolicyOfEveryEntrance(t *testing.T) {
	t.Setenv("POLICY_TEST_SECRET", policySecret)
	all := entrances()
	h := openHouse(t, policyConfig(t, all))
	for i, d := range all {
		for _, variant := range []string{"ok", "lack", "deny"} {
			t.Run(fmt.Sprintf("%s/%s/%s", d.dialect, d.action, variant), func(t *testing.T) {
				name := fmt.Sprintf("cell%d-%s", i, variant)
				x := &attempt{t, h, name, name + "-dead", name}
				x.prepare(&d)
				err := d.try(x)
				if variant == "ok" && err != nil || variant != "ok" && !errors.Is(err, errRefused) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

func (x *attempt) prepare(d *entrance) {
	x.Helper()
	if d.ready != nil {
		d.ready(x)
		return
	}
	x.queue(x.name, queuecore.QueueConfig{})
}

// queue makes a queue with a message in it.
func (x *attempt) queue(name string, c queuecore.QueueConfig) {
	x.Helper()
	if _, err := x.h.broker.CreateQueue(x.Context(), name, c); err != nil {
		x.Fatal(err)
	}
	x.put(name)
}

func (x *attempt) put(name string) {
	x.Helper()
	if _, err := x.h.broker.Send(x.Context(), &queuecore.Message{Destination: queuecore.QueueNamed(name), Body: []byte("hello")}); err != nil {
		x.Fatal(err)
	}
}

// withDead makes the queue, and another one that it gives its dead letters to.
func withDead(x *attempt) {
	x.queue(x.dead, queuecore.QueueConfig{})
	x.queue(x.name, queuecore.QueueConfig{MaxAttempts: 3, DeadLetter: x.dead})
}

// nothing makes nothing: the entrance does.
func nothing(*attempt) {}

func policyConfig(t *testing.T, all []entrance) config.Config {
	t.Helper()
	var b strings.Builder
	b.WriteString("users:\n" + keeper)
	for i := range all {
		d := &all[i]
		var lacking []config.Action
		for _, a := range d.takes {
			if a != d.action && !d.any {
				lacking = append(lacking, a)
			}
		}
		if len(lacking) == 0 {
			lacking = []config.Action{"purge"} // some right, of no use here
			if d.action == "purge" {
				lacking = []config.Action{"send"}
			}
		}
		ok, denied := d.takes, []config.Action{d.action}
		if d.any { // one of them will do, and is denied with the others
			ok, denied = []config.Action{d.action}, d.takes
		}
		user := func(variant, statements string) {
			name := fmt.Sprintf("cell%d-%s", i, variant)
			fmt.Fprintf(&b, "  - name: %s\n    password: %s\n    access_keys: [{id: %s, secret: \"env:POLICY_TEST_SECRET\"}]\n    policy:\n%s",
				name, usersHash, name, strings.ReplaceAll(statements, "NAMES", fmt.Sprintf("queues: [\"cell%d-*\"], topics: [%s, ActiveMQ.Scheduler.Management]", i, name)))
		}
		user("ok", "      - {allow: ["+joinActions(ok)+"], NAMES}\n")
		user("lack", "      - {allow: ["+joinActions(lacking)+"], NAMES}\n")
		user("deny", "      - {deny: ["+joinActions(denied)+"], NAMES}\n      - allow: [all]\n")
	}
	return withUsers(t, b.String())
}

// withUsers is a configuration with a file of users, and ActiveMQ's dialect of STOMP.
func withUsers(t *testing.T, text string) config.Config {
	t.Helper()
	c := testConfig(t)
	c.STOMPDialect = config.STOMPActiveMQ
	c.UsersFile = filepath.Join(t.TempDir(), "users.yaml")
	if err := os.WriteFile(c.UsersFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

func joinActions(list []config.Action) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}
