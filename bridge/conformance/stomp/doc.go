// Package stomp checks any STOMP server on the wire, sentence by sentence of STOMP
// 1.0, 1.1 and 1.2.
//
// It writes octets and reads frames with a small codec of its own, bounded and strict, so
// that it shares no mistake with a server. [Run] is all there is to call. The checks
// are in the files named after the chapters of the standard; each is a table entry
// with the sentence it holds the server to.
package stomp
