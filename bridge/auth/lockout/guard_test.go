package lockout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/tally"
	"github.com/sluicemq/sluice/queuecore"
)

// asked is an Authenticator that takes the password "right" of everybody, and counts.
type asked struct {
	times int
	wait  func() // before it answers; nil: nothing
}

func (a *asked) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	a.times++
	if a.wait != nil {
		a.wait()
	}
	right := c.Password == "right" || c.Token == "right" || c.Proof != nil && c.Proof("right")
	if !right {
		return nil, protocols.ErrDenied
	}
	return somebody{}, nil
}

type somebody struct{}

func (somebody) Name() string                                     { return "somebody" }
func (somebody) May(protocols.Action, queuecore.Destination) bool { return true }

func at(address string) net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 1234))
}

func login(user, password, from string) protocols.Credentials {
	return protocols.Credentials{User: user, Password: password, Remote: at(from)}
}

func newGuard(a *asked) *Guard {
	return New(a, Options{
		Limits: Limits{Failures: 3, Users: 4, Lock: time.Minute}, Tally: tally.New(), Log: slog.New(slog.DiscardHandler),
	})
}

// stillGuard has a clock that stands: no failure fades in the time that a test takes.
func stillGuard(a *asked) *Guard {
	g, now := newGuard(a), time.Now()
	g.Now = func() time.Time { return now }
	return g
}

func try(g *Guard, c protocols.Credentials) string {
	_, err := g.Authenticate(context.Background(), c)
	var l *protocols.Locked
	switch {
	case errors.As(err, &l) && errors.Is(err, protocols.ErrDenied):
		return "locked"
	case errors.Is(err, protocols.ErrDenied):
		return "refused"
	case err != nil:
		return err.Error()
	}
	return "in"
}

func want(t *testing.T, g *Guard, c protocols.Credentials, result string) {
	t.Helper()
	if got := try(g, c); got != result {
		t.Errorf("%v from %v: %s, want %s", c, c.Remote, got, result)
	}
}

// A user is locked where he fails, and nowhere else; nobody looks at his password there meanwhile. It
// ends by itself, and one failure then is enough to lock him again.
func TestOneUserAtOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := new(asked)
		g := newGuard(a)
		for range 3 {
			want(t, g, login("anna", "wrong", "192.0.2.1"), "refused")
		}
		want(t, g, login("anna", "right", "192.0.2.1"), "locked")
		want(t, g, login("anna", "wrong", "::ffff:192.0.2.1"), "locked")
		if a.times != 3 {
			t.Errorf("asked %d times", a.times)
		}
		want(t, g, login("anna", "right", "192.0.2.2"), "in")
		want(t, g, login("ben", "right", "192.0.2.1"), "in")
		time.Sleep(time.Minute - 1)
		want(t, g, login("anna", "right", "192.0.2.1"), "locked")
		time.Sleep(time.Nanosecond)
		want(t, g, login("anna", "wrong", "192.0.2.1"), "refused")
		want(t, g, login("anna", "right", "192.0.2.1"), "locked")
		time.Sleep(time.Minute)
		want(t, g, login("anna", "right", "192.0.2.1"), "in")
		for range 2 { // all is forgotten
			want(t, g, login("anna", "wrong", "192.0.2.1"), "refused")
		}
		want(t, g, login("anna", "right", "192.0.2.1"), "in")
		if c := g.Counts(); c != (Counts{Accepted: 4, Refused: 10, Locked: 4}) {
			t.Errorf("%+v", c)
		}
		if n := g.Tally.Counts()[SettingFailures]; n != 4 {
			t.Errorf("%d counted", n)
		}
	})
}

// An address from which many users fail is locked for all of them, a network of IPv6 as one; the
// addresses of this machine are not.
func TestManyUsersAtOneAddress(t *testing.T) {
	for first, more := range map[string]struct{ same, other string }{
		"192.0.2.1":   {"192.0.2.1", "192.0.2.2"},
		"2001:db8::1": {"2001:db8::2", "2001:db8:0:1::1"},
		"127.0.0.1":   {"", "127.0.0.1"},
		"::1":         {"", "127.0.0.1"},
	} {
		g := stillGuard(new(asked))
		for i := range 4 {
			want(t, g, login(fmt.Sprint("user", i), "wrong", first), "refused")
			want(t, g, login(fmt.Sprint("user", i), "wrong", first), map[bool]string{true: "locked", false: "refused"}[i == 3 && more.same != ""])
		}
		if more.same != "" {
			want(t, g, login("anna", "right", more.same), "locked")
			if g.Tally.Counts()[SettingUsers] == 0 {
				t.Error("not counted")
			}
		}
		want(t, g, login("anna", "right", more.other), "in")
	}
}

// One user who has his password right in between is not many, and is no cover for others.
func TestOneUserIsNotMany(t *testing.T) {
	g := stillGuard(new(asked))
	for range 10 {
		want(t, g, login("anna", "wrong", "192.0.2.1"), "refused")
		want(t, g, login("anna", "right", "192.0.2.1"), "in")
	}
	for i := range 4 {
		want(t, g, login(fmt.Sprint("user", i), "wrong", "192.0.2.1"), "refused")
		want(t, g, login("anna", "right", "192.0.2.1"), map[bool]string{true: "locked", false: "in"}[i == 3])
	}
}

// All of this machine is one address: its programs cannot take another of 127.0.0.0/8 to go on guessing.
func TestThisMachineIsOneAddress(t *testing.T) {
	g := stillGuard(new(asked))
	for i := range 3 {
		want(t, g, login("anna", "wrong", fmt.Sprintf("127.0.0.%d", i+1)), "refused")
	}
	want(t, g, login("anna", "right", "::1"), "locked")
}

// Nobody can lock a user out from elsewhere: his own login is looked at a second later at most.
func TestOneUserFromManyAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(new(asked))
		for i := range 200 {
			want(t, g, login("anna", "wrong", fmt.Sprintf("198.51.%d.%d", i/100, i%100)), "refused")
		}
		began := time.Now()
		want(t, g, login("anna", "right", "192.0.2.1"), "in")
		if d := time.Since(began); d <= 0 || d > time.Second {
			t.Errorf("looked at after %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // the least that the settings take
		if _, err := g.Authenticate(ctx, login("anna", "right", "192.0.2.1")); err != nil {
			t.Errorf("somebody else has locked anna out: %v", err)
		}
		cancel()
		if _, err := g.Authenticate(ctx, login("anna", "right", "192.0.2.1")); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		began = time.Now()
		want(t, g, login("ben", "right", "192.0.2.1"), "in")
		if d := time.Since(began); d != 0 {
			t.Errorf("ben waited %v", d)
		}
		time.Sleep(200 * time.Minute)
		began = time.Now()
		want(t, g, login("anna", "right", "192.0.2.1"), "in")
		if d := time.Since(began); d != 0 {
			t.Errorf("waited %v when all had faded", d)
		}
	})
}

// Many logins at the same time are worth no more than one after the other: once the lock
// has begun, those under way are refused, also the right one.
func TestLoginsUnderWay(t *testing.T) {
	a := new(asked)
	g := stillGuard(a)
	a.wait = func() { // others fail while this one is looked at
		for range 3 {
			g.failed(keysFor(g, "anna"), &protocols.Credentials{})
		}
	}
	want(t, g, login("anna", "right", "192.0.2.1"), "locked")
}

func keysFor(g *Guard, user string) *keys {
	c := login(user, "", "192.0.2.1")
	k, _ := g.keysOf(&c)
	return &k
}

// Access keys and tokens are locked as passwords are. Who shows nothing, and whose proof fails for another
// reason than the secret, has not guessed.
func TestOtherCredentials(t *testing.T) {
	key := func(secret string, excused bool) protocols.Credentials {
		return protocols.Credentials{
			AccessKey: "AK", Remote: at("192.0.2.1"), Proof: func(s string) bool { return s == secret }, Excused: func() bool { return excused },
		}
	}
	token := func(s string) protocols.Credentials {
		return protocols.Credentials{Token: s, Remote: at("192.0.2.3")}
	}
	g := stillGuard(new(asked))
	for range 10 {
		want(t, g, key("wrong", true), "refused")
		want(t, g, protocols.Credentials{Remote: at("192.0.2.1")}, "refused")
		want(t, g, protocols.Credentials{Proof: func(string) bool { return false }, Remote: at("192.0.2.1")}, "refused")
	}
	want(t, g, key("right", false), "in")
	for i := range 3 {
		want(t, g, key("wrong", false), "refused")
		want(t, g, token(fmt.Sprint(i)), "refused")
	}
	want(t, g, key("right", false), "locked")
	want(t, g, token("right"), "locked")
}

// However many fail, what is remembered is bounded; the last ones are.
func TestBoundedMemory(t *testing.T) {
	g := stillGuard(new(asked))
	g.Users = 0
	for i := range maxPairs + 1000 {
		try(g, login(fmt.Sprint("user", i), "wrong", "192.0.2.1"))
	}
	for name, x := range map[string]*table{"pairs": g.pairs, "users": g.users, "addresses": g.addresses} {
		if len(x.byKey) > x.most || x.order.Len() != len(x.byKey) {
			t.Errorf("%s: %d of %d, %d in order", name, len(x.byKey), x.most, x.order.Len())
		}
	}
	last := fmt.Sprint("user", maxPairs+999)
	for range 2 {
		want(t, g, login(last, "wrong", "192.0.2.1"), "refused")
	}
	want(t, g, login(last, "right", "192.0.2.1"), "locked")
}

// The log says who is locked and where, once, and no secret.
func TestLogOfLocks(t *testing.T) {
	var log bytes.Buffer
	g := stillGuard(new(asked))
	g.Log = slog.New(slog.NewTextHandler(&log, nil))
	for range 10 {
		try(g, login("anna", "swordfish", "192.0.2.1"))
	}
	text := log.String()
	if strings.Count(text, "logins locked") != 1 || !strings.Contains(text, "anna") || !strings.Contains(text, "192.0.2.1") ||
		!strings.Contains(text, SettingFailures) || strings.Contains(text, "swordfish") {
		t.Errorf("%s", text)
	}
}

// Without a limit nothing is remembered.
func TestOff(t *testing.T) {
	g := stillGuard(new(asked))
	g.Failures = 0
	for range 100 {
		want(t, g, login("anna", "wrong", "192.0.2.1"), "refused")
	}
	want(t, g, login("anna", "right", "192.0.2.1"), "in")
	if len(g.pairs.byKey) != 0 {
		t.Error("remembered")
	}
	if c := g.Counts(); c != (Counts{Accepted: 1, Refused: 100}) {
		t.Errorf("%+v", c)
	}
}

// What a signed request that is good pays.
func BenchmarkGuard(b *testing.B) {
	g := stillGuard(new(asked))
	c := protocols.Credentials{AccessKey: "AK", Remote: at("192.0.2.1"), Proof: func(string) bool { return true }}
	for b.Loop() {
		if _, err := g.Authenticate(context.Background(), c); err != nil {
			b.Fatal(err)
		}
	}
}
