// Package frame reads and writes STOMP frames, and knows nothing else.
//
// A frame is a command, header lines, a blank line, a body and a NUL:
//
//	SEND
//	destination:/queue/a
//
//	hello^@
//
// The three versions of the protocol differ in how lines end and in what a
// header line can hold; see [Version]. A [Reader] takes memory for the bytes that
// have come, never for those that a peer says will come, and stops at the first
// byte over one of its [Limits].
package frame
