package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// twoKeys is a list of the file; the environment and flags have it as one text.
const twoKeys = `
  - id: A.1
    secret: file:/run/secrets/a
    user: anna
  - {id: B, secret: "env:B_SECRET", session_token: "env:B_TOKEN", user: bert, account: "111122223333", actions: [send, receive], queues: [orders, "in-*"]}
`

func wantTwo() []config.AccessKey {
	return []config.AccessKey{
		{ID: "A.1", Secret: "file:/run/secrets/a", User: "anna"},
		{
			ID: "B", Secret: "env:B_SECRET", SessionToken: "env:B_TOKEN", User: "bert", Account: "111122223333",
			Actions: []config.Action{config.ActionSend, config.ActionReceive}, Queues: []string{"orders", "in-*"},
		},
	}
}

func TestAccessKeysOfEverySource(t *testing.T) {
	const other = "[{id: C, secret: env:C, user: carl}]"
	inFile, inEnv := "access_keys:"+twoKeys, "SLUICE_ACCESS_KEYS="+other
	for _, c := range []struct {
		name, yaml string
		environ    []string
		args       []string
		want       []config.AccessKey
	}{
		{name: "file", yaml: inFile, want: wantTwo()},
		{name: "environment", environ: []string{"SLUICE_ACCESS_KEYS=" + twoKeys}, want: wantTwo()},
		{name: "flag", args: []string{"--access-keys=" + twoKeys}, want: wantTwo()},
		{name: "the environment wins", yaml: inFile, environ: []string{inEnv}, want: []config.AccessKey{{ID: "C", Secret: "env:C", User: "carl"}}},
		{name: "the flag wins", yaml: inFile, environ: []string{inEnv}, args: []string{"--access-keys="}, want: nil},
		{name: "an anchor", yaml: "access_keys: [{id: a, secret: &s \"env:A\", user: u}, {id: b, secret: *s, user: u}]\n", want: []config.AccessKey{
			{ID: "a", Secret: "env:A", User: "u"}, {ID: "b", Secret: "env:A", User: "u"},
		}},
		{name: "none", yaml: "access_keys: []\n", want: nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := load(t, c.yaml, c.environ, c.args...)
			if err != nil || !reflect.DeepEqual(got.AccessKeys, c.want) {
				t.Fatalf("got %+v, %v", got.AccessKeys, err)
			}
			text, err := got.YAML()
			if err != nil {
				t.Fatal(err)
			}
			if again, err := load(t, string(text), nil); err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("not the same again: %+v, %v", again.AccessKeys, err)
			}
		})
	}
}

// Errors name key and place, and never hold what may be a secret.
func TestAccessKeyErrors(t *testing.T) {
	const secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
	entry := func(s string) string { return "access_keys:\n  - {id: A, secret: env:A, user: a}\n  - {" + s + "}\n" }
	for _, c := range []struct{ name, yaml, want string }{
		{"secret in the file", entry("id: B, user: b, secret: " + secret), "access_keys[1].secret is neither file:PATH nor env:NAME"},
		{"token in the file", entry("id: B, user: b, secret: env:B, session_token: " + secret), "access_keys[1].session_token is neither file:PATH nor env:NAME"},
		{"token as a list", entry("id: B, user: b, secret: env:B, session_token: [" + secret + "]"), "line 3: session_token in access_keys is not a text"},
		{"no secret", entry("id: B, user: b"), "access_keys[1].secret is neither"},
		{"no path", entry(`id: B, user: b, secret: "file:"`), "access_keys[1].secret is neither"},
		{"secret as a list", entry("id: B, user: b, secret: [" + secret + "]"), "line 3: secret in access_keys is not a text"},
		{"secret as the list", "access_keys: " + secret + "\n", "line 1: access_keys wants a list"},
		{"secret as an entry", "access_keys: [" + secret + "]\n", "line 1: access_keys wants entries"},
		{"no id", entry("secret: env:B, user: b"), `access_keys[1].id is ""`},
		{"odd id", entry("id: b/c, secret: env:B, user: b"), `access_keys[1].id is "b/c"`},
		{"number for an id", entry("id: 12, secret: env:B, user: b"), "line 3: id in access_keys is not a text: put it in quotes"},
		{"same id", entry("id: A, secret: env:B, user: b"), `access_keys[1].id is "A": another key has that id`},
		{"no user", entry("id: B, secret: env:B"), `access_keys[1].user is ""`},
		{"odd user", entry(`id: B, secret: env:B, user: "a\nb"`), `access_keys[1].user is "a\nb"`},
		{"odd account", entry(`id: B, secret: env:B, user: b, account: "12"`), `access_keys[1].account is "12": it must be an AWS account id`},
		{"number for an account", entry("id: B, secret: env:B, user: b, account: 111122223333"), "line 3: account in access_keys is not a text: put it in quotes"},
		{"unknown action", entry("id: B, secret: env:B, user: b, actions: [send, fly]"), `access_keys[1].actions[1] is "fly": it must be one of send, receive, browse, create, create-by-use, delete, purge, redrive, admin`},
		{"one action", entry("id: B, secret: env:B, user: b, actions: send"), "line 3: actions in access_keys wants a list"},
		{"no actions", entry("id: B, secret: env:B, user: b, actions: []"), "access_keys[1] has an empty list"},
		{"no queues", entry("id: B, secret: env:B, user: b, queues: []"), "access_keys[1] has an empty list"},
		{"empty pattern", entry(`id: B, secret: env:B, user: b, queues: [""]`), `access_keys[1].queues[0] is ""`},
		{"another notation", entry(`id: B, secret: env:B, user: b, queues: [a, "b[0-9]"]`), `access_keys[1].queues[1] is "b[0-9]": it must be the name of a queue`},
		{"unknown key", entry("id: B, secret: env:B, user: b, queue: a"), `line 3: unknown key "queue" in access_keys`},
		{"no value", "access_keys:\n", "line 1: access_keys wants a list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, c.yaml, nil)
			checkError(t, err, c.want, secret)
			text := strings.TrimPrefix(c.yaml, "access_keys:")
			if _, err = load(t, "", []string{"SLUICE_ACCESS_KEYS=" + text}); err == nil && strings.TrimSpace(text) != "" {
				t.Error("the environment takes it")
			}
			if err != nil {
				checkError(t, err, "", secret)
			}
		})
	}
	_, err := load(t, "", []string{"SLUICE_ACCESS_KEYS=[{id: " + secret})
	checkError(t, err, "environment: SLUICE_ACCESS_KEYS: it is not a list in YAML", secret)
}

func checkError(t *testing.T, err error, want, secret string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("got %v, want %q", err, want)
	}
	if strings.Contains(err.Error(), secret[:10]) || strings.Contains(err.Error(), "\n") {
		t.Errorf("holds the secret, or several lines: %v", err)
	}
}

// With keys, SQS may listen where other machines are, in TLS or when somebody says that it need not be, and nothing else may.
func TestKeysAllowAnAddress(t *testing.T) {
	const keys = "access_keys: [{id: A, secret: env:A, user: a}]\n"
	if _, err := load(t, keys, nil, "--sqs-addr=0.0.0.0:0"); err == nil || !strings.Contains(err.Error(), "messages would go there unencrypted, for want of sqs_tls_cert") {
		t.Error(err)
	}
	for _, args := range [][]string{{"--plain-text-listen=sqs"}, {"--sqs-tls-cert=a", "--sqs-tls-key=b"}} {
		if _, err := load(t, keys, nil, append(args, "--sqs-addr=0.0.0.0:0")...); err != nil {
			t.Error(args, err)
		}
	}
	for _, l := range []string{"stomp", "nats", "admin"} {
		if _, err := load(t, keys, nil, "--"+l+"-addr=0.0.0.0:0", "--plain-text-listen="+l); err == nil || !strings.Contains(err.Error(), l+"_addr is") {
			t.Errorf("%s: %v", l, err)
		}
	}
	if _, err := load(t, "", nil, "--sqs-addr=0.0.0.0:0"); err == nil || !strings.Contains(err.Error(), "or give access_keys") {
		t.Error(err)
	}
}
