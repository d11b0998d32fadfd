package compare_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// absent is the value of a field that is not there.
const absent = "–"

// found is a field that two servers answer differently.
type found struct{ step, field, ours, theirs string }

// Both servers answer alike, but for what the table says; and what the table
// says is so.
func TestAnswersOfNATSServer(t *testing.T) {
	if testing.Short() {
		t.Skip("nats-server is left out of short runs")
	}
	used := make([]bool, len(table))
	unlisted := differences(t, used)
	for range 2 {
		if len(unlisted) == 0 && !slices.Contains(used, false) {
			break
		}
		again := differences(t, used)
		unlisted = slices.DeleteFunc(unlisted, func(f found) bool { return !slices.ContainsFunc(again, f.isOf) })
	}
	for _, f := range unlisted {
		t.Errorf("%s: %s: ours %s, theirs %s", f.step, f.field, f.ours, f.theirs)
	}
	for i, d := range table {
		if !used[i] {
			t.Errorf("differs no more: %+v", d)
		}
	}
}

// differences plays everything to both servers, notes which lines of the table it has met, and returns what
// stands in none. On a busy machine either server may be late with what nobody waits for, an advisory
// or a count: such a difference is gone when all is played again.
func differences(t *testing.T, used []bool) (unlisted []found) {
	t.Helper()
	theirs, err := rig.StartNATSServer(t.Context(), t.TempDir())
	if rig.MayBeLeftOut(err) {
		t.Skipf("left out: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := compare(play(t, openHouse(t), false), play(t, theirs.Addr, true))
	if err := theirs.Stop(); err != nil {
		t.Error(err)
	}
	for _, f := range all {
		if i := slices.IndexFunc(table, f.is); i >= 0 {
			used[i] = true
			continue
		}
		unlisted = append(unlisted, f)
		t.Logf("%s: %s: ours %s, theirs %s", f.step, f.field, f.ours, f.theirs)
	}
	t.Logf("%d fields differ", len(all))
	return unlisted
}

// isOf reports whether both are of one field.
func (f found) isOf(o found) bool { return f.step == o.step && f.field == o.field }

// is reports whether a line of the table is about f.
func (f found) is(d difference) bool {
	return like(d.where, f.step) && like(d.field, f.field) && like(d.ours, f.ours) && like(d.theirs, f.theirs)
}

// like reports whether s is as a pattern says, in which * is any text.
func like(pattern, s string) bool {
	first, rest, open := strings.Cut(pattern, "*")
	s, begins := strings.CutPrefix(s, first)
	if !open {
		return begins && s == ""
	}
	for i := 0; begins && i <= len(s); i++ {
		if like(rest, s[i:]) {
			return true
		}
	}
	return false
}

// play plays everything to a server.
func play(t *testing.T, addr string, late bool) []answer {
	t.Helper()
	p := newPlayer(t, addr, late)
	for _, part := range []func(*player){server, streams, contents, consumers, refusals, publishes, pulls, pushes, advisories} {
		part(p)
	}
	return p.answers
}

// compare returns the fields that differ, in the order of the steps. Where one server refuses
// what the other does, that is one difference.
func compare(ours, theirs []answer) (all []found) {
	for i, a := range ours {
		b := theirs[i]
		if x, y := outcome(a), outcome(b); x != done || y != done {
			if x != y {
				all = append(all, found{a.step, "outcome", x, y})
			}
			continue
		}
		for _, name := range names(a, b) {
			if x, y := value(a, name), value(b, name); x != y {
				all = append(all, found{a.step, name, x, y})
			}
		}
	}
	return all
}

// names returns the fields of two answers.
func names(a, b answer) []string {
	both := maps.Clone(a.fields)
	maps.Copy(both, b.fields)
	return slices.Sorted(maps.Keys(both))
}

// done is the outcome of what was not refused.
const done = "done"

// outcome says in one how a step ended: done, with an error or with nothing.
func outcome(a answer) string {
	if status, ok := a.fields["status"]; ok {
		return status
	}
	if text, ok := a.fields["error.description"]; ok {
		return a.fields["error.code"] + "/" + a.fields["error.err_code"] + " " + text
	}
	return done
}

func value(a answer, field string) string {
	if v, ok := a.fields[field]; ok {
		return v
	}
	return absent
}

// openHouse opens a house in this process, where the race detector sees it, and returns its NATS address.
func openHouse(t *testing.T) string {
	t.Helper()
	c := config.Default()
	c.DataDir = t.TempDir()
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "", "127.0.0.1:0", "", ""
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), c, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	return h.Addrs().NATS
}
