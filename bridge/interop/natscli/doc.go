// Package natscli has tests that run the nats command line tool, as its makers ship it,
// against a house and against a nats-server with work-queue streams.
package natscli
