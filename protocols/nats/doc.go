// Package nats serves NATS clients: core NATS between them, and JetStream over
// the broker's queues.
//
//	            ┌─► exchange ──► other clients' SUBs        (at most once)
//	wire ─► conn┤
//	            └─► jetstream ─► mapping ─► queuecore.Broker (at least once)
//
// A connection has two goroutines: one reads frames and handles each before the
// next, one writes what anybody put into the connection's outbound buffer. What
// must wait for the disk does not hold the reader up: it is submitted, and its
// answer goes to the buffer when the disk has it. SPEC.md lists what is spoken,
// DESIGN.md why it is so.
package nats
