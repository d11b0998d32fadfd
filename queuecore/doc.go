// Package queuecore keeps messages in durable queues and hands them out at least once.
//
// A producer sends a [Message] to a [Destination]. A queue destination makes one
// entry in that queue; a topic destination makes one entry in every queue whose
// [Binding] matches, and the body is stored once. A consumer receives a [Delivery]
// under a [Lease] and settles it with its [Receipt].
//
//	send, not before t
//	      │
//	      ▼           t comes
//	 ┌─────────┐ ───────────────► ┌───────┐ ◄──────────────┐
//	 │ delayed │                  │ ready │                │ nack, lease ends,
//	 └─────────┘ ◄─────────────┐  └───┬───┘ ──► expired    │ session closes
//	              nack, delay  │      │ receive            │
//	                           │      ▼                    │
//	 ┌────────┐  too many   ┌──┴────────┐ ─────────────────┘
//	 │ parked │ ◄────────── │  leased   │
//	 └────────┘  attempts   └─────┬─────┘ ──► dead-letter queue
//	                              │ ack
//	                              ▼
//	                            gone
//
// The [Broker] is the only way in. It runs the rules of internal/machine on one
// goroutine, writes what they ask for to a store.Store in batches, and answers a
// caller only when the batch that holds the caller's change is on disk.
//
// The package knows no protocol: what a dialect calls these nouns is package
// mapping's business.
package queuecore
