// Package torture kills a server while clients work on it, starts it again on
// what is left, and holds it to what it had promised.
//
// It has three parts that know little of each other: the [workload] of clients,
// which can be let loose on any address; the [ledger], which knows what they were
// told and judges; and this room, which starts servers, kills them at random
// moments and at the points of package killpoint, and looks into the store.
package torture
