// Package soak runs a server under a mixed load for a long time and judges
// whether it stays as it is: memory, goroutines, descriptors and disk.
//
// Clients of every dialect, the libraries that everybody uses, send and receive in
// turns. A turn takes as many messages as it sends, so that the backlog stays the
// same. The load is half of what the same clients reach without a pause, which is
// measured first. Every few seconds the server is looked at from outside. At the end
// the first quarter of the looks is compared with the last, the warm-up left out.
//
//	Run ──► preload ──► calibrate ──► pace ──► Result ──► Table, SVG, Verdicts
//	           flows: ring of dialects, FIFO, transactions, topics, churn, dead letters
package soak
