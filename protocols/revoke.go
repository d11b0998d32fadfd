package protocols

import "context"

// Revocable is a Principal that may cease to be one while it is connected: its user is
// removed, say, or has another password. From then on May refuses it everything.
type Revocable interface {
	// Valid returns a context that ends when the principal is revoked. It is the same for
	// all connections of a credential.
	Valid() context.Context
}

// OnRevoke calls f in a goroutine of its own when p is revoked, at once if it is already, and
// never for a principal that cannot be. A gateway closes the connection then. The function
// returned calls that off, as that of context.AfterFunc does, and must be called when the connection
// ends.
func OnRevoke(p Principal, f func()) (stop func() bool) {
	r, ok := p.(Revocable)
	if !ok {
		return func() bool { return true }
	}
	return context.AfterFunc(r.Valid(), f)
}
