package selector_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore/selector"
)

func matches(table *selector.Table[string], subject string) string {
	var found []string
	table.Match(subject, func(v string) { found = append(found, v) })
	slices.Sort(found)
	return strings.Join(found, " ")
}

func TestTable(t *testing.T) {
	var table selector.Table[string]
	add := func(pattern, value string, want bool) {
		t.Helper()
		if got := table.Add(mustParse(t, pattern), value); got != want {
			t.Errorf("Add(%q, %q) = %v", pattern, value, got)
		}
	}
	remove := func(pattern, value string, want bool) {
		t.Helper()
		if got := table.Remove(mustParse(t, pattern), value); got != want {
			t.Errorf("Remove(%q, %q) = %v", pattern, value, got)
		}
	}
	want := func(subject, values string) {
		t.Helper()
		if got := matches(&table, subject); got != values {
			t.Errorf("%q finds %q, want %q", subject, got, values)
		}
	}
	want("a", "")
	add("a.b", "q1", true)
	add("a.b", "q1", false)
	add("a.*", "q1", true)
	add("a.>", "q2", true)
	add(">", "q3", true)
	add("a", "q4", true)
	want("a.b", "q1 q2 q3")
	want("a.c", "q1 q2 q3")
	want("a.b.c", "q2 q3")
	want("a", "q3 q4")
	want("a.", "")
	want("", "")
	remove("a.b", "q2", false)
	remove("a.b.c", "q1", false)
	remove("a.b", "q1", true)
	remove("a.b", "q1", false)
	want("a.b", "q1 q2 q3")
	remove("a.*", "q1", true)
	want("a.b", "q2 q3")
	remove("a.>", "q2", true)
	remove(">", "q3", true)
	want("a", "q4")
	remove("a", "q4", true)
	if table.Len() != 0 {
		t.Errorf("Len of an empty table: %d", table.Len())
	}
	if table.Add(selector.Pattern{}, "q") || table.Remove(selector.Pattern{}, "q") {
		t.Error("the zero Pattern took a value")
	}
}

// TestTableTwin holds a table against a list of pairs, each tried in turn.
func TestTableTwin(t *testing.T) {
	type pair struct {
		pattern selector.Pattern
		value   int
	}
	tokens := rapid.SampledFrom([]string{"a", "b", "c"})
	wild := rapid.SampledFrom([]string{"a", "b", "*", "*", ">"})
	rapid.Check(t, func(t *rapid.T) {
		var table selector.Table[int]
		twin := make(map[pair]bool)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			text := rapid.SliceOfN(wild, 1, 4).Draw(t, "pattern")
			if i := slices.Index(text, ">"); i >= 0 {
				text = text[:i+1]
			}
			p, err := selector.Parse(strings.Join(text, "."))
			if err != nil {
				t.Fatal(err)
			}
			x := pair{p, rapid.IntRange(0, 15).Draw(t, "value")}
			if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				if got := table.Remove(p, x.value); got != twin[x] {
					t.Fatalf("Remove(%q, %d) = %v", p, x.value, got)
				}
				delete(twin, x)
			} else {
				if got := table.Add(p, x.value); got == twin[x] {
					t.Fatalf("Add(%q, %d) = %v", p, x.value, got)
				}
				twin[x] = true
			}
			if table.Len() != len(twin) {
				t.Fatalf("Len() = %d, want %d", table.Len(), len(twin))
			}
			subject := strings.Join(rapid.SliceOfN(tokens, 1, 5).Draw(t, "subject"), ".")
			want := make(map[int]bool)
			for x := range twin {
				if dumbMatch(x.pattern.String(), subject) {
					want[x.value] = true
				}
			}
			var got []int
			table.Match(subject, func(v int) { got = append(got, v) })
			slices.Sort(got)
			if !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
				t.Fatalf("%q finds %v, want %v", subject, got, want)
			}
		}
		for x := range twin {
			table.Remove(x.pattern, x.value)
		}
		table.Match("a.b", func(v int) { t.Fatalf("an emptied table finds %d", v) })
	})
}

func TestTableMatchDoesNotAllocate(t *testing.T) {
	var table selector.Table[string]
	for _, p := range []string{"a.b.c", "a.*.c", "*.b.*", "a.>", ">"} {
		table.Add(mustParse(t, p), p)
	}
	count := 0
	fn := func(string) { count++ }
	n := testing.AllocsPerRun(100, func() {
		count = 0
		table.Match("a.b.c", fn)
	})
	if n != 0 || count != 5 {
		t.Errorf("%v allocations, %d values", n, count)
	}
}

// BenchmarkTable looks a subject up among patterns of which three match.
func BenchmarkTable(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprintf("patterns=%d", n), func(b *testing.B) {
			var table selector.Table[int]
			for i := range n {
				table.Add(mustParse(b, fmt.Sprintf("orders.r%d.placed", i)), i)
				table.Add(mustParse(b, fmt.Sprintf("stock.r%d.>", i)), i)
			}
			table.Add(mustParse(b, "orders.*.placed"), -1)
			table.Add(mustParse(b, ">"), -2)
			count := 0
			fn := func(int) { count++ }
			b.ReportAllocs()
			for b.Loop() {
				table.Match("orders.r7.placed", fn)
			}
			if count != 3*b.N {
				b.Fatalf("%d values", count)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	p := mustParse(b, "orders.*.*.placed.>")
	b.ReportAllocs()
	for b.Loop() {
		if !p.Match("orders.eu.north.placed.by.phone") {
			b.Fatal("no match")
		}
	}
}
