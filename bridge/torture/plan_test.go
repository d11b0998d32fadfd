package torture

import (
	"slices"
	"testing"
)

// Every other kill is at a random moment; the others go round the points, and
// come back to those that were missed.
func TestPlans(t *testing.T) {
	o := Options{Kills: 1, Seed: 1, Points: []string{Random, "load", "write", "close"}}
	p := newPlanner(&o)
	var points []string
	for range 6 {
		x := p.next(100, false)
		points = append(points, x.point)
		if x.point == "load" && (x.pass < 1 || x.pass > 110) {
			t.Errorf("load: pass %d of a store with 100 messages", x.pass)
		}
		if verb := x.args()[0]; (verb == "serve") != (x.point == Random) {
			t.Errorf("%s: sluice %s", x.point, verb)
		}
	}
	if want := []string{Random, "load", Random, "write", Random, "close"}; !slices.Equal(points, want) {
		t.Errorf("got %v, want %v", points, want)
	}
	p.missed = []string{"write"}
	if p.next(0, false).point != Random || p.next(0, false).point != "write" || p.next(0, false).point != Random || p.next(0, false).point != "write" {
		t.Error("a point that was missed is not tried again, or more than once")
	}
	if got := p.unmet(map[string]int{"load": 1, "close": 2}); !slices.Equal(got, []string{"write"}) {
		t.Errorf("unmet: %v", got)
	}
}

// The same seed plans the same.
func TestPlansFollowTheSeed(t *testing.T) {
	o := Options{Seed: 7, Points: Points()}
	p, q := newPlanner(&o), newPlanner(&o)
	for range 100 {
		if x, y := p.next(1000, false), q.next(1000, false); x != y {
			t.Fatalf("%+v and %+v", x, y)
		}
	}
}

// Without the random point every kill is at a named one, and a crowded server
// has consumers.
func TestNamedPointsAlone(t *testing.T) {
	p := newPlanner(&Options{Points: []string{"sweep", "pieces"}})
	for range 50 {
		x := p.next(10, true)
		if x.point == Random || !x.shape.Consume || x.shape.Purge != (x.point == "sweep") || x.shape.Bulk != (x.point == "pieces") {
			t.Fatalf("%+v", x)
		}
	}
}
