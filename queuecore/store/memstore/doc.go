// Package memstore keeps a store.Store in memory: for tests, and for houses
// whose messages need not outlive the process.
//
// A test restarts a broker on the same data with [Store.Reopen], and plays a
// power cut with [Store.Crash], which forgets what was not synced.
package memstore
