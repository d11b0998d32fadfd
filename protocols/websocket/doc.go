// Package websocket is the server's end of a WebSocket (RFC 6455) as a stream: what
// comes in data messages is read like a socket's octets, however it is cut into
// messages and frames, and what is written goes out in messages cut as the dialect
// above says. Nothing is kept of a message that is larger than what the reader asks for, so
// no length that a client names takes memory. There are no extensions, and so no compression.
//
// The first data message says whether the client is written to in text or in binary;
// what is no UTF-8 goes out as binary in either case. With Options.Binary all does, which is
// for dialects in which the server speaks first.
package websocket
