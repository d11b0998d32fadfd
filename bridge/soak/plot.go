package soak

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// The measures of the drawing, in pixels.
const (
	panelWidth, panelHeight = 560, 200
	leftMargin, rightMargin = 70, 20
	topMargin, bottomMargin = 34, 36
	columns                 = 2
	titleHeight             = 60
)

// panel is one diagram: lines over time that share an axis.
type panel struct {
	title, unit string
	lines       []line
}

type line struct {
	name, colour string
	value        func(*Sample) float64
}

func panels() []panel {
	const blue, orange, grey, mb = "#1f77b4", "#d9660b", "#777777", 1e6
	return []panel{
		{"memory", "MB", []line{
			{"resident", blue, func(s *Sample) float64 { return s.RSS / mb }},
			{"its own", grey, func(s *Sample) float64 { return s.Own / mb }},
			{"Go heap", orange, func(s *Sample) float64 { return s.Heap / mb }},
		}},
		{"goroutines", "count", []line{{"", blue, func(s *Sample) float64 { return s.Goroutines }}}},
		{"open descriptors", "count", []line{{"", blue, func(s *Sample) float64 { return s.Descriptors }}}},
		{"disk", "MB", []line{{"", blue, func(s *Sample) float64 { return s.Disk / mb }}}},
		{"messages kept", "count", []line{{"", blue, func(s *Sample) float64 { return s.Depth }}}},
		{"messages acked", "1/s", []line{{"", blue, func(s *Sample) float64 { return s.Rate }}}},
		{"confirmed send of a turn", "ms", []line{
			{"p50", blue, func(s *Sample) float64 { return milliseconds(s.Latency.P50) }},
			{"p99", orange, func(s *Sample) float64 { return milliseconds(s.Latency.P99) }},
		}},
		{"slowest send of a turn", "ms", []line{{"", blue, func(s *Sample) float64 { return milliseconds(s.Latency.Max) }}}},
	}
}

// SVG draws the result over time. The warm-up, which is not judged, is shaded.
func (r *Result) SVG(w io.Writer) error {
	var b strings.Builder
	all := panels()
	rows := (len(all) + columns - 1) / columns
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		columns*panelWidth, titleHeight+rows*panelHeight+bottomMargin/2)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	fmt.Fprintf(&b, `<text x="%d" y="26" font-size="18">Sluice under a steady load</text>`+"\n", leftMargin)
	fmt.Fprintf(&b, `<text x="%d" y="46" fill="#555">%s, %.0f%% of a peak of %.0f messages/s; shaded: warm-up, not judged</text>`+"\n",
		leftMargin, r.Started.UTC().Format("2006-01-02 15:04 MST"), 100*r.Options.Share, r.Peak)
	for i := range all {
		fmt.Fprintf(&b, `<g transform="translate(%d,%d)">`+"\n", i%columns*panelWidth, titleHeight+i/columns*panelHeight)
		r.draw(&b, &all[i])
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// canvas turns minutes and values into pixels of a panel.
type canvas struct{ minutes, top float64 }

func (f canvas) x(minutes float64) float64 {
	return leftMargin + minutes/f.minutes*(panelWidth-leftMargin-rightMargin)
}

func (f canvas) y(v float64) float64 {
	return panelHeight - bottomMargin - v/f.top*(panelHeight-topMargin-bottomMargin)
}

func (r *Result) draw(b *strings.Builder, p *panel) {
	f := canvas{minutes: 1e-6}
	for i := range r.Samples {
		f.minutes = max(f.minutes, r.Samples[i].At.Minutes())
		for _, l := range p.lines {
			f.top = max(f.top, l.value(&r.Samples[i]))
		}
	}
	step := niceStep(max(f.top, 1e-9) / 4)
	f.top = math.Ceil(max(f.top, 1e-9)/step) * step
	fmt.Fprintf(b, `<text x="%d" y="20" font-weight="bold">%s <tspan font-weight="normal" fill="#555">[%s]</tspan></text>`+"\n",
		leftMargin, p.title, p.unit)
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#eeeeee"/>`+"\n",
		f.x(0), f.y(f.top), f.x(min(r.Options.WarmUp.Minutes(), f.minutes))-f.x(0), f.y(0)-f.y(f.top))
	f.grid(b, step)
	for i, l := range p.lines {
		r.drawLine(b, f, l)
		legend(b, i, l)
	}
}

// grid draws the axes with their numbers.
func (f canvas) grid(b *strings.Builder, step float64) {
	for v := 0.0; v <= f.top+step/2; v += step {
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#dddddd"/>`+"\n", f.x(0), f.x(f.minutes), f.y(v), f.y(v))
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", f.x(0)-6, f.y(v)+4, tickText(v))
	}
	apart := niceStep(f.minutes / 8)
	for m := 0.0; m <= f.minutes*1.0001; m += apart {
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#555"/>`+"\n", f.x(m), f.x(m), f.y(0), f.y(0)+4)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", f.x(m), f.y(0)+16, tickText(m))
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end" fill="#555">minutes</text>`+"\n", f.x(f.minutes), f.y(0)+30)
	fmt.Fprintf(b, `<polyline fill="none" stroke="#555" points="%.1f,%.1f %.1f,%.1f %.1f,%.1f"/>`+"\n",
		f.x(0), f.y(f.top), f.x(0), f.y(0), f.x(f.minutes), f.y(0))
}

func (r *Result) drawLine(b *strings.Builder, f canvas, l line) {
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, l.colour)
	for i := range r.Samples {
		fmt.Fprintf(b, "%.1f,%.1f ", f.x(r.Samples[i].At.Minutes()), f.y(l.value(&r.Samples[i])))
	}
	b.WriteString("\"/>\n")
}

func legend(b *strings.Builder, i int, l line) {
	if l.name == "" {
		return
	}
	x := panelWidth - rightMargin - 240 + 80*i
	fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="16" y2="16" stroke="%s" stroke-width="3"/>`, x, x+16, l.colour)
	fmt.Fprintf(b, `<text x="%d" y="20">%s</text>`+"\n", x+20, l.name)
}

// niceStep returns 1, 2 or 5 times a power of ten, at least x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, n := range []float64{1, 2, 5} {
		if n*power >= x*0.9999 {
			return n * power
		}
	}
	return 10 * power
}

func tickText(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%gM", math.Round(v/1e4)/100)
	case v >= 1e4:
		return fmt.Sprintf("%gk", math.Round(v/10)/100)
	}
	return fmt.Sprintf("%g", math.Round(v*1000)/1000)
}

// Markdown writes the result as a page that shows the drawing called svg.
func (r *Result) Markdown(w io.Writer, svg string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Soak\n\n`sluice soak --for %v`, %s. Every dialect at once: queues crossed by two dialects, FIFO queues, transactions, topics,\n"+
		"delays, messages given back, dead letters, queues and connections that come and go.\n\n```\n",
		r.Options.For, r.Started.UTC().Format(time.DateOnly))
	if err := r.Report(&b); err != nil {
		fmt.Fprintf(&b, "\n%v\n", err)
	}
	fmt.Fprintf(&b, "```\n\n![memory, goroutines, descriptors, disk, depth, throughput and latency over time](%s)\n", svg)
	_, err := io.WriteString(w, b.String())
	return err
}
