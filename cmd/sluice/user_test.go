package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// fed runs the program with something on its standard input.
func fed(t *testing.T, in string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(t, nil, args...)
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// The verbs make a file that a server takes while it runs; no secret is printed.
func TestUserVerbs(t *testing.T) {
	const password = "correct horse"
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "users.yaml"), filepath.Join(dir, "secret")
	user := func(in string, args ...string) string {
		t.Helper()
		stdout, stderr, code := fed(t, in, append([]string{"user", "--users-file", file}, args...)...)
		if code != 0 || stderr != "" || strings.Contains(stdout, password) || strings.Contains(stdout, "argon2") {
			t.Fatalf("%q: %d, %s%s", args, code, stdout, stderr)
		}
		return stdout
	}
	user(password+"\n", "add", "anna")
	user("", "add", "ben", "--no-password", "--action", "send,receive", "--queue", "a*")
	s := serve(t, nil, append(freePorts(), "--users-file", file, "--login-max-failures", "0")...) // it tries until it may
	enters := func(password string) bool {
		nc, err := nats.Connect("nats://"+s.NATS, nats.UserInfo("anna", password), nats.Timeout(patience))
		if err == nil {
			nc.Close()
		} else if !errors.Is(err, nats.ErrAuthorization) {
			t.Fatal(err)
		}
		return err == nil
	}
	if !enters(password) || enters("wrong") {
		t.Error("anna's password is not what was added")
	}
	id := strings.TrimSpace(user("", "key", "ben", "--secret-file", secret))
	if !regexp.MustCompile(`^SLUI[A-Z2-7]{16}$`).MatchString(id) {
		t.Errorf("id %q", id)
	}
	info, err := os.Stat(secret)
	if err != nil || info.Mode() != 0o600 || info.Size() != 41 {
		t.Errorf("%v, %v", info, err)
	}
	if got := user("", "ls"); got != "NAME  CREDENTIALS               ACTIONS       QUEUES\n"+
		"anna  password                  all           all\n"+
		"ben   key "+id+"  send,receive  a*\n" {
		t.Errorf("\n%s", got)
	}
	user("other\n", "passwd", "anna")
	for !enters("other") { // the server looks at the file every second
	}
	hidden := filepath.Join(dir, "password")
	writeFile(t, hidden, "other\n")
	wantFailure(t, "the user or the password is not right", nil, "queue", "--admin", s.Admin, "moves", "q")
	wantFailure(t, `queue "q": not found`, nil, "queue", "--admin", s.Admin, "--user", "anna", "--password-file", hidden, "moves", "q")
	user("", "rm", "ben", "--key", id)
	user("", "rm", "anna")
	s.log.await(t, "users=1")
	if enters("other") {
		t.Error("anna is let in, who is not there any more")
	}
	if got := user("", "ls"); !strings.HasSuffix(got, "\nben   none         send,receive  a*\n") {
		t.Errorf("\n%s", got)
	}
}

func TestUserVerbErrors(t *testing.T) {
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "users.yaml"), filepath.Join(dir, "secret")
	writeFile(t, file, "users:\n  - name: anna\n")
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"name it with --users-file", []string{"ls"}},
		{"no such file", []string{"ls", "--users-file", file + "x"}},
		{"no such file", []string{"rm", "anna", "--users-file", file + "x"}},
		{`there is no user "otto"`, []string{"rm", "otto", "--users-file", file}},
		{`there is a user "anna" already`, []string{"add", "anna", "--no-password", "--users-file", file}},
		{"no password came from standard input", []string{"passwd", "anna", "--users-file", file}},
		{`"secret-file" not set`, []string{"key", "anna", "--users-file", file}},
		{`access_keys[0].id is "a b"`, []string{"key", "anna", "--id", "a b", "--secret-file", secret, "--users-file", file}},
		{"file exists", []string{"key", "anna", "--secret-file", file, "--users-file", file}},
		{"accepts 1 arg(s), received 2", []string{"passwd", "anna", "hunter2", "--users-file", file}},
	} {
		wantFailure(t, tt.want, nil, append([]string{"user"}, tt.args...)...)
	}
	if _, err := os.Stat(secret); err == nil {
		t.Error("a secret without a key is left behind")
	}
}

// A key that is in the file keeps its secret, also when its id cannot be printed: without it the
// file would not be good.
func TestUserKeyThatCannotBePrinted(t *testing.T) {
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "users.yaml"), filepath.Join(dir, "secret")
	writeFile(t, file, "users:\n  - name: anna\n")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	cmd := command(t, nil, "user", "key", "anna", "--id", "K1", "--secret-file", secret, "--users-file", file)
	cmd.Stdout = full
	if err := cmd.Run(); err == nil {
		t.Error("no word of an id that could not be printed")
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "id: K1") {
		t.Fatalf("%s, %v", text, err)
	}
	if _, err := os.Stat(secret); err != nil {
		t.Error(err)
	}
}
