package audit

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// clock is moved by hand.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

// Nothing that is done over and over fills the disk, and nothing of it goes unsaid: lines and what
// they count are as many as the acts.
func TestFlood(t *testing.T) {
	refused := fmt.Errorf("x: %w", protocols.ErrDenied)
	denial := made("q")
	denial.Err = refused
	browse := made("q")
	browse.Action = protocols.AuditBrowse
	broken := made("q")
	broken.Err = errors.New("invalid")
	for name, x := range map[string]struct {
		act   protocols.Act
		lines int
	}{
		"failed logins": {login("192.0.2.1:1", refused), strangerBurst},
		"logins":        {login("192.0.2.1:1", nil), loginBurst},
		"denials":       {denial, denialBurst},
		"browsing":      {browse, denialBurst},
		"failures":      {broken, denialBurst},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "audit.log")
			c := &clock{still()}
			l := open(t, path, Options{Now: c.time})
			const acts = 5000
			for range acts {
				l.Record(x.act)
			}
			if n := len(read(t, path)); n != x.lines {
				t.Errorf("%d lines, want %d", n, x.lines)
			}
			l.mu.Lock()
			c.now = c.now.Add(tellEvery)
			l.mu.Unlock()
			l.turn()
			got := read(t, path)
			last := got[len(got)-1]
			if last.Event != "left_out" || last.Remote != "192.0.2.1" || last.Count != uint64(acts-x.lines) || len(got) != x.lines+1 {
				t.Errorf("%d lines, the last %+v", len(got), last)
			}
			if user := map[bool]string{true: "", false: "anna"}[name == "failed logins"]; last.User != user {
				t.Errorf("the user is %q", last.User)
			}
			if c := l.Counts(); c.LeftOut != last.Count || c.Lost != 0 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// What changes something is written, however often.
func TestChangesAreNeverLeftOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, Options{Now: still})
	for range 500 {
		l.Record(made("q"))
	}
	if n := len(read(t, path)); n != 500 {
		t.Errorf("%d lines", n)
	}
}

// Addresses and names cost an attacker nothing: neither many of them fill the disk, nor the memory.
func TestFloodOfManyAddresses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, Options{Now: still})
	const acts = 20_000
	for i := range acts {
		a := login(fmt.Sprintf("10.%d.%d.1:1", i/256, i%256), protocols.ErrDenied)
		a.Client.User = fmt.Sprint("somebody ", i)
		l.Record(a)
	}
	if n := len(read(t, path)); n > strangersBurst {
		t.Errorf("%d lines", n)
	}
	if n := len(l.floods.by); n > maxClients+4 {
		t.Errorf("%d are told apart", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	sum := uint64(0)
	for _, x := range read(t, path) {
		sum += max(x.Count, 1)
	}
	if sum != acts {
		t.Errorf("the lines speak of %d acts", sum)
	}
}

// One client of IPv6 has a whole /64.
func TestAddressOfIPv6(t *testing.T) {
	if a, b := addressOf(at("[2001:db8::1]:1")), addressOf(at("[2001:db8::ffff:1]:2")); a != b || a != "2001:db8::/64" {
		t.Error(a, b)
	}
}

// Who is quiet is forgotten, and has his lines again.
func TestQuietAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	c := &clock{still()}
	l := open(t, path, Options{Now: c.time})
	for range strangerBurst {
		l.Record(login("192.0.2.1:1", protocols.ErrDenied))
	}
	l.mu.Lock()
	c.now = c.now.Add(time.Hour)
	l.mu.Unlock()
	l.turn()
	if n := len(l.floods.by); n != 0 {
		t.Errorf("%d are remembered", n)
	}
	l.Record(login("192.0.2.1:1", protocols.ErrDenied))
	if n := len(read(t, path)); n != strangerBurst+1 {
		t.Errorf("%d lines", n)
	}
}
