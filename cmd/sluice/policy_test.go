package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const policyFile = `# ours
users:
  - name: ben # sends
    password: env:BEN
  - name: old
    actions: [send, create]
    queues: ["a*"]
`

// The verbs write a policy that the server would take, and test says which statement decides.
func TestPolicyVerbs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.yaml")
	writeFile(t, file, policyFile)
	policy := func(args ...string) string {
		t.Helper()
		stdout, stderr, code := fed(t, "", append([]string{"policy", "--users-file", file}, args...)...)
		if code != 0 {
			t.Fatalf("%q: %d, %s%s", args, code, stdout, stderr)
		}
		return stdout
	}
	policy("add", "readers", "--shared", "--allow", "receive,browse", "--topic", "prices.>", "--queue", "q*")
	policy("add", "ben", "--allow", "send,create-by-use", "--queue", "orders-*")
	policy("add", "ben", "--deny", "all", "--queue", "orders-secret")
	policy("add", "ben", "--use", "readers")
	for _, x := range []struct{ user, action, at, want string }{
		{"ben", "send", "orders-1", `allowed by statement 1 of user "ben"`},
		{"ben", "send", "/queue/orders-secret", `denied by statement 2 of user "ben"`},
		{"ben", "receive", "/topic/prices.*", `allowed by statement 1 of policy "readers"`},
		{"ben", "receive", "/topic/news.*", "denied: no statement allows it"},
		{"ben", "receive", "/topic/>", `denied by statement 2 of user "ben"`}, // orders-secret is a subject of NATS
		{"old", "create-by-use", "a1", "allowed by the user's actions and queues, which are the short form of a policy"},
		{"old", "redrive", "b", "denied: no statement allows it"},
	} {
		got, stderr, code := fed(t, "", "policy", "--users-file", file, "test", x.user, x.action, x.at)
		if got != x.want+"\n" || stderr != "" || code != map[bool]int{true: 0, false: 1}[strings.HasPrefix(x.want, "allowed")] {
			t.Errorf("%s %s %s: %d, %s%s", x.user, x.action, x.at, code, got, stderr)
		}
	}
	want := "user ben\n  1. allow send,create-by-use queues orders-*\n  2. deny all queues orders-secret\n  and policy readers\n"
	if got := policy("ls", "ben"); got != want {
		t.Errorf("\n%s", got)
	}
	if got := policy("ls"); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "policy readers\n  1. allow receive,browse queues q* topics prices.>\n") {
		t.Errorf("\n%s", got)
	}
	policy("rm", "ben", "1")
	policy("rm", "ben", "1") // he shares a policy yet
	before, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(before), "# sends") {
		t.Errorf("%v\n%s", err, before)
	}
	for want, args := range map[string][]string{
		`there is no user "eve"`:                        {"add", "eve", "--allow", "send"},
		`user "eve": there is no such user`:             {"test", "eve", "send", "q"},
		`action "fly": it must be one of send`:          {"test", "ben", "fly", "q"},
		`it must be /queue/NAME, /topic/NAME`:           {"test", "ben", "send", "/other/x"},
		`is "fly": it must be one of send, receive`:     {"add", "ben", "--allow", "fly"},
		`topics[0] is "a.#"`:                            {"add", "ben", "--allow", "send", "--topic", "a.#"},
		`queues[0] is "a?"`:                             {"add", "ben", "--allow", "send", "--queue", "a?"},
		`user "old" has actions or queues`:              {"add", "old", "--allow", "send"},
		`there is no policy "writers"`:                  {"add", "ben", "--use", "writers"},
		`last policy of user "ben"`:                     {"rm", "ben", "--use", "readers"},
		`policy "readers" has 1 statements, and none 2`: {"rm", "readers", "--shared", "2"},
		`there is no policy "readers" under policies`:   {"rm", "readers", "--shared", "1"},
		`at least one of the flags`:                     {"add", "ben"},
		`accepts 3 arg(s), received 2`:                  {"test", "ben", "send"},
		`unknown flag: --fast`:                          {"test", "--fast"},
	} {
		_, stderr, code := fed(t, "", append([]string{"policy", "--users-file", file}, args...)...)
		wantCode := 1
		if args[0] == "test" { // of which 1 is an answer
			wantCode = 2
		}
		if code != wantCode || !strings.Contains(stderr, want) {
			t.Errorf("%q: %d, %s, want %s", args, code, stderr, want)
		}
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("%v\n%s", err, after)
	}
}
