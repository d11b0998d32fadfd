package config_test

import (
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/sluicemq/sluice/bridge/config"
)

const hash = "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE"

func TestParseUsers(t *testing.T) {
	got, err := config.ParseUsers([]byte(`# people
users:
  - name: anna
    password: ` + hash + `
    actions: [send, receive]
    queues: ["orders-*"]
    access_keys:
      - {id: K1, secret: "env:K1", account: "111122223333"}
      - {id: K2, secret: "file:/k2", session_token: "env:T"}
  - name: "ben"
    password: file:/run/secrets/ben
    tokens: ["env:TOKEN", "sha256:` + strings.Repeat("0a", 32) + `"]
    nkeys: [UABC]
    certificates: ["CN=ben,O=Example", "dns:ben.example.org"]
  - name: carla
`))
	actions, queues := []config.Action{"send", "receive"}, []string{"orders-*"}
	want := []config.User{
		{
			Line: 3, Name: "anna", Password: hash, Actions: actions, Queues: queues,
			AccessKeys: []config.AccessKey{
				{ID: "K1", Secret: "env:K1", Account: "111122223333", User: "anna", Actions: actions, Queues: queues},
				{ID: "K2", Secret: "file:/k2", SessionToken: "env:T", User: "anna", Actions: actions, Queues: queues},
			},
		},
		{Line: 10, Name: "ben", Password: "file:/run/secrets/ben", Tokens: []string{"env:TOKEN", "sha256:" + strings.Repeat("0a", 32)}, NKeys: []string{"UABC"}, Certificates: []string{"CN=ben,O=Example", "dns:ben.example.org"}},
		{Line: 15, Name: "carla"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := config.ParseUsers([]byte("users: []\n")); err != nil || len(got) > 0 {
		t.Errorf("%v, %v", got, err)
	}
}

// Errors say where, and what is wanted; they repeat nothing that may be a secret.
func TestUserErrors(t *testing.T) {
	const user = "users:\n  - name: anna\n    "
	for text, want := range map[string]string{
		"":                                      "it is empty",
		"# nobody\n":                            "it is empty",
		"users: []\n---\nusers: []\n":           "more than one YAML document",
		"people: []\n":                          `line 1: unknown key "people"`,
		"{}\n":                                  "there is no key users",
		"users: anna\n":                         "line 1: users wants a list",
		"users: [hunter2]\n":                    "line 1: a user wants lines of the form key: value",
		"users:\nusers: []\n":                   "line 1: users wants a list",
		"users: []\nusers: []\n":                `has the key "users" twice`,
		user + "name: ben\n":                    `line 3: a user has the key "name" twice`,
		user + "pasword: hunter2\n":             `line 3: unknown key "pasword"`,
		user + "password: hunter2\n":            `line 2, user "anna": password is neither the hash`,
		user + "password: 12345\n":              "line 3: password is not a text",
		user + "password: \"\"\n":               "line 3: password is empty",
		user + "password: *hunter2\n":           "begins with *",
		"users:\n  - &a {name: anna}\n  - *a\n": "line 3: a value begins with *",
		user + "queues: &q [a]\n  - {name: ben, queues: *q}\n":                                     "line 4: a value begins with *",
		user + "password: &p " + hash + "\n    tokens: [*p]\n":                                     "line 4: a value begins with *",
		user + "password: \"hunter2\n":                                                             "yaml",
		user + "tokens: hunter2\n":                                                                 "line 3: tokens wants a list",
		user + "tokens: [hunter2]\n":                                                               `line 2, user "anna": tokens[0] is neither`,
		user + "tokens: [sha256:abc]\n":                                                            "tokens[0] is neither",
		user + "nkeys: [U1, U1]\n":                                                                 `the nkey "U1" is there already, of the user of line 2`,
		user + "actions: []\n":                                                                     "an empty list",
		user + "actions: [sent]\n":                                                                 `user.actions[0] is "sent"`,
		user + "queues: [\"a?\"]\n":                                                                `user.queues[0] is "a?"`,
		user + "access_keys: [{id: A, secret: hunter2}]\n":                                         "access_keys[0].secret is neither",
		user + "access_keys: [{id: A, secret: \"env:A\", user: ben}]\n":                            `line 3: unknown key "user"`,
		user + "access_keys: [{id: \"a b\", secret: \"env:A\"}]\n":                                 `access_keys[0].id is "a b"`,
		user + "access_keys: [{id: A, secret: \"env:A\"}, {id: A, secret: \"env:B\"}]\n":           `the access key "A" is there already`,
		user + "certificates: [CN=a, CN=a]\n":                                                      `the certificate "CN=a" is there already, of the user of line 2`,
		"users:\n  - {name: a, certificates: ['dns:x']}\n  - {name: b, certificates: ['dns:x']}\n": `line 3, user "b": the certificate "dns:x"`,
		user + "tokens: [" + strings.Repeat("\"env:A\",", 101) + "]\n":                             "there may be 100",
		"users:\n  - {name: anna}\n  - {name: ben}\n  - {name: anna}\n":                            `line 4, user "anna": the name "anna" is there already, of the user of line 2`,
		"users:\n  - password: " + hash + "\n":                                                     "line 2: name must be",
		"users:\n  - name: \"a\\nb\"\n":                                                            "name must be",
		"users:\n  - name: " + strings.Repeat("n", 129) + "\n":                                     "name must be 1 to 128 bytes",
		"users:\n  - {name: a, nkeys: [U1]}\n  - {name: b, nkeys: [U1]}\n":                         `line 3, user "b": the nkey "U1"`,
		"users:\n  - {name: a, access_keys: [{id: A, secret: \"env:A\"}]}\n  - {name: b, access_keys: [{id: A, secret: \"env:A\"}]}\n": `line 3, user "b": the access key "A"`,
	} {
		_, err := config.ParseUsers([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s\n%v\nwant %q", text, err, want)
		}
	}
}

// FuzzParseUsers: what is refused is so in one line; what is taken is YAML to the YAML package too, and nobody
// stands in it twice.
func FuzzParseUsers(f *testing.F) {
	f.Add([]byte("users:\n  - name: anna\n    password: " + hash + "\n    access_keys: [{id: A, secret: \"env:A\"}]\n    actions: [send]\n"))
	f.Add([]byte("users: &a\n  - &b {name: x, tokens: [\"env:A\"], nkeys: [U]}\n  - *b\n"))
	f.Add([]byte("users: []\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		users, err := config.ParseUsers(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		var anything struct{ Users []any }
		if err := yaml.Unmarshal(text, &anything); err != nil || len(anything.Users) != len(users) {
			t.Errorf("%d users, and to others %d, %v", len(users), len(anything.Users), err)
		}
		names := make(map[string]bool)
		for _, u := range users {
			if u.Name == "" || u.Line == 0 || names[u.Name] {
				t.Errorf("%+v", u)
			}
			names[u.Name] = true
		}
	})
}

// A file of users allows addresses that other machines can reach where passwords are not
// read on the way, and no others.
func TestUsersAllowAddresses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"sqs":               {func(c *config.Config) { c.SQSAddr = "0.0.0.0:0" }, "for want of sqs_tls_cert"},
		"sqs with TLS":      {func(c *config.Config) { c.SQSAddr, c.SQSPort.TLSCert, c.SQSPort.TLSKey = "0.0.0.0:0", "a", "b" }, ""},
		"sqs in words":      {func(c *config.Config) { c.SQSAddr, c.PlainTextListen = "0.0.0.0:0", "nats, sqs" }, ""},
		"stomp in words":    {func(c *config.Config) { c.STOMPAddr, c.PlainTextListen = "0.0.0.0:0", "stomp" }, ""},
		"words for another": {func(c *config.Config) { c.STOMPAddr, c.PlainTextListen = "0.0.0.0:0", "sqs" }, "set plain_text_listen: stomp (--plain-text-listen, SLUICE_PLAIN_TEXT_LISTEN) or insecure_listen: true"},
		"further in words": {func(c *config.Config) {
			c.STOMPFurther, c.PlainTextListen = []config.STOMPListener{{Addr: "0.0.0.0:0", Dialect: config.STOMPPlain}}, "stomp"
		}, ""},
		"WebSocket in words": {func(c *config.Config) { c.NATSPort.WSAddr, c.PlainTextListen = "0.0.0.0:0", "nats" }, ""},
		"stomp":              {func(c *config.Config) { c.STOMPAddr = "0.0.0.0:0" }, "for want of stomp_tls_cert"},
		"stomp with TLS":     {func(c *config.Config) { c.STOMPAddr, c.STOMPPort.TLSCert, c.STOMPPort.TLSKey = "0.0.0.0:0", "a", "b" }, ""},
		"nats":               {func(c *config.Config) { c.NATSAddr = "0.0.0.0:0" }, "for want of nats_tls_cert"},
		"nats with TLS":      {func(c *config.Config) { c.NATSAddr, c.NATSPort.TLSCert, c.NATSPort.TLSKey = "0.0.0.0:0", "a", "b" }, ""},
		"nats in WebSocket":  {func(c *config.Config) { c.NATSPort.WSAddr = "0.0.0.0:0" }, "for want of nats_tls_cert"},
		"stomp by consent":   {func(c *config.Config) { c.STOMPAddr, c.InsecureListen = "0.0.0.0:0", true }, ""},
		"admin":              {func(c *config.Config) { c.AdminAddr = "0.0.0.0:0" }, "for want of admin_tls_cert"},
		"admin with TLS":     {func(c *config.Config) { c.AdminAddr, c.AdminPort.TLSCert, c.AdminPort.TLSKey = "0.0.0.0:0", "a", "b" }, ""},
		"admin without users": {func(c *config.Config) {
			c.AdminAddr, c.AdminPort.TLSCert, c.AdminPort.TLSKey, c.UsersFile = "0.0.0.0:0", "a", "b", ""
		}, "admin_tls_cert encrypts, and does not ask clients who they are"},
	} {
		c := config.Default()
		c.UsersFile = "users.yaml"
		tt.change(&c)
		if err := c.Check(t.Context()); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
