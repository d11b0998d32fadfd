package audit

import (
	"net"
	"net/netip"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// What is written of the same client without being counted only. Each class has so many lines at
// once, and then so many a second.
const (
	strangerBurst, strangerRate = 10, 0.2
	denialBurst, denialRate     = 20, 1
	loginBurst, loginRate       = 200, 10
	// What was refused to strangers, of all addresses together: addresses cost an attacker little.
	strangersBurst, strangersRate = 1000, 5

	// tellEvery is how often a line tells how many were left out, and maxClients how many
	// clients are told apart; the others are one.
	tellEvery  = time.Minute
	maxClients = 1024
)

// lasting reports whether an act has changed something, or would have but for the server.
// These are written, however many there are.
func lasting(a *protocols.Act) bool {
	switch a.Action {
	case protocols.AuditLogin, protocols.AuditBrowse, protocols.AuditList:
		return false
	}
	return resultOf(a.Err) == ok
}

// client is whom lines are counted for, and what for. Who fails to log in says of himself what he
// likes, so that his address alone counts.
type client struct {
	class   string // an event; "": all who are not told apart
	user    string
	address string
}

// flood is what one client does.
type flood struct {
	who     protocols.Audited // of the last act
	class   string
	address string
	bucket  bucket
	leftOut uint64
	since   time.Time // of the first that was left out
}

// floods are what clients do over and over. They belong to the Log.
type floods struct {
	by        map[client]*flood
	strangers bucket
}

func newFloods() floods {
	return floods{make(map[client]*flood), bucket{burst: strangersBurst, rate: strangersRate, level: strangersBurst}}
}

// admit reports whether a line is to be written of an act, and what must be told of those before.
func (s *floods) admit(a *protocols.Act, now time.Time) (write bool, told []flood) {
	if a.Client.Remote == nil || lasting(a) {
		return true, nil
	}
	f := s.of(a, now)
	stranger := a.Err != nil && (a.Action == protocols.AuditLogin || a.Client.User == "")
	if f.bucket.take(now) && (!stranger || s.strangers.take(now)) {
		return true, nil
	}
	if f.leftOut == 0 {
		f.since = now
	}
	f.leftOut++
	f.who = a.Client
	if now.Sub(f.since) >= tellEvery {
		told = append(told, *f)
		f.leftOut = 0
	}
	return false, told
}

// of returns the flood that an act is of.
func (s *floods) of(a *protocols.Act, now time.Time) *flood {
	key := client{eventOf(a), a.Client.User, addressOf(a.Client.Remote)}
	b := bucket{burst: denialBurst, rate: denialRate}
	switch {
	case key.class == loginEvent && a.Err != nil:
		key.user, key.class = "", "failed "+loginEvent
		b = bucket{burst: strangerBurst, rate: strangerRate}
	case key.class == loginEvent:
		b = bucket{burst: loginBurst, rate: loginRate}
	}
	f := s.by[key]
	if f == nil && len(s.by) >= maxClients {
		key = client{class: key.class}
		f = s.by[key]
	}
	if f == nil {
		b.level, b.at = b.burst, now
		f = &flood{class: key.class, address: key.address, bucket: b}
		s.by[key] = f
	}
	return f
}

// ended returns what must be told by now, and forgets who has been quiet.
func (s *floods) ended(now time.Time) (told []flood) {
	for key, f := range s.by {
		if f.leftOut > 0 && now.Sub(f.since) >= tellEvery {
			told = append(told, *f)
			f.leftOut = 0
		}
		if f.leftOut == 0 && f.bucket.full(now) {
			delete(s.by, key)
		}
	}
	return told
}

// all returns what has not been told.
func (s *floods) all() (told []flood) {
	for _, f := range s.by {
		if f.leftOut > 0 {
			told = append(told, *f)
			f.leftOut = 0
		}
	}
	return told
}

// line says how many acts of a client have no line. Where others may have taken part whom nobody
// told apart, or who said that they were somebody else, it names none.
func (f *flood) line(now time.Time) []byte {
	l := begin(now, leftOutEvent)
	if f.class == loginEvent || f.class == denialEvent || f.class == actEvent {
		if f.address != "" {
			l = l.text("user", f.who.User)
		}
	}
	return l.text("remote", f.address).text("dialect", f.who.Dialect).text("reason", "too many of: "+f.class).
		text("since", f.since.UTC().Format(time.RFC3339Nano)).number("count", f.leftOut).end()
}

// addressOf is the host of an address, of IPv6 its /64, of which one client may have all.
func addressOf(a net.Addr) string {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return cut(a.String())
	}
	ip := p.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, _ := ip.Prefix(64) // of an IPv6 address there always is one
	return prefix.String()
}

// bucket lets so many through at once, and then so many a second.
type bucket struct {
	burst, rate, level float64
	at                 time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.fill(now)
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}

func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at).Seconds(); d > 0 {
		b.level = min(b.burst, b.level+d*b.rate)
		b.at = now
	}
}

func (b *bucket) full(now time.Time) bool {
	b.fill(now)
	return b.level >= b.burst
}
