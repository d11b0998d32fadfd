// Package compare has tests that play the same JetStream requests to a house and to a
// nats-server with work-queue streams, and compare what both answer, field by field.
package compare
