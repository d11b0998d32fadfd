package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// Statements come in the order of the file, a user's own before those that he shares.
func TestParsePolicies(t *testing.T) {
	f, err := config.ParseUsersFile([]byte(`users:
  - name: ben
    policies: [readers]
    policy:
      - allow: [send, create-by-use]
        queues: [a, "b*"]
      - {deny: [all]}
policies:
  readers:
    - {allow: [receive], topics: ["a.*.>", "*"]}
`))
	if err != nil {
		t.Fatal(err)
	}
	u := &f.Users[0]
	list := u.Statements()
	if len(list) != 3 || !u.HasPolicy() || f.Named("readers") == nil || f.Named("writers") != nil {
		t.Fatalf("%+v", f)
	}
	own, deny, shared := list[0], list[1], list[2]
	if own.Line != 5 || own.By != `statement 1 of user "ben"` || own.Deny || !slices.Equal(own.Actions, []config.Action{"send", "create-by-use"}) ||
		!slices.Equal(own.Queues, []string{"a", "b*"}) || own.Topics != nil {
		t.Errorf("%+v", own)
	}
	if !deny.Deny || deny.Actions != nil || deny.Queues != nil {
		t.Errorf("%+v", deny)
	}
	if shared.By != `statement 1 of policy "readers"` || !slices.Equal(shared.Topics, []string{"a.*.>", "*"}) {
		t.Errorf("%+v", shared)
	}
}

// Errors name the line and the limit.
func TestPolicyErrors(t *testing.T) {
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	for policy, want := range map[string]string{
		`[]`:                                                     `line 2, user "ben": an empty list: leave out policy and policies to allow all`,
		`[{}]`:                                                   "line 3: a statement has either allow or deny, and a list of actions",
		`[{allow: []}]`:                                          "line 3: a statement of no action: name some, or [all]",
		`[{allow: [send], deny: [send]}]`:                        "line 3: a statement has either allow or deny",
		`[{allow: [fly]}]`:                                       `line 3: action 0 is "fly": it must be one of send, receive, browse, create, create-by-use, delete, purge, redrive, admin, or all alone`,
		`[{allow: [all, send]}]`:                                 `line 3: action 0 is "all"`,
		`[{allow: [send], queue: [a]}]`:                          `line 3: unknown key "queue": it must be one of allow, deny, queues, topics`,
		`[{allow: [send], queues: []}]`:                          "line 3: an empty list: leave out both queues and topics",
		`[{allow: [send], queues: ["a?"]}]`:                      `line 3: queues[0] is "a?": it must be the name of a queue of at most 256 bytes`,
		`[{allow: [send], topics: ["a.#"]}]`:                     `line 3: topics[0] is "a.#": it must be parts with dots between them, of at most 256 bytes`,
		`[{allow: [send], topics: [">.a"]}]`:                     `line 3: topics[0] is ">.a"`,
		`[{allow: [send], topics: ["a*.b"]}]`:                    `line 3: topics[0] is "a*.b"`,
		`[{allow: [send], topics: ["a..b"]}]`:                    `line 3: topics[0] is "a..b"`,
		`[{allow: [send], topics: ["/topic/a"]}]`:                `line 3: topics[0] is "/topic/a"`,
		`[` + many(101, "{allow: [send]}") + `]`:                 `line 2, user "ben": 101 statements, his own and those of his policies: there may be 100`,
		`[{allow: [send], queues: [` + many(101, "a") + `]}]`:    "line 3: 101 patterns of one kind in a statement: there may be 100",
		"[{allow: [send]}]\n    actions: [send]":                 `line 2, user "ben": there are actions or queues beside a policy`,
		"[{allow: [send]}]\n    policies: [none]":                `line 2, user "ben": there is no policy "none" under policies`,
		"[{allow: [send]}]\npolicies: {a: []}":                   `line 4, policy "a": it has 0 statements: it must have 1 to 100`,
		"[{allow: [send]}]\npolicies: {\"\": [{allow: [send]}]}": "line 4: the name of a policy must be 1 to 128 bytes",
	} {
		_, err := config.ParseUsers([]byte(fmt.Sprintf("users:\n  - name: ben\n    policy: %s\n", policy)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", policy, err, want)
		}
	}
}
