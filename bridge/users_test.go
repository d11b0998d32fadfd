package bridge

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/config"
)

const (
	usersPassword = "correct"
	usersHash     = "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE"
	usersToken    = "0123456789abcdef-token"
	usersSecret   = "wJalrXUtnFEMI/K7MDENG"
)

// lines is a log that may be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// peopled is a house with users: anna, who may do everything, ben, who may send to b* and no more,
// and further ones by the text.
type peopled struct {
	*House
	t    *testing.T
	file string
	log  *lines
	seed string // a file with anna's nkey
	anna string // what stands in the file for her
}

func openPeopled(t *testing.T) *peopled {
	t.Helper()
	return openPeopledWith(t, func(*config.Config) {})
}

// openPeopledWith is openPeopled with other settings.
func openPeopledWith(t *testing.T, change func(*config.Config)) *peopled {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, _ := pair.PublicKey()
	seed, _ := pair.Seed()
	dir := t.TempDir()
	p := &peopled{t: t, file: filepath.Join(dir, "users.yaml"), log: new(lines), seed: filepath.Join(dir, "seed")}
	for name, text := range map[string]string{p.seed: string(seed), filepath.Join(dir, "secret"): usersSecret, filepath.Join(dir, "token"): usersToken} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.anna = "  - name: anna\n    password: " + usersHash + "\n    nkeys: [" + public + "]\n    tokens: [\"file:" + dir +
		"/token\"]\n    access_keys: [{id: AKANNA, secret: \"file:" + dir + "/secret\"}]\n"
	p.write(p.anna)
	c := testConfig(t)
	c.UsersFile, c.NATSPort.WSAddr, c.Log.Level = p.file, "127.0.0.1:0", config.LogDebug
	change(&c)
	p.House, err = Open(context.Background(), c, slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeHouse(t, p.House) })
	return p
}

// write has the file hold ben and somebody besides.
func (p *peopled) write(besides string) {
	p.t.Helper()
	text := "users:\n  - name: ben\n    password: " + usersHash + "\n    actions: [send, create]\n    queues: [\"b*\"]\n" + besides
	if err := os.WriteFile(p.file+".x", []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(p.file+".x", p.file); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peopled) stomp(user, password string) (*stomp.Conn, error) {
	options := []func(*stomp.Conn) error{stomp.ConnOpt.AcceptVersion(stomp.V12)}
	if user != "" {
		options = append(options, stomp.ConnOpt.Login(user, password))
	}
	return stomp.Dial("tcp", p.Addrs().STOMP, options...)
}

func (p *peopled) nats(o ...nats.Option) (*nats.Conn, error) {
	return nats.Connect("nats://"+p.Addrs().NATS, append(o, nats.NoReconnect(), nats.Timeout(patience))...)
}

// Unmodified clients of all dialects are let in by any credential of their user, and by nothing else.
func TestUsersOfAllDialects(t *testing.T) {
	p := openPeopled(t)
	for name, c := range map[string][2]string{"nobody": {}, "wrong": {"anna", "wrong"}, "unknown": {"otto", usersPassword}, "empty": {"anna", ""}} {
		_, err := p.stomp(c[0], c[1])
		var refused stomp.Error
		if !errors.As(err, &refused) || refused.Message != "access refused" || refused.Frame.Header.Get("content-type") != "text/plain" {
			t.Errorf("STOMP, %s: %v", name, err)
		}
	}
	s, err := p.stomp("anna", usersPassword)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send("/queue/a", "text/plain", []byte("hello"), stomp.SendOpt.Receipt); err != nil {
		t.Error(err)
	}
	_ = s.Disconnect()

	seed, err := nats.NkeyOptionFromSeed(p.seed)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]nats.Option{"user": nats.UserInfo("anna", usersPassword), "token": nats.Token(usersToken), "nkey": seed} {
		nc, err := p.nats(o)
		if err != nil {
			t.Errorf("NATS, %s: %v", name, err)
			continue
		}
		if !nc.AuthRequired() || nc.Flush() != nil {
			t.Errorf("NATS, %s: auth_required %v", name, nc.AuthRequired())
		}
		nc.Close()
	}
	for name, o := range map[string]nats.Option{
		"nobody": nats.Name("x"), "wrong": nats.UserInfo("anna", "wrong"), "unknown": nats.UserInfo("otto", usersPassword),
		"empty": nats.UserInfo("anna", ""), "wrong token": nats.Token("x"), "no token": nats.Token(""),
	} {
		if _, err := p.nats(o); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("NATS, %s: %v", name, err)
		}
		if _, err := nats.Connect("ws://"+p.Addrs().Web, nats.NoReconnect(), nats.Timeout(patience), o); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("NATS in a WebSocket, %s: %v", name, err)
		}
	}
	web, err := nats.Connect("ws://"+p.Addrs().Web, nats.NoReconnect(), nats.Timeout(patience), nats.UserInfo("anna", usersPassword))
	if err != nil {
		t.Fatal(err)
	}
	web.Close()

	for _, tt := range []struct{ key, secret, want string }{
		{"AKANNA", usersSecret, ""}, {"AKANNA", "wrong", "SignatureDoesNotMatch"}, {"AKOTTO", usersSecret, "InvalidClientTokenId"},
	} {
		if code := codeOf(t, p.House, tt.key, tt.secret, ""); code != tt.want {
			t.Errorf("SQS, %s: %q, want %q", tt.key, code, tt.want)
		}
	}
	p.wantNoSecrets()
}

// wantNoSecrets looks for secrets in the log, at its most talkative.
func (p *peopled) wantNoSecrets() {
	p.t.Helper()
	log := p.log.String()
	if !strings.Contains(log, "anna") {
		p.t.Errorf("the log says nothing of anna:\n%s", log)
	}
	for _, secret := range []string{usersPassword, usersHash[31:], usersToken, usersSecret, "wrong\""} {
		for line := range strings.Lines(log) {
			if strings.Contains(line, secret) {
				p.t.Errorf("%q in the log: %s", secret, line)
			}
		}
	}
}

// What a user may do holds in all dialects.
func TestUsersMay(t *testing.T) {
	p := openPeopled(t)
	s, err := p.stomp("ben", usersPassword)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send("/queue/a", "text/plain", nil, stomp.SendOpt.Receipt)
	var refused stomp.Error
	if !errors.As(err, &refused) || refused.Message != "access refused" {
		t.Errorf("STOMP: %v", err)
	}
	violated := make(chan error, 1)
	nc, err := p.nats(nats.UserInfo("ben", usersPassword), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violated <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Publish("topic", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-violated; !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("NATS: %v", err)
	}
	for _, tt := range []struct {
		user, password, queue, want string
	}{
		{"", "", "a", "the user or the password is not right, or missing"},
		{"anna", "wrong", "a", "the user or the password is not right, or missing"},
		{"otto", usersPassword, "a", "the user or the password is not right, or missing"},
		{"ben", usersPassword, "b1", `user "ben" may not administer the queue b1`},
		{"anna", usersPassword, "a", "not found"},
	} {
		c := admin.Client{Addr: p.Addrs().Admin, User: tt.user, Password: tt.password, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
		_, err := c.Moves(t.Context(), tt.queue)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("admin, %s: %v, want %q", tt.user, err, tt.want)
		}
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		code, body := get(t, p.House, path)
		if code != http.StatusOK || path == "/metrics" && (!strings.Contains(body, "sluice_users_file_in_force 1\n") || !strings.Contains(body, "sluice_users 2\n")) {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// Who is not in the new file is cut off with the word of the dialect, and who is in it as
// before is not. A broken file cuts nobody off.
func TestUsersAreCutOff(t *testing.T) {
	p := openPeopled(t)
	anna, err := p.stomp("anna", usersPassword)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := anna.Subscribe("/queue/a", stomp.AckAuto)
	if err != nil {
		t.Fatal(err)
	}
	ben, err := p.stomp("ben", usersPassword)
	if err != nil {
		t.Fatal(err)
	}
	defer ben.MustDisconnect()
	told, closed := make(chan error, 10), make(chan struct{})
	nc, err := p.nats(nats.Token(usersToken), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { told <- err }),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	p.write("  - {name: anna, pasword: x}\n")
	p.known.users.Refresh()
	if nc.Flush() != nil || !strings.Contains(p.log.String(), "the users before stay") {
		t.Errorf("after a broken file: %s", p.log)
	}
	if _, body := get(t, p.House, "/metrics"); !strings.Contains(body, "sluice_users_file_in_force 0\n") {
		t.Error("no word in the metrics")
	}
	p.write("") // seen within a second by the house itself
	message := <-sub.C
	var refused *stomp.Error
	if message == nil || !errors.As(message.Err, &refused) || refused.Message != "access refused" || refused.Frame.Command != frame.ERROR {
		t.Errorf("STOMP: %+v", message)
	}
	<-closed
	if err := <-told; !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("NATS: %v", err)
	}
	if code := codeOf(t, p.House, "AKANNA", usersSecret, ""); code != "InvalidClientTokenId" {
		t.Errorf("SQS: %q", code)
	}
	if err := ben.Send("/queue/b1", "text/plain", nil, stomp.SendOpt.Receipt); err != nil {
		t.Errorf("ben, who is there as before: %v", err)
	}
	p.write(p.anna)
	p.known.users.Refresh()
	again, err := p.stomp("anna", usersPassword)
	if err != nil {
		t.Fatalf("anna is not let in again: %v\n%s", err, p.log)
	}
	_ = again.Disconnect()
	p.wantNoSecrets()
}

// An access key of the file and one of the settings may not have the same id.
func TestUsersWithTheKeysOfTheSettings(t *testing.T) {
	t.Setenv("BRIDGE_TEST_SECRET", "x")
	c := testConfig(t)
	c.UsersFile = filepath.Join(t.TempDir(), "users.yaml")
	c.AccessKeys = []config.AccessKey{{ID: "A", Secret: "env:BRIDGE_TEST_SECRET", User: "otto"}}
	write := func(text string) {
		if err := os.WriteFile(c.UsersFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, c, "users_file: "+c.UsersFile+": no such file")
	write("users:\n  - {name: anna, access_keys: [{id: A, secret: \"env:BRIDGE_TEST_SECRET\"}]}\n")
	wantError(t, c, `users_file: `+c.UsersFile+`: line 2, user "anna": access_keys[0]: id is "A": access_keys of the settings have that id`)
	write("users: []\n")
	h := openHouse(t, c)
	if code := codeOf(t, h, "A", "x", ""); code != "" {
		t.Error(code)
	}
	if _, err := nats.Connect("nats://"+h.Addrs().NATS, nats.Timeout(patience)); !errors.Is(err, nats.ErrAuthorization) {
		t.Error(err)
	}
}
