package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Report collects figures. The first error of its writers stays.
type Report struct {
	out, notes io.Writer
	figures    []Figure
	err        error
}

// Figure is one row of a report.
type Figure struct {
	// Name has the benchmark, what was measured and under which condition,
	// separated by dots.
	Name string `json:"name"`
	// Median is the middle of the rounds, Low and High the ends.
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Rounds int     `json:"rounds"`
	Unit   string  `json:"unit"`
	// Target is what the median should be, and Met whether it is; both are empty
	// for a figure that is for information.
	Target string `json:"target,omitempty"`
	Met    *bool  `json:"met,omitempty"`
}

// target is a bound for a median. The zero target is none.
type target struct {
	low, high float64
	text      string
}

func atLeast(x float64) target { return target{low: x, high: inf, text: fmt.Sprintf(">= %g", x)} }
func atMost(x float64) target  { return target{low: -inf, high: x, text: fmt.Sprintf("<= %g", x)} }

// near is for a ratio that should be 1, give or take a part of it.
func near(part float64) target {
	return target{low: 1 - part, high: 1 + part, text: fmt.Sprintf("1 ±%.0f%%", 100*part)}
}

const inf = 1e308

// NewReport returns a report that writes its figures to out when it is closed,
// and what it is doing to notes.
func NewReport(out, notes io.Writer) *Report { return &Report{out: out, notes: notes} }

// figure adds the values of all rounds; there is at least one.
func (r *Report) figure(name, unit string, t target, values ...float64) {
	f := Figure{
		Name: name, Median: median(values), Low: slices.Min(values), High: slices.Max(values),
		Rounds: len(values), Unit: unit, Target: t.text,
	}
	if t.text != "" {
		met := f.Median >= t.low && f.Median <= t.high
		f.Met = &met
	}
	r.figures = append(r.figures, f)
	r.notef("  %s: %s %s", name, number(f.Median), unit)
}

// notef writes a line about what goes on.
func (r *Report) notef(format string, args ...any) {
	_, err := fmt.Fprintf(r.notes, format+"\n", args...)
	r.keep(err)
}

func (r *Report) keep(err error) {
	if err != nil && r.err == nil {
		r.err = err
	}
}

// Figures returns what was measured so far.
func (r *Report) Figures() []Figure { return slices.Clone(r.figures) }

// Table writes one line for each figure.
func (r *Report) Table() error {
	w := tabwriter.NewWriter(r.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tmedian\tlow\thigh\tunit\ttarget\tmet")
	for i := range r.figures {
		f := &r.figures[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			f.Name, number(f.Median), number(f.Low), number(f.High), f.Unit, f.Target, f.verdict())
	}
	r.keep(w.Flush())
	return r.err
}

// JSON writes the figures as one array.
func (r *Report) JSON() error {
	e := json.NewEncoder(r.out)
	e.SetIndent("", "  ")
	r.keep(e.Encode(r.figures))
	return r.err
}

func (f *Figure) verdict() string {
	switch {
	case f.Met == nil:
		return ""
	case *f.Met:
		return "yes"
	}
	return "NO"
}

// number writes x with three digits or all of those before the point.
func number(x float64) string {
	decimals := 3
	for y := max(x, -x); y >= 1 && decimals > 0; y /= 10 {
		decimals--
	}
	return fmt.Sprintf("%.*f", decimals, x)
}

// median returns the middle value; xs is not empty.
func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	return xs[len(xs)/2]
}
