package auth

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"

	"github.com/sluicemq/sluice/protocols"
)

// Identities knows who has which credentials. What it knows may be replaced while it is in
// use. It may be used from any goroutine.
type Identities struct {
	checker   *checker
	known     atomic.Pointer[known]
	replacing sync.Mutex
}

var _ protocols.Authenticator = (*Identities)(nil)

// Of returns what knows these credentials.
func Of(s Set) *Identities {
	i := &Identities{checker: newChecker()}
	i.known.Store(newKnown(&s, nil))
	return i
}

// New returns what knows these keys, each with an id of its own.
func New(keys []Key) *Identities { return Of(Set{Keys: keys}) }

// NewPublicKeys returns what knows these keys, each of them once.
func NewPublicKeys(keys []PublicKey) *Identities { return Of(Set{PublicKeys: keys}) }

// Replace puts s into the place of what was known. Who came in by a credential that is not in
// it, or is another one now, or lets its user do something else, is revoked; see protocols.Revocable. It returns
// what is known by name of the users of whom some secret is another one now.
func (i *Identities) Replace(s Set) (renewed []protocols.Credentials) {
	i.replacing.Lock()
	defer i.replacing.Unlock()
	before := i.known.Load()
	after := newKnown(&s, before)
	i.known.Store(after)
	before.end(after)
	return after.renewed(before)
}

// Authenticate takes whoever shows a credential that is known, and returns
// protocols.ErrDenied to all others, those who show nothing included. Of several that a client
// shows one counts: a public key, else an access key, else user and password, else a token.
// Passwords wait for their turn until ctx ends, which is an error of its own.
//
// A certificate that names a user is a login where nothing else is shown. Beside something else it must
// be of the same user, or both count for nothing; one that names nobody takes nothing from the other.
func (i *Identities) Authenticate(ctx context.Context, c protocols.Credentials) (protocols.Principal, error) {
	k := i.known.Load()
	p, err := i.shown(ctx, k, &c)
	if err != nil {
		return nil, err
	}
	if c.Certificate != nil {
		p = k.withCertificate(p, &c)
	}
	if p == nil {
		return nil, protocols.ErrDenied
	}
	return p, nil
}

// shown returns who has shown something else than a certificate, or nil.
func (i *Identities) shown(ctx context.Context, k *known, c *protocols.Credentials) (p *principal, err error) {
	switch {
	case c.PublicKey != "":
		p = k.publicKeys[c.PublicKey]
	case c.AccessKey != "" || c.Proof != nil:
		p = k.ofKey(c)
	case c.User != "":
		p, err = i.ofPassword(ctx, k, c)
	case c.Token != "":
		p = k.tokens[sha256.Sum256([]byte(c.Token))]
	}
	return p, err
}

// ofKey returns who has proved that he knows the secret of a key, or nil.
func (k *known) ofKey(c *protocols.Credentials) *principal {
	key, there := k.keys[c.AccessKey]
	if !there || c.Proof == nil {
		return nil
	}
	secret, there := key.Secret.Reveal()
	if !there || !c.Proof(secret) || !key.hasToken(c.Token) {
		return nil
	}
	return key.principal
}

// ofPassword returns whose password was shown, or nil. That takes as long for who is not there.
func (i *Identities) ofPassword(ctx context.Context, k *known, c *protocols.Credentials) (*principal, error) {
	if !isPassword(c.Password) {
		return nil, nil // whoever the user is
	}
	who, there := k.logins[c.User]
	if !there {
		who.password = i.checker.decoy(c.User, k.passwords)
	}
	right, err := i.checker.matches(ctx, who.password, c.Password)
	if err != nil || !right {
		return nil, err
	}
	return who.principal, nil // nil when he is not there, whatever the decoy says
}
