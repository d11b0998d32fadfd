package machine

import "errors"

// The answers that are no success. Package queuecore hands them out under its own name.
var (
	ErrNotFound  = errors.New("not found")
	ErrExists    = errors.New("already exists")
	ErrInvalid   = errors.New("invalid")
	ErrTooLarge  = errors.New("too large")
	ErrFull      = errors.New("queue is full")
	ErrLimit     = errors.New("limit of the server is reached")
	ErrInFlight  = errors.New("too many messages are in flight")
	ErrInUse     = errors.New("subscription is in use")
	ErrRelay     = errors.New("queue keeps no messages itself")
	ErrStale     = errors.New("receipt is stale")
	ErrUncounted = errors.New("topics of the queue are not counted")
	ErrClosed    = errors.New("broker is closed")
)
