// Package conformance is what a conformance kit of any protocol comes to: clauses of a
// standard, what became of each on the wire of a running server, and the
// table that says so. Package stomp has the checks of STOMP.
package conformance
