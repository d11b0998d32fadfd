// Package protocols says what every gateway is. A gateway listens for the
// clients of one dialect and serves them from one queuecore.Broker. Gateways do
// not know each other.
package protocols

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/sluicemq/sluice/queuecore"
)

// Gateway serves one dialect.
type Gateway interface {
	// Serve accepts connections from l until Shutdown, and then returns nil. It
	// may be called for several listeners.
	Serve(l net.Listener) error
	// Shutdown stops accepting, tells clients as its dialect can, gives back
	// what they hold and closes their connections. It returns when all are gone
	// or ctx ends. The broker must outlive it.
	Shutdown(ctx context.Context) error
}

// Credentials are what a client showed. Which fields are set depends on the dialect.
type Credentials struct {
	User, Password string
	Token          string
	// AccessKey names a secret that the client does not show.
	AccessKey string
	// Proof reports whether what the client did show can only come from one who
	// knows secret. An Authenticator that has a secret for AccessKey must ask it,
	// and must refuse the client when Proof is nil. It is good until Authenticate
	// returns, for one goroutine.
	Proof func(secret string) bool
	// Excused reports, once Proof was asked, whether it was not for a wrong secret that it did not hold, but for a
	// clock that is off, say: then it is no sign of somebody who guesses (nil: never). It is good as long as Proof.
	Excused func() bool
	// PublicKey is a key, as its dialect spells it, whose other half the client has: the
	// gateway has seen it sign what nobody could know before.
	PublicKey string
	// Certificate is that of the client's side of a TLS connection, which the listener has
	// verified; nil: there is none. What it says is who the client is; see bridge/auth.
	Certificate *x509.Certificate
	Remote      net.Addr
	// Secure says that the gateway knows the connection to be encrypted.
	Secure bool
}

// String leaves the passwords out, so that no log and no error can hold them.
func (c Credentials) String() string {
	if c.PublicKey != "" {
		return fmt.Sprintf("public key %q", c.PublicKey)
	}
	text := fmt.Sprintf("user %q", c.User)
	switch {
	case c.AccessKey != "" && c.User == "":
		text = fmt.Sprintf("access key %q", c.AccessKey)
	case c.AccessKey != "":
		text += fmt.Sprintf(", access key %q", c.AccessKey)
	}
	if c.Certificate != nil {
		text += fmt.Sprintf(", certificate of %q", c.Certificate.Subject)
	}
	return text
}

// LogValue implements slog.LogValuer; see String.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// ErrDenied is what an Authenticator returns for credentials it does not take.
var ErrDenied = errors.New("credentials refused")

// Authenticator says who a client is. It may be called from any goroutine.
type Authenticator interface {
	Authenticate(ctx context.Context, c Credentials) (Principal, error)
}

// Principal is an authenticated client.
type Principal interface {
	// Name is what Message.UserID gets; "" for a client nobody knows.
	Name() string
	// May reports whether the principal may do action at d. A gateway asks once,
	// in the handler, before it calls the broker. A topic whose name has the wildcards of
	// queuecore.ParsePattern stands for every topic that it matches: he may only if he may at all of
	// them. The queue "" stands for all queues.
	May(action Action, d queuecore.Destination) bool
}

// Denier is a Principal that tells what he may not because somebody has said so from what merely nobody
// has allowed him: what a queue's own policy allows is for the latter alone.
type Denier interface {
	// Denies reports whether May would refuse it even if more were allowed.
	Denies(action Action, d queuecore.Destination) bool
}

// Member is a Principal that says which account it is of, in dialects that have accounts.
// One that does not say, or says "", is of the server's own.
type Member interface {
	Account() string
}
