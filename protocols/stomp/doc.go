// Package stomp is the gateway for clients of STOMP 1.0, 1.1 and 1.2.
//
// A connection is three kinds of goroutine around one set of state:
//
//	socket ──► reader ──► handlers ──► Broker.Submit ─┐
//	             │ takes a place for each frame       │ when it is on disk
//	             ▼                                    ▼
//	         pipeline: frames that are not answered, in their order
//	             │ RECEIPT or ERROR, oldest first
//	             ▼
//	         writer ──► socket
//	             ▲ MESSAGE
//	         outbox: frames that wait for the socket
//	             ▲
//	         feed, one for each subscription ◄── Broker.Receive
//
// The reader runs one frame after the other (conn.go has the table of commands),
// and owns subscriptions and transactions. Sends, acks and commits do not wait
// for the disk: the pipeline holds their place, and the broker fills it. What
// the client holds and has not settled is in the ledger.
//
// The socket may have TLS, a WebSocket or both around what is said; unwrap.go takes
// that off before the first frame.
//
// DESIGN.md says why; SPEC.md lists the sentences of the standard with their tests.
package stomp
