// Package crash kills a running server while clients of all three dialects send
// to it and receive from it, opens what is left, and holds it to what it had
// promised: every send that was confirmed is there exactly once or has been
// acked, a transaction is there whole or not at all, and nothing comes back whose
// ack was confirmed.
package crash
