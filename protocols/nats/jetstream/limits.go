package jetstream

import "time"

// Version is the nats-server release whose API the engine serves, and level its
// number in the account info (ADR-44, "Versioning for JetStream Assets").
const (
	Version = "2.12.1"
	level   = 2
)

// Defaults and limits of nats-server 2.12.
const (
	maxName           = 255       // JSMaxNameLen
	maxDescription    = 4 << 10   // JSMaxDescriptionLen
	maxMetadata       = 128 << 10 // JSMaxMetadataLen
	maxReplicas       = 5         // StreamMaxReplicas
	namesPage         = 1024      // JSApiNamesLimit
	listPage          = 256       // JSApiListLimit
	subjectsPage      = 100_000   // JSMaxSubjectDetails
	defaultAckWait    = 30 * time.Second
	defaultAckPending = 1000
	defaultWaiting    = 512
	defaultInactive   = 5 * time.Second
	defaultDuplicates = 2 * time.Minute
	leastWindow       = 100 * time.Millisecond // of max_age and duplicate_window
)

// The engine's own limits.
const (
	// maxBatch bounds one Receive for a consumer, in messages, and batchBytes
	// what it is expected to bring.
	maxBatch   = 500
	batchBytes = 4 << 20
	// maxInFlight bounds what one client has published and not been answered, in
	// bytes, each message counting messageCost more than its body.
	maxInFlight = 8 << 20
	messageCost = 512
	// maxSlow bounds how many settlements of one client wait for the disk
	// outside the pipeline: +WPI and +TERM.
	maxSlow = 64
	// maxScan bounds the entries looked at for a stream info with details.
	maxScan = 100_000
	// maxCount bounds those looked at to count what is pending for a filter, and
	// countedAtOnce is the same for the count that goes with deliveries, which is taken for
	// each batch of them.
	maxCount      = 10_000
	countedAtOnce = 256
	// maxFilterBytes bounds the filters of a consumer together: each is held against each
	// message that is published while somebody pulls.
	maxFilterBytes = 16 << 10
	// maxRequest bounds the JSON of a request, in bytes, and maxValues its names and values, each of which
	// takes some 100 bytes: metadata of maxMetadata is well below both.
	maxRequest = 160 << 10
	maxValues  = 10_000
	// maxWord bounds a number or a time that is no JSON: errors about a longer one would repeat it.
	maxWord = 64
	// maxPull bounds the batch of one pull request.
	maxPull = 1 << 30
	// leastBeat is the shortest time between two heartbeats of one pull: one of a nanosecond would keep a processor at work.
	leastBeat = 10 * time.Millisecond
	// restAfterFailure keeps a consumer from asking a broken store all the time.
	restAfterFailure = time.Second
)
