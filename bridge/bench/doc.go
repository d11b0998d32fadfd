// Package bench measures the core and the whole server.
//
// Machines differ and are shared: what counts are the ratios of one run, whose
// sides take turns, round by round. A report is a table,
//
//	figure   benchmark, what was measured, and under which condition
//	median   the middle of the rounds
//	low      the lowest round
//	high     the highest round
//	unit     of the three; "x" is a ratio of two figures of one round
//	target   what the median should be; empty for information
//	met      yes or NO; empty without a target
//
// or the same as JSON. A benchmark asserts nothing: a target that is not met is
// told and is no error.
package bench
