package auth

import (
	"context"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Open lets everybody in and lets them do everything. It is what a server
// without configured users runs with, on loopback addresses only.
type Open struct{}

var _ protocols.Authenticator = Open{}

// Authenticate never refuses. The principal has no name: what a client says of
// itself unchecked is not an authenticated sender.
func (Open) Authenticate(context.Context, protocols.Credentials) (protocols.Principal, error) {
	return anyone{}, nil
}

type anyone struct{}

func (anyone) Name() string                                     { return "" }
func (anyone) May(protocols.Action, queuecore.Destination) bool { return true }
