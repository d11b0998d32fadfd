package auth

import (
	"context"

	"github.com/sluicemq/sluice/protocols"
)

// PublicKey is one half of a pair of keys, of which the user has the other. There is
// nothing secret in it.
type PublicKey struct {
	Key   string // as its dialect spells it; of NATS, "U" and 55 letters and digits
	User  string
	Grant Grant
}

// PublicKeys knows users by keys that a gateway has found to be theirs, as NATS clients
// with an nkey show. It may be used from any goroutine.
type PublicKeys struct {
	users map[string]principal // by key
}

var _ protocols.Authenticator = (*PublicKeys)(nil)

// NewPublicKeys returns what knows these keys, each of them once.
func NewPublicKeys(keys []PublicKey) *PublicKeys {
	s := &PublicKeys{users: make(map[string]principal, len(keys))}
	for _, k := range keys {
		s.users[k.Key] = principal{user: k.User, Grant: k.Grant}
	}
	return s
}

// Authenticate takes whoever owns a key that is known, and returns protocols.ErrDenied to
// all others.
func (s *PublicKeys) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	p, known := s.users[c.PublicKey]
	if c.PublicKey == "" || !known {
		return nil, protocols.ErrDenied
	}
	return p, nil
}
