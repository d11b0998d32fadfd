package router_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/protocols/nats/router"
)

// matches is the rule of the NATS docs, word for word and slow: the dumb twin's.
func matches(pattern, subject string) bool {
	p, s := strings.Split(pattern, "."), strings.Split(subject, ".")
	for i, token := range p {
		if token == ">" {
			return i == len(p)-1 && len(s) > i
		}
		if i >= len(s) || token != "*" && token != s[i] {
			return false
		}
	}
	return len(p) == len(s)
}

// twin is a router that tries every pattern.
type twin map[int]struct{ pattern, queue string }

func (t twin) match(subject string) []string {
	var found []string
	for id, x := range t {
		if matches(x.pattern, subject) {
			found = append(found, fmt.Sprintf("%s#%d", x.queue, id))
		}
	}
	slices.Sort(found)
	return found
}

func flat(m *router.Matches[int]) []string {
	var found []string
	for _, id := range m.Plain {
		found = append(found, fmt.Sprintf("#%d", id))
	}
	for _, g := range m.Groups {
		for _, id := range g.Members {
			found = append(found, fmt.Sprintf("%s#%d", g.Name, id))
		}
	}
	slices.Sort(found)
	return found
}

var (
	tokens   = rapid.SampledFrom([]string{"a", "b", "c", "aa"})
	wild     = rapid.SampledFrom([]string{"a", "b", "c", "aa", "*", "*", ">"})
	subjects = rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(tokens, 1, 4).Draw(t, "tokens"), ".")
	})
	patterns = rapid.Custom(func(t *rapid.T) string {
		p := rapid.SliceOfN(wild, 1, 4).Draw(t, "pattern")
		if i := slices.Index(p, ">"); i >= 0 {
			p = p[:i+1]
		}
		return strings.Join(p, ".")
	})
)

func TestRouterAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r router.Router[int]
		var m router.Matches[int]
		model, entries := twin{}, map[int]*router.Entry[int]{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				p, q := patterns.Draw(t, "pattern"), rapid.SampledFrom([]string{"", "", "q1", "q2"}).Draw(t, "queue")
				id := len(entries)
				entries[id] = r.Add(p, q, id)
				model[id] = struct{ pattern, queue string }{p, q}
			},
			"remove": func(t *rapid.T) {
				if len(entries) == 0 {
					t.Skip("nothing there")
				}
				id := rapid.IntRange(0, len(entries)-1).Draw(t, "id")
				_, there := model[id]
				if removed := r.Remove(entries[id]); removed != there {
					t.Fatalf("Remove(%d) = %v, want %v", id, removed, there)
				}
				delete(model, id)
			},
			"": func(t *rapid.T) {
				s := subjects.Draw(t, "subject")
				want := model.match(s)
				if r.Match([]byte(s), &m); !slices.Equal(flat(&m), want) {
					t.Fatalf("Match(%q) = %v, want %v", s, flat(&m), want)
				}
				if has := r.Has([]byte(s)); has != (len(want) > 0) {
					t.Fatalf("Has(%q) = %v", s, has)
				}
				if r.Len() != len(model) {
					t.Fatalf("Len = %d, want %d", r.Len(), len(model))
				}
			},
		})
	})
}

func TestGroupsOfOneNameAreOneGroup(t *testing.T) {
	var r router.Router[int]
	var m router.Matches[int]
	r.Add("a.b", "workers", 1)
	r.Add("a.*", "workers", 2)
	r.Add("a.>", "others", 3)
	if r.Match([]byte("a.b"), &m); len(m.Groups) != 2 {
		t.Errorf("%+v", m.Groups)
	}
}

func TestSubjectRules(t *testing.T) {
	valid := map[string]bool{
		"a": true, "a.b": true, "*": true, ">": true, "a.*.c": true, "a.>": true, "a*": true, ">a.b": true, "$JS.API.>": true,
		"": false, ".": false, "a.": false, ".a": false, "a..b": false, ">.a": false, "a.>.b": false, "a b": false, "a\tb": false, "a\r": false,
	}
	for s, want := range valid {
		if got := router.Valid(s); got != want {
			t.Errorf("Valid(%q) = %v", s, got)
		}
	}
	literal := map[string]bool{"a": true, "a*": true, "a.b>": true, "*": false, "a.*": false, "a.>": false, "a.*.b": false}
	for s, want := range literal {
		if got := router.Literal([]byte(s)); got != want {
			t.Errorf("Literal(%q) = %v", s, got)
		}
	}
}

// TestCoversAndCollide compares both with what they promise about subjects.
func TestCoversAndCollide(t *testing.T) {
	var all []string
	for _, a := range []string{"a", "b", "z"} {
		all = append(all, a)
		for _, b := range []string{"a", "b", "z"} {
			all = append(all, a+"."+b)
			for _, c := range []string{"a", "b", "z"} {
				all = append(all, a+"."+b+"."+c, a+"."+b+"."+c+".z", a+"."+b+"."+c+".z.z")
			}
		}
	}
	some := rapid.Custom(func(t *rapid.T) string {
		p := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*", ">"}), 1, 3).Draw(t, "pattern")
		if i := slices.Index(p, ">"); i >= 0 {
			p = p[:i+1]
		}
		return strings.Join(p, ".")
	})
	rapid.Check(t, func(t *rapid.T) {
		x, y := some.Draw(t, "x"), some.Draw(t, "y")
		covers, collide := true, false
		for _, s := range all {
			mx, my := matches(x, s), matches(y, s)
			covers = covers && (mx || !my)
			collide = collide || mx && my
			if router.Covers(x, s) != mx {
				t.Fatalf("Covers(%q, %q) = %v", x, s, !mx)
			}
		}
		if got := router.Covers(x, y); got != covers {
			t.Fatalf("Covers(%q, %q) = %v", x, y, got)
		}
		if got := router.Collide(x, y); got != collide {
			t.Fatalf("Collide(%q, %q) = %v", x, y, got)
		}
	})
}

func TestRouterFromManyGoroutines(t *testing.T) {
	var r router.Router[int]
	stay := r.Add("a.>", "", 0)
	done := make(chan struct{})
	for g := range 4 {
		// The loop ends by itself; the test waits for it.
		go func() {
			defer func() { done <- struct{}{} }()
			var m router.Matches[int]
			for i := range 500 {
				e := r.Add(fmt.Sprintf("a.%d.*", i%7), []string{"", "q"}[i%2], g)
				if r.Match([]byte("a.3.x"), &m); len(m.Plain) == 0 {
					t.Error("the subscription that stays was not found")
				}
				r.Remove(e)
			}
		}()
	}
	for range 4 {
		<-done
	}
	if r.Remove(stay); r.Len() != 0 {
		t.Errorf("%d left", r.Len())
	}
}

// BenchmarkMatch looks for subjects as request/reply makes them: every one new.
func BenchmarkMatch(b *testing.B) {
	for _, clients := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("inboxes of %d clients", clients), func(b *testing.B) {
			var r router.Router[int]
			for i := range clients {
				r.Add(fmt.Sprintf("_INBOX.client%d.*", i), "", i)
				r.Add(fmt.Sprintf("orders.%d", i), "", i)
			}
			r.Add("audit.>", "", -1)
			names := make([][]byte, 1<<14)
			for i := range names {
				names[i] = fmt.Appendf(nil, "_INBOX.client%d.%08d", rand.IntN(clients), i)
			}
			var m router.Matches[int]
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				r.Match(names[i&(len(names)-1)], &m)
				if i++; len(m.Plain) != 1 {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkAddRemove(b *testing.B) {
	var r router.Router[int]
	b.ReportAllocs()
	for b.Loop() {
		r.Remove(r.Add("_INBOX.abcdefghijklmnopqrstuv", "", 1))
	}
}

// TestEachIsExact: not through wildcards, and of one group alone.
func TestEachIsExact(t *testing.T) {
	var r router.Router[string]
	for _, x := range [][3]string{
		{"a.b", "", "plain"}, {"a.b", "", "plain too"}, {"a.b", "g", "grouped"}, {"a.b", "h", "elsewhere"}, {"a.*", "", "star"}, {">", "g", "rest"},
	} {
		r.Add(x[0], x[1], x[2])
	}
	of := func(pattern, queue string) (got []string) {
		r.Each([]byte(pattern), queue, func(v string) bool { got = append(got, v); return true })
		return got
	}
	for _, tt := range []struct {
		pattern, queue string
		want           []string
	}{
		{"a.b", "", []string{"plain", "plain too"}}, {"a.b", "g", []string{"grouped"}}, {"a.b", "i", nil}, {"a.c", "", nil},
	} {
		if got := of(tt.pattern, tt.queue); !slices.Equal(got, tt.want) {
			t.Errorf("%s %q: %q", tt.pattern, tt.queue, got)
		}
	}
	n := 0
	r.Each([]byte("a.b"), "", func(string) bool { n++; return false })
	if n != 1 {
		t.Errorf("it went on: %d", n)
	}
}
