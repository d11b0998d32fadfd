// Package sides has one queue seen by clients of NATS, SQS and STOMP at once: its settings,
// its counts, its dead letters, its groups and its name. It is tests alone; the rules that
// they prove are in mapping/TABLE.md, "Settings of a queue".
package sides
