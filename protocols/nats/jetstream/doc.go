// Package jetstream serves the JetStream API over queues.
//
// A work-queue stream is a queue. Its subjects are bindings, its consumer is a
// name and a few settings kept in a label of the queue, and what a consumer has
// not acknowledged are leases. The ack subject of a delivery spells its receipt,
// so an ack is good from any connection and after a restart.
//
//	request ──► Client.Request ──► api.go: a table of operations ──► Broker
//	publish ──► Client.Publish ──► control.go: expectations ──► Broker.Submit ──► PubAck
//	pull    ──► consumer.pull  ──► dispatch.go: one Receive for all ──► hand.go ──► Transport.Deliver
//	ack     ──► ack.go         ──► Broker.Submit ──► empty answer
//
// The engine does not know how its clients are connected: it gets subjects,
// headers and bodies, and answers through a [Transport].
package jetstream
