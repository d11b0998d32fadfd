package lockout

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/tally"
)

// The settings of the limits.
const (
	SettingFailures = "login_max_failures"
	SettingUsers    = "login_max_users_per_address"
)

// Limits say when logins are locked, and for how long.
type Limits struct {
	Failures int           // of one user from one address; 0: nothing is locked or slowed
	Users    int           // who fail from one address; 0: no address is locked
	Lock     time.Duration // how long; also the time in which one failure is forgotten
}

// Options are what a Guard counts with; zero fields are the defaults.
type Options struct {
	Limits
	Tally *tally.Tally     // counts the logins that are refused because of a lock (nil: nobody does)
	Log   *slog.Logger     // is told when a lock begins (nil: slog.Default)
	Now   func() time.Time // nil: time.Now
}

// What slows the logins of a user, whoever tries them: beyond freeFailures from all addresses each
// doubles the wait, up to mostSlow, and to half of the time that the login has.
const (
	freeFailures = 20
	firstSlow    = 50 * time.Millisecond
	mostSlow     = time.Second
)

// Guard is the Authenticator before another one. It may be used from any goroutine.
type Guard struct {
	next protocols.Authenticator
	Options

	mu        sync.Mutex // over what follows
	pairs     *table     // a user at an address
	addresses *table     // users that fail from one
	users     *table     // from everywhere, with passwords
	counts    Counts

	seed maphash.Seed
}

// Counts are what has happened to logins since the start, and how many locks there are.
type Counts struct {
	Accepted, Refused uint64 // Refused: those that were locked included
	Locked            uint64
}

var _ protocols.Authenticator = (*Guard)(nil)

// New returns a Guard before next.
func New(next protocols.Authenticator, o Options) *Guard {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Guard{next: next, Options: o, seed: maphash.MakeSeed(), pairs: newTable(maxPairs), addresses: newTable(maxAddresses), users: newTable(maxUsers)}
}

// Authenticate asks the Authenticator behind it, unless the client is locked: then it returns a
// *protocols.Locked. A login that was being looked at while its lock began is refused too, so that many at the
// same time are worth no more than one after the other.
func (g *Guard) Authenticate(ctx context.Context, c protocols.Credentials) (protocols.Principal, error) {
	k, shown := g.keysOf(&c)
	if !shown || g.Failures == 0 {
		p, err := g.next.Authenticate(ctx, c)
		if shown || c.Certificate != nil {
			g.count(err)
		}
		return p, err
	}
	if err := g.enter(ctx, &k); err != nil {
		return nil, err
	}
	p, err := g.next.Authenticate(ctx, c)
	switch {
	case err == nil:
		err = g.accepted(&k)
	case errors.Is(err, protocols.ErrDenied) && (c.Excused == nil || !c.Excused()):
		g.failed(&k, &c)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// enter refuses who is locked, and has who is slowed wait.
func (g *Guard) enter(ctx context.Context, k *keys) error {
	g.mu.Lock()
	err, wait := g.locked(k, g.Now()), time.Duration(0)
	if err == nil && k.user != 0 {
		wait = slowness(g.users.failures(k.user, g.Now(), g.Lock))
	}
	g.mu.Unlock()
	if err != nil || wait == 0 {
		return err
	}
	if until, ok := ctx.Deadline(); ok { // a login that is right must have its time
		wait = min(wait, time.Until(until)/2)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// slowness is how long a login waits of a user of whom so many have failed.
func slowness(failures int) time.Duration {
	if failures <= freeFailures {
		return 0
	}
	return min(firstSlow<<min(failures-freeFailures-1, 10), mostSlow)
}

// locked returns the lock that k is under, and counts it, or nil. g.mu is held.
func (g *Guard) locked(k *keys, now time.Time) error {
	setting, left := SettingFailures, g.pairs.locked(k.pair, now)
	if there := g.addresses.locked(k.address, now); there > left {
		setting, left = SettingUsers, there
	}
	if left <= 0 {
		return nil
	}
	g.counts.Refused++
	g.counts.Locked++
	g.Tally.Add(setting)
	return &protocols.Locked{Setting: setting, For: left}
}

// accepted forgets the failures of a user where he is: he is none of those who have begun to fail there. Else one
// whose right and wrong passwords alternate would be as many users.
func (g *Guard) accepted(k *keys) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.Now()
	if err := g.locked(k, now); err != nil {
		return err
	}
	g.counts.Accepted++
	if g.pairs.failures(k.pair, now, g.Lock) > 0 {
		g.addresses.takeBack(k.address)
	}
	g.pairs.forget(k.pair)
	return nil
}

// failed counts a failure, and begins the locks that it leads to.
func (g *Guard) failed(k *keys, c *protocols.Credentials) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.Now()
	g.counts.Refused++
	if k.user != 0 {
		g.users.add(k.user, now, g.Lock)
	}
	n := g.pairs.add(k.pair, now, g.Lock)
	g.pairs.own(k.pair, k.owner)
	if n == 1 && k.address != 0 && g.Users > 0 && g.addresses.add(k.address, now, g.Lock) >= g.Users {
		g.addresses.lock(k.address, now.Add(g.Lock))
		g.Log.Warn("logins locked: too many users fail from one address", "from", c.Remote, "users", g.Users, "for", g.Lock, "setting", SettingUsers)
	}
	if n >= g.Failures {
		g.pairs.lock(k.pair, now.Add(g.Lock))
		g.Log.Warn("logins locked: too many of one user fail from one address", "from", c.Remote, "who", c, "failures", n, "for", g.Lock, "setting", SettingFailures)
	}
}

// Lift forgets the failures of users, and their locks at all addresses: what each names is a user, an access key or
// a public key. An operator has given them other secrets, which is the answer to a lock. Locks of
// others, of addresses and of tokens, which have no names, stay.
func (g *Guard) Lift(all []protocols.Credentials) {
	if len(all) == 0 {
		return
	}
	owners := make(map[uint64]bool, len(all))
	for i := range all {
		if k, named := g.keysOf(&all[i]); named {
			owners[k.owner] = true
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for owner := range owners {
		g.users.forget(owner)
	}
	if n := g.pairs.forgetOf(owners, g.Now()); n > 0 {
		g.Log.Info("logins unlocked: their users have other secrets now", "locks", n)
	}
}

// count counts a login that no lock is about.
func (g *Guard) count(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil:
		g.counts.Accepted++
	case errors.Is(err, protocols.ErrDenied):
		g.counts.Refused++
	}
}

// Counts returns what has been counted.
func (g *Guard) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts
}
