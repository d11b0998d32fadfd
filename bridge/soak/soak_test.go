package soak

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

// A short soak goes through every sort of load and looks at all there is.
func TestSoak(t *testing.T) {
	c := config.Default()
	c.DataDir = t.TempDir()
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	h, err := bridge.Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	a := h.Addrs()
	r, err := Run(t.Context(), Self(a.STOMP, a.NATS, a.SQS, a.Admin, c.DataDir), Options{
		For: time.Second, Every: 100 * time.Millisecond, Calibrate: 300 * time.Millisecond, Backlog: 100, Share: 0.5,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if r.Peak <= 0 || len(r.Samples) == 0 {
		t.Fatalf("a peak of %g, %d samples", r.Peak, len(r.Samples))
	}
	s := r.Samples[len(r.Samples)-1]
	if s.Goroutines <= 0 || s.Heap <= 0 || s.Live <= 0 || s.Disk <= 0 || s.Depth <= 0 || s.Rate < 0 {
		t.Errorf("%+v", s)
	}
	if err := r.Report(io.Discard); err != nil && !errors.Is(err, ErrFailed) { // so short a run proves nothing
		t.Error(err)
	}
}

// made is a result of 40 looks, in which one value changes.
func made(change func(s *Sample, part float64)) *Result {
	r := &Result{Options: Options{For: time.Hour, WarmUp: 15 * time.Minute, Share: 0.5}, Peak: 1000}
	for i := range 40 {
		s := Sample{
			At: time.Duration(i+1) * 90 * time.Second, RSS: 200e6, Own: 150e6, Heap: 100e6, Live: 60e6, Goroutines: 100, Descriptors: 50,
			Disk: 1e9, Depth: 10_000, Rate: 500, Latency: Latency{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond},
		}
		change(&s, float64(i)/40)
		r.Samples = append(r.Samples, s)
	}
	return r
}

func TestVerdicts(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *Sample, part float64)
		failed string // what is not good
	}{
		{"steady", func(*Sample, float64) {}, ""},
		{"a leak of memory", func(s *Sample, part float64) { s.RSS *= 1 + part/5 }, "resident memory"},
		{"memory shrinks", func(s *Sample, part float64) { s.RSS *= 1 - part/5 }, ""},
		{"goroutines pile up", func(s *Sample, part float64) { s.Goroutines += 20 * part }, "goroutines"},
		{"goroutines vanish", func(s *Sample, part float64) { s.Goroutines -= 20 * part }, "goroutines"},
		{"descriptors pile up", func(s *Sample, part float64) { s.Descriptors += 20 * part }, "descriptors"},
		{"three descriptors more", func(s *Sample, part float64) { s.Descriptors += 3 * part }, ""},
		{"disk grows", func(s *Sample, part float64) { s.Disk *= 1 + part }, "disk"},
		{"messages pile up", func(s *Sample, part float64) { s.Depth *= 1 + part }, "messages kept"},
		{"it gets slower", func(s *Sample, part float64) { s.Rate *= 1 - part/5 }, "acked"},
		{"only the warm-up differs", func(s *Sample, part float64) {
			if part < 0.2 {
				s.RSS, s.Goroutines = 10e6, 5
			}
		}, ""},
	}
	for _, tt := range tests {
		verdicts, err := made(tt.change).Verdicts()
		if err != nil {
			t.Fatal(err)
		}
		var failed []string
		for _, v := range verdicts {
			if v.Failed {
				failed = append(failed, v.Name)
			}
		}
		if got := strings.Join(failed, ", "); got != tt.failed {
			t.Errorf("%s: failed %q, want %q", tt.name, got, tt.failed)
		}
		if err := made(tt.change).Report(io.Discard); errors.Is(err, ErrFailed) != (tt.failed != "") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestTooFewLooks(t *testing.T) {
	if err := (&Result{}).Report(io.Discard); err == nil {
		t.Error("nothing was seen, and it is judged")
	}
}

// What is drawn is XML with a title, units and a legend, and stays on the page.
func TestSVG(t *testing.T) {
	var out bytes.Buffer
	if err := made(func(*Sample, float64) {}).SVG(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Sluice under a steady load", "[MB]", "minutes", "Go heap", "p99"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(out.String(), "NaN") || strings.Contains(out.String(), "Inf") {
		t.Error("a point that is no number")
	}
	d := xml.NewDecoder(&out)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestParseSeries(t *testing.T) {
	for line, want := range map[string]float64{
		`go_goroutines 12`:               12,
		`x{queue="a b",state="ready"} 3`: 3,
		`y 1.5e+06`:                      1.5e6,
	} {
		if name, v, ok := parseSeries(line); !ok || v != want || strings.ContainsAny(name, "{ ") {
			t.Errorf("%s: %q %g %v", line, name, v, ok)
		}
	}
	for _, line := range []string{"# HELP x y", "", "nothing"} {
		if _, _, ok := parseSeries(line); ok {
			t.Errorf("%q has a value", line)
		}
	}
}

func TestPaceLeavesOutWhatIsLate(t *testing.T) {
	p := &pace{}
	p.set(time.Hour)
	if d := p.reserve(); d > 0 {
		t.Errorf("the first turn waits %v", d)
	}
	if d := p.reserve(); d < 59*time.Minute {
		t.Errorf("the second turn waits %v", d)
	}
	p.next = time.Now().Add(-2 * behind)
	if d := p.reserve(); d > 0 || p.next.Before(time.Now()) {
		t.Errorf("it waits %v and catches up", d)
	}
}

func TestOptions(t *testing.T) {
	good := Options{For: time.Hour, WarmUp: time.Minute, Every: time.Second, Calibrate: time.Second, Share: 1}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Options){
		"all warm-up": func(o *Options) { o.WarmUp = o.For },
		"no looks":    func(o *Options) { o.Every = 0 },
		"no share":    func(o *Options) { o.Share = 0 },
		"too much":    func(o *Options) { o.Share = 1.5 },
	} {
		o := good
		spoil(&o)
		if o.check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
