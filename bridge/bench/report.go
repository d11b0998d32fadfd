package bench

import (
	"fmt"
	"io"
	"slices"
)

// Report writes figures. The first error of its writer stays.
type Report struct {
	w   io.Writer
	err error
}

// NewReport returns a report to w.
func NewReport(w io.Writer) *Report { return &Report{w: w} }

// Figure writes one figure for programs.
func (r *Report) Figure(name string, value float64, unit string) {
	decimals := 2
	if value >= 100 {
		decimals = 0
	}
	r.Printf("BENCH %s %.*f %s\n", name, decimals, value, unit)
}

// Printf writes a line for people.
func (r *Report) Printf(format string, args ...any) {
	if _, err := fmt.Fprintf(r.w, format, args...); err != nil && r.err == nil {
		r.err = err
	}
}

// Err returns the first error of writing.
func (r *Report) Err() error { return r.err }

// median returns the middle value; xs is not empty.
func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	return xs[len(xs)/2]
}
