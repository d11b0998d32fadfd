// Package wire reads and writes the lines of the NATS client protocol, and
// nothing else.
//
// A [Reader] cuts what a client sends into frames. It reads into one buffer and
// hands out slices of it, so that a frame costs no allocation; the buffer grows
// with the bytes that arrive, never with the size that a client claims, and not
// past the limits it was made with. The Append functions write what a server
// says, and [EachHeader] walks a header block.
package wire
