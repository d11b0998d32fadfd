// Package conformance runs the kits of bridge/conformance against running servers:
// ours, which must pass, and RabbitMQ, whose ways are known. There is nothing to import here but tests.
package conformance
