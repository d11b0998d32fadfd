// Package panics catches the panics of goroutines that work for one connection or one
// request of a gateway. The panic is counted and logged with its stack, what it was in
// is ended as one that has failed, and everything else goes on.
//
// That is right only where nothing but the connection can have been left half-done. So
// the core's own goroutines use none of this: a panic there ends the process
// (see queuecore), and the next start reads what is on disk. Neither do
// the goroutines of what connections share and no client's bytes reach: socket.Crew's own
// loop, the clock of budget.Budget, the accepting of connections. What Go calls a fatal error,
// such as two goroutines that write to one map, cannot be caught by anybody.
//
// Code that may panic must hold its locks by defer; or the lock stays held, which is worse than
// a crash.
package panics
