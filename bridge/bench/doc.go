// Package bench measures, and prints each figure on a line of its own,
//
//	BENCH name value unit
//
// so that runs can be compared by program. Machines differ and are shared:
// compare the ratios of one run, not the figures of two.
package bench
