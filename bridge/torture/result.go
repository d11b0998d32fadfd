package torture

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

// Result is what a run has seen.
type Result struct {
	Seed    uint64                 `json:"seed"`
	Seconds float64                `json:"seconds"`
	Kills   map[string]int         `json:"kills"` // by point
	Checks  int                    `json:"checks"`
	Counts  ledger.Counts          `json:"counts"`
	Broken  map[ledger.Promise]int `json:"broken"` // how often, by promise
	Faults  []string               `json:"faults"` // the first ones, in words
	Restart Restart                `json:"restart_seconds"`

	restarts []time.Duration
}

// Restart says how long servers took to be ready.
type Restart struct {
	Median float64 `json:"median"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
}

// finish takes down what the rig knows in the end.
func (x *Result) finish(r *rig) {
	x.Seconds = time.Since(r.began).Seconds()
	x.Counts = r.ledger.Counts()
	x.Broken, x.Faults = r.ledger.Broken()
	if n := len(x.restarts); n > 0 {
		slices.Sort(x.restarts)
		at := func(part float64) float64 { return x.restarts[min(int(part*float64(n)), n-1)].Seconds() }
		x.Restart = Restart{Median: at(0.5), P99: at(0.99), Max: at(1)}
	}
}

// Killed returns the kills of all points.
func (x *Result) Killed() (n int) {
	for _, k := range x.Kills {
		n += k
	}
	return n
}

// Err returns nil if every promise was kept.
func (x *Result) Err() error {
	n := 0
	for _, k := range x.Broken {
		n += k
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d promises were broken; the same again: --seed %d", n, x.Seed)
}

// WriteJSON writes the result as one line.
func (x *Result) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(x) }

// WriteTable writes the result for people.
func (x *Result) WriteTable(w io.Writer) error {
	t := table{w: w}
	t.line("kills", x.Killed())
	for _, p := range Points() {
		t.line("  "+p, x.Kills[p])
	}
	c := &x.Counts
	t.line("sends confirmed", c.Sent)
	t.line("  sent again under their ids", c.Retried)
	t.line("  of these, there already (NATS)", c.WereThere)
	t.line("acks confirmed", c.Acked)
	t.line("  by purges", c.Purged)
	t.line("acks answered after the lease", c.LateAcks)
	t.line("units confirmed", c.Units)
	t.line("units without an answer", c.OpenUnits)
	t.line("deliveries", c.Delivered)
	t.line("  again", c.Again.Sum())
	t.line("    ack was not confirmed", c.Again.AckOpen)
	t.line("    lease had ended", c.Again.LeaseEnded)
	t.line("    connection was lost", c.Again.Disconnect)
	t.line("    nacked", c.Again.Nacked)
	t.line("    lease was lost", c.Again.LeaseLost)
	t.line("looks into the store", x.Checks)
	for _, p := range ledger.Promises() {
		t.line("broken: "+string(p), x.Broken[p])
	}
	t.text("time to ready", fmt.Sprintf("median %.2f s, p99 %.2f s, max %.2f s", x.Restart.Median, x.Restart.P99, x.Restart.Max))
	t.text("took", fmt.Sprintf("%.0f s, %.0f sends/s; seed %d", x.Seconds, float64(c.Sent)/x.Seconds, x.Seed))
	for _, f := range x.Faults {
		t.text("BROKEN", f)
	}
	return t.err
}

// table writes lines of two columns. Its first error stays.
type table struct {
	w   io.Writer
	err error
}

func (t *table) line(name string, n int) { t.text(name, fmt.Sprintf("%9d", n)) }

func (t *table) text(name, value string) {
	if _, err := fmt.Fprintf(t.w, "%-34s %s\n", name, value); err != nil && t.err == nil {
		t.err = err
	}
}
