// Package wire reads and writes the two forms in which SQS is spoken: AWS JSON
// 1.0 and AWS Query, which answers in XML. Both forms are read into the same
// request types and written from the same result types, so that nothing behind
// this package needs to know which one a client uses.
//
// A request describes itself once: its set method takes a member by its name in
// the JSON form, and a value that either form implements. A result describes
// itself once to a writer that knows both forms.
//
// The package knows grammar only. What a value means, and whether it is within
// the limits of SQS, is for the gateway to say; here only size, depth and number
// of elements are bounded, so that no input makes the decoders work or allocate
// more than a small multiple of its own length.
package wire
