package auth

import (
	"context"
	"crypto/subtle"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Key is an access key: an id that clients show, and a secret that they do not.
// A user may have several, two while one takes the place of the other.
type Key struct {
	ID, User string
	// Account is the AWS account that the user is of; "": the server's own.
	Account string
	Secret  *Secret
	// Token must come with the key, as with temporary credentials; nil: what comes is not looked at.
	Token *Secret
	Grant Grant
}

// Identities knows who has which access key. It may be used from any goroutine.
type Identities struct {
	keys map[string]Key // by id
}

var _ protocols.Authenticator = (*Identities)(nil)

// New returns what knows these keys, each with an id of its own.
func New(keys []Key) *Identities {
	s := &Identities{keys: make(map[string]Key, len(keys))}
	for _, k := range keys {
		s.keys[k.ID] = k
	}
	return s
}

// Authenticate takes whoever proves that he knows the secret of a key, and returns
// protocols.ErrDenied to all others, those who show nothing included.
func (s *Identities) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	k, known := s.keys[c.AccessKey]
	if !known || c.Proof == nil {
		return nil, protocols.ErrDenied
	}
	secret, there := k.Secret.Reveal()
	if !there || !c.Proof(secret) || !k.hasToken(c.Token) {
		return nil, protocols.ErrDenied
	}
	return principal{k.User, k.Account, k.Grant}, nil
}

func (k *Key) hasToken(shown string) bool {
	if k.Token == nil {
		return true
	}
	token, there := k.Token.Reveal()
	return there && subtle.ConstantTimeCompare([]byte(token), []byte(shown)) == 1
}

// principal is a user, with what the key at hand lets him do.
type principal struct {
	user, account string
	Grant
}

var _ protocols.Member = principal{}

func (p principal) Name() string { return p.user }

func (p principal) Account() string { return p.account }

func (p principal) May(a protocols.Action, d queuecore.Destination) bool { return p.allows(a, d) }
