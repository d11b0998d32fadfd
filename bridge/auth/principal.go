package auth

import (
	"context"
	"reflect"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// principal is a user, with what the credential at hand lets him do, for as long as it is known.
type principal struct {
	user, account string
	Grant
	policy *Policy
	valid  context.Context
	revoke context.CancelFunc
}

var (
	_ protocols.Member    = (*principal)(nil)
	_ protocols.Revocable = (*principal)(nil)
	_ protocols.Denier    = (*principal)(nil)
)

func newPrincipal(user, account string, g Grant) *principal {
	p := &principal{user: user, account: account, Grant: g, policy: g.policy()}
	p.valid, p.revoke = context.WithCancel(context.Background())
	return p
}

func (p *principal) Name() string { return p.user }

func (p *principal) Account() string { return p.account }

func (p *principal) Valid() context.Context { return p.valid }

// May refuses everything to who is not known any more: his connection may be there yet.
func (p *principal) May(a protocols.Action, d queuecore.Destination) bool {
	return p.valid.Err() == nil && p.policy.Decide(a, d).Allowed
}

// Denies implements protocols.Denier. Who is not known any more is denied everything.
func (p *principal) Denies(a protocols.Action, d queuecore.Destination) bool {
	return p.valid.Err() != nil || p.policy.Denies(a, d)
}

// is reports whether both are the same user who may do the same.
func (p *principal) is(o *principal) bool {
	return p.user == o.user && p.account == o.account && reflect.DeepEqual(p.Grant, o.Grant)
}
