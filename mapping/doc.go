// Package mapping is the dictionary: what each protocol calls the things that
// package queuecore names. It is made of pure functions and does no I/O.
//
// Decode turns what a client of a dialect sent into a queuecore.Message; Encode
// turns a queuecore.Delivery into what a client of a dialect expects. What a
// dialect has no place for is packed, without loss, into one header or attribute
// of our own and restored when the message leaves through any dialect. Nothing
// is dropped in silence. TABLE.md lists every rule.
package mapping
