package users_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/users"
	"github.com/sluicemq/sluice/protocols"
)

// Hashes of "correct".
const (
	argon = "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE"
	other = "$argon2id$v=19$m=7168,t=5,p=1$cGVwcGVycGVwcGVy$XQAJcDWo1d9GWorA+76Vh98vrTD2Huxvby4IlWUgHL4"
	token = "0123456789abcdef-token"
)

// site is a file of users, its store, and what that says.
type site struct {
	t    *testing.T
	dir  string
	file string
	now  time.Time
	log  strings.Builder
	*users.Store
}

// newSite has a clock of its own: %s in the text is the directory of the site.
func newSite(t *testing.T, text string, keys ...auth.Key) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{t: t, dir: dir, file: filepath.Join(dir, "users.yaml"), now: time.Now()}
	s.write("users.yaml", text)
	var err error
	s.Store, err = users.Open(s.file, s.options(keys...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) options(keys ...auth.Key) users.Options {
	return users.Options{Log: slog.New(slog.NewTextHandler(&s.log, nil)), Now: func() time.Time { return s.now }, Keys: keys}
}

// write replaces a file of the site.
func (s *site) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path+".x", []byte(strings.ReplaceAll(text, "%s", s.dir)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(path+".x", path); err != nil {
		s.t.Fatal(err)
	}
}

// enters reports whether somebody is let in, as whom.
func (s *site) enters(c protocols.Credentials) string {
	s.t.Helper()
	who, err := s.Identities().Authenticate(s.t.Context(), c)
	if err != nil {
		return ""
	}
	return who.Name()
}

func password(user, password string) protocols.Credentials {
	return protocols.Credentials{User: user, Password: password}
}

func key(id, secret string) protocols.Credentials {
	return protocols.Credentials{AccessKey: id, Proof: func(s string) bool { return s == secret }}
}

func newNKey(t *testing.T) string {
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// Every kind of credential lets its user in, with keys of the settings besides.
func TestStore(t *testing.T) {
	t.Setenv("USERS_TEST_TOKEN", token)
	t.Setenv("USERS_TEST_KEY", "key-secret")
	t.Setenv("USERS_TEST_HASH", argon)
	secret, err := auth.EnvSecret("USERS_TEST_KEY")
	if err != nil {
		t.Fatal(err)
	}
	nkey := newNKey(t)
	s := newSite(t, `users:
  - name: anna
    password: `+other+`
    access_keys: [{id: K, secret: "env:USERS_TEST_KEY"}]
  - name: ben
    tokens: ["env:USERS_TEST_TOKEN", "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"]
    password: env:USERS_TEST_HASH
  - {name: carla, nkeys: [`+nkey+`]}
`, auth.Key{ID: "CONFIG", User: "otto", Secret: secret})
	for _, tt := range []struct {
		c    protocols.Credentials
		want string
	}{
		{password("anna", "correct"), "anna"}, {password("ben", "correct"), "ben"}, {password("carla", "correct"), ""},
		{password("anna", "wrong"), ""}, {password("anna", ""), ""}, {password("anna", other), ""},
		{key("K", "key-secret"), "anna"}, {key("K", "wrong"), ""}, {key("CONFIG", "key-secret"), "otto"},
		{protocols.Credentials{Token: token}, "ben"}, {protocols.Credentials{Token: "foo"}, "ben"}, {protocols.Credentials{Token: "bar"}, ""},
		{protocols.Credentials{PublicKey: nkey}, "carla"}, {protocols.Credentials{PublicKey: newNKey(t)}, ""}, {protocols.Credentials{}, ""},
	} {
		if got := s.enters(tt.c); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.c, got, tt.want)
		}
	}
	if c := s.Counts(); !c.InForce || c.Users != 3 {
		t.Errorf("%+v", c)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Setenv("USERS_TEST_SHORT", "short-hunter2")
	t.Setenv("USERS_TEST_TOKEN", token)
	t.Setenv("USERS_TEST_KEY", "hunter2")
	secret, err := auth.EnvSecret("USERS_TEST_KEY")
	if err != nil {
		t.Fatal(err)
	}
	const user = "users:\n  - name: anna\n    "
	for text, want := range map[string]string{
		"users: [":                      "yaml",
		user + "password: $1$hunter2\n": `line 2, user "anna": password: it is no hash`,
		user + "password: $argon2id$v=19$m=4,t=1,p=1$aaaa$bbbb\n":    "is weak",
		user + "password: file:/nowhere/hash\n":                      "password: file:/nowhere/hash: no such file",
		user + "password: env:USERS_TEST_KEY\n":                      "it is no hash",
		user + "tokens: [\"env:USERS_TEST_SHORT\"]\n":                "a token has at least 16 bytes",
		user + "tokens: [\"env:USERS_TEST_GONE\"]\n":                 "tokens[0]: env:USERS_TEST_GONE: the variable is not set",
		user + "nkeys: [UABC]\n":                                     "nkeys[0]: it is no public key",
		user + "access_keys: [{id: A, secret: \"env:NO\"}]\n":        "access_keys[0]: secret is env:NO: the variable",
		user + "access_keys: [{id: CONFIG, secret: \"env:HOME\"}]\n": `id is "CONFIG": access_keys of the settings have that id`,
		"users:\n  - {name: a, tokens: [\"env:USERS_TEST_TOKEN\"]}\n  - {name: b, tokens: [\"env:USERS_TEST_TOKEN\"]}\n": `line 3, user "b": tokens[0]: the token is in the file already`,
	} {
		path := filepath.Join(t.TempDir(), "users.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := users.Open(path, users.Options{Log: slog.New(slog.DiscardHandler), Keys: []auth.Key{{ID: "CONFIG", Secret: secret}}})
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s\n%v\nwant %q", text, err, want)
		}
	}
	if _, err := users.Open(filepath.Join(t.TempDir(), "none"), users.Options{}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

// A new file counts. One that is broken, empty or gone leaves things as they were, and the
// log says so once, without what is in it.
func TestRefresh(t *testing.T) {
	s := newSite(t, "users:\n  - {name: anna, password: \""+other+"\"}\n")
	wants := func(anna, ben string) {
		t.Helper()
		s.Refresh()
		if a, b := s.enters(password("anna", "correct")), s.enters(password("ben", "correct")); a != anna || b != ben {
			t.Errorf("%q, %q; want %q, %q\n%s", a, b, anna, ben, &s.log)
		}
	}
	wants("anna", "")
	s.write("users.yaml", "users:\n  - {name: ben, password: \""+other+"\"}\n")
	wants("", "ben")
	for _, text := range []string{"", "users:\n  - {name: hunter2x, password: hunter2}\n", "users: [\n"} {
		s.write("users.yaml", text)
		wants("", "ben")
		s.Refresh()
		if c := s.Counts(); c.InForce || c.Users != 1 {
			t.Errorf("%q: %+v", text, c)
		}
	}
	if err := os.Remove(s.file); err != nil {
		t.Fatal(err)
	}
	wants("", "ben")
	s.write("users.yaml", "users:\n  - {name: anna, password: \""+other+"\"}\n  - {name: ben, password: \""+other+"\"}\n")
	wants("anna", "ben")
	wants("anna", "ben")
	log := s.log.String()
	if c := s.Counts(); !c.InForce || strings.Count(log, "WARN") != 4 || strings.Count(log, "read again") != 2 || !strings.Contains(log, "can be used again") {
		t.Errorf("%+v\n%s", c, log)
	}
	if strings.Contains(log, "password: hunter2") || strings.Contains(log, other[31:]) {
		t.Errorf("a secret in\n%s", log)
	}
}

// A password and a token in files of their own are taken again when these are replaced, and
// are none when these are gone. What is no hash leaves things as they were.
func TestRefreshOfSecrets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"hash": argon + "\n", "token": token} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, "users:\n  - {name: anna, password: \"file:"+dir+"/hash\"}\n  - {name: ben, tokens: [\"file:"+dir+"/token\"]}\n")
	s.dir = dir
	steps := []struct {
		name, text string
		anna, ben  bool
	}{
		{"hash", "$argon2id$v=19$m=7168,t=5,p=1$cGVwcGVycGVwcGVy$54/GjFupw7H3QM8tvyaZ0NsLFaU7XqnFit7LUcClRc8", false, true},
		{"hash", other, true, true},
		{"hash", "no hash", true, true},
		{"hash", argon, true, true},
		{"token", "another-token-of-16", true, false},
		{"token", token, true, true},
		{"token", "", true, true}, // removed below
	}
	for i, step := range steps {
		if s.write(step.name, step.text); step.text == "" {
			if err := os.Remove(filepath.Join(dir, step.name)); err != nil {
				t.Fatal(err)
			}
			step.ben = false
		}
		// The secrets have the system's clock, and look at their files once a second of it.
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
			s.Refresh()
			anna, ben := s.enters(password("anna", "correct")) == "anna", s.enters(protocols.Credentials{Token: token}) == "ben"
			if anna == step.anna && ben == step.ben && s.Counts().InForce == (step.text != "no hash") {
				step.name = ""
				break
			}
		}
		if step.name != "" {
			t.Fatalf("step %d: never so\n%s", i, &s.log)
		}
	}
}

func TestModeIsWarnedOf(t *testing.T) {
	s := newSite(t, "users: []\n")
	if strings.Contains(s.log.String(), "chmod") {
		t.Error(s.log.String())
	}
	if err := os.Chmod(s.file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := users.Open(s.file, s.options()); err != nil || !strings.Contains(s.log.String(), "chmod o-r") {
		t.Errorf("%v\n%s", err, &s.log)
	}
}

// Clients log in while the file is replaced again and again; for the race detector.
func TestRefreshInUse(t *testing.T) {
	nkey := newNKey(t)
	text := func(i int) string { return fmt.Sprintf("users:\n  - {name: u, nkeys: [%s]}\n  - name: x%d\n", nkey, i) }
	s := newSite(t, text(0))
	var wg sync.WaitGroup
	for range 4 {
		// Ends after its rounds.
		wg.Go(func() {
			for range 500 {
				if s.enters(protocols.Credentials{PublicKey: nkey}) != "u" {
					t.Error("not let in")
				}
				s.Counts()
			}
		})
	}
	for i := range 100 {
		s.write("users.yaml", text(i))
		s.Refresh()
	}
	wg.Wait()
}
