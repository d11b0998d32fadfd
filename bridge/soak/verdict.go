package soak

import (
	"errors"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"
)

// Verdict compares the first quarter of the looks with the last, the warm-up left out.
type Verdict struct {
	Name, Unit  string
	First, Last float64 // means of the quarters
	Slope       float64 // of the straight line through all looks, in parts of the mean for each hour
	Limit       string  // empty: for information
	Failed      bool
}

// series is one column of the samples.
type series struct {
	name, unit string
	value      func(*Sample) float64
	judge      func(first, last float64) bool // whether it is good; nil: not judged
	limit      string
}

// within judges by a part of the first quarter, and lets a difference pass that
// is too small to be a leak.
func within(part, slack float64) func(first, last float64) bool {
	return func(first, last float64) bool { return math.Abs(last-first) <= max(part*first, slack) }
}

// growth judges by growth alone: to need less is no fault.
func growth(part, slack float64) func(first, last float64) bool {
	return func(first, last float64) bool { return last-first <= max(part*first, slack) }
}

func allSeries() []series {
	const mb = 1e6
	return []series{
		{"resident memory", "MB", func(s *Sample) float64 { return s.RSS / mb }, growth(0.05, 0), "+5 %"},
		{"  of it its own", "MB", func(s *Sample) float64 { return s.Own / mb }, growth(0.05, 0), "+5 %"},
		{"live heap", "MB", func(s *Sample) float64 { return s.Live / mb }, growth(0.05, 0), "+5 %"},
		{"goroutines", "", func(s *Sample) float64 { return s.Goroutines }, within(0.05, 0), "±5 %"},
		{"descriptors", "", func(s *Sample) float64 { return s.Descriptors }, growth(0.05, 5), "+5 % or 5"},
		{"disk", "MB", func(s *Sample) float64 { return s.Disk / mb }, growth(0.25, 256), "+25 % or 256 MB"},
		{"messages kept", "", func(s *Sample) float64 { return s.Depth }, within(0.05, 0), "±5 %"},
		{"acked", "1/s", func(s *Sample) float64 { return s.Rate }, within(0.05, 0), "±5 %"},
		{"send p50", "ms", func(s *Sample) float64 { return milliseconds(s.Latency.P50) }, nil, ""},
		{"send p99", "ms", func(s *Sample) float64 { return milliseconds(s.Latency.P99) }, nil, ""},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// leastLooks is how many looks after the warm-up have quarters.
const leastLooks = 4

// judged returns the looks after the warm-up.
func (r *Result) judged() (all []Sample) {
	for _, s := range r.Samples {
		if s.At > r.Options.WarmUp {
			all = append(all, s)
		}
	}
	return all
}

// Verdicts judges every column. It needs leastLooks after the warm-up.
func (r *Result) Verdicts() ([]Verdict, error) {
	judged := r.judged()
	if len(judged) < leastLooks {
		return nil, fmt.Errorf("%d looks after the warm-up; it takes four to judge", len(judged))
	}
	var all []Verdict
	for _, c := range allSeries() {
		all = append(all, c.verdict(judged))
	}
	return all, nil
}

func (c *series) verdict(samples []Sample) Verdict {
	quarter := len(samples) / 4
	v := Verdict{
		Name: c.name, Unit: c.unit, Limit: c.limit,
		First: c.mean(samples[:quarter]), Last: c.mean(samples[len(samples)-quarter:]),
		Slope: c.slope(samples),
	}
	v.Failed = c.judge != nil && !c.judge(v.First, v.Last)
	return v
}

func (c *series) mean(samples []Sample) float64 {
	sum := 0.0
	for i := range samples {
		sum += c.value(&samples[i])
	}
	return sum / float64(len(samples))
}

// slope is that of least squares.
func (c *series) slope(samples []Sample) float64 {
	mean, middle := c.mean(samples), 0.0
	for i := range samples {
		middle += samples[i].At.Hours() / float64(len(samples))
	}
	var up, across float64
	for i := range samples {
		x := samples[i].At.Hours() - middle
		up += x * (c.value(&samples[i]) - mean)
		across += x * x
	}
	if mean == 0 || across == 0 {
		return 0
	}
	return up / across / mean
}

// ErrFailed is what Report returns when the server did not stay as it was.
var ErrFailed = errors.New("the server did not stay as it was")

// Report writes the verdicts as a table; ErrFailed if one of them is bad.
func (r *Result) Report(w io.Writer) error {
	verdicts, err := r.Verdicts()
	if err != nil {
		return err
	}
	last := r.Samples[len(r.Samples)-1].At
	fmt.Fprintf(w, "%v of load at %.0f%% of the peak of %.0f messages/s; %d looks, those of the first %v not judged\n\n",
		last.Round(time.Second), 100*r.Options.Share, r.Peak, len(r.Samples), r.Options.WarmUp)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "what\tfirst quarter\tlast quarter\tchange\tslope\tlimit\tverdict")
	failed := false
	for _, v := range verdicts {
		failed = failed || v.Failed
		fmt.Fprintf(t, "%s\t%.1f %s\t%.1f %s\t%+.1f %%\t%+.0f %%/h\t%s\t%s\n",
			v.Name, v.First, v.Unit, v.Last, v.Unit, v.change(), 100*v.Slope, v.Limit, v.word())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if failed {
		return ErrFailed
	}
	return nil
}

func (v *Verdict) change() float64 {
	if v.First == 0 {
		return 0
	}
	return 100 * (v.Last - v.First) / v.First
}

func (v *Verdict) word() string {
	switch {
	case v.Limit == "":
		return ""
	case v.Failed:
		return "FAILED"
	}
	return "good"
}
