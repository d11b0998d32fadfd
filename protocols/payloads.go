package protocols

import (
	"context"
	"time"
)

// Payloads keeps bodies of messages outside of the broker, as objects in buckets: those
// that a message only points to, and those that a dialect has no room for. Its methods may be
// called from any goroutine.
type Payloads interface {
	// Fetch returns the content of an object, which is the caller's from then on. It waits
	// for its turn until ctx ends, and then for the object for Patience at most. The error is
	// NotServed when the object is none that clients are given; any other may pass.
	Fetch(ctx context.Context, bucket, key string) ([]byte, error)
	// Store keeps content under key in Bucket, in the place of what was there. It takes
	// as long as Fetch.
	Store(ctx context.Context, key, content string) error
	// Remove removes an object some time later, and does not block. Whether that
	// succeeds is not told. An empty bucket stands for Bucket.
	Remove(bucket, key string)

	// Bucket is where Store keeps what it is given.
	Bucket() string
	// RemovesFetched reports whether an object is to be removed once the message that
	// pointed to it is acked.
	RemovesFetched() bool
	// Patience bounds what one object may take.
	Patience() time.Duration
}

// OwnPayloads begins the keys of what Store keeps. They are for the consumers of one
// queue, so Fetch serves none of them, whoever points to it.
const OwnPayloads = "sluice/"

// NotServed is the error for an object that this server does not give to its clients, and
// says why. The message that points to it is handed out as it is.
type NotServed string

// Error implements error.
func (e NotServed) Error() string { return string(e) }

// PayloadCounts are what has become of payloads since the start. They only rise.
type PayloadCounts struct {
	Fetched, FetchFailed, NotServed uint64
	Stored, StoreFailed             uint64
	Removed, RemoveFailed           uint64
}
