// Package driver speaks with the programs that use other people's client libraries.
//
// A driver is one process, or one goroutine, for one programming language. It reads
// requests from its standard input and writes replies to its standard output, each one line
// of JSON, one at a time and in order. It knows how a client library is called and
// nothing else: what headers mean and what should have arrived is the test's to know, so
// that every language is held to the same words.
//
//	test ──► Driver ──► golang.Run         (goroutine)
//	               ├──► python/driver.py   (process)
//	               └──► node/driver.mjs    (process)
//
// README.md of the room above says how to add one.
package driver
