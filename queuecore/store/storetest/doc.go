// Package storetest holds every store.Store to its promise, and has a store that
// fails when a test wants it to.
//
// A store's own tests call [Run]. Tests of what stands on a store wrap one in
// [Failing], which refuses the nth write or sync, counts them, and can hold one
// back until the test lets it go.
package storetest
