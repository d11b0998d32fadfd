package coretest

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/selector"
)

// colored returns the properties of a message of the color.
func colored(color string) queuecore.Properties {
	if color == "" {
		return nil
	}
	return queuecore.Properties{{Name: "c", Value: color}}
}

func (w *walk) selector(color string) *selector.Selector {
	s, err := queuecore.CompileSelector(selectorOf(color), selector.Options{})
	w.must(err)
	return s
}

// choice is what twin's wants reads, as a receive has it.
func (w *walk) choice(choice string) (x *selector.Selector, s queuecore.Subjects) {
	color, from, chosen := strings.Cut(choice, "from ")
	if color = strings.TrimSpace(color); color != "" {
		x = w.selector(color)
	}
	if !chosen {
		return x, s
	}
	w.saw("receive", "by subject")
	for from := range strings.SplitSeq(from, ",") {
		if from == "own" {
			s.Own = true
			continue
		}
		p, err := selector.Parse(from)
		w.must(err)
		s.Topics = append(s.Topics, p)
	}
	return x, s
}

// browseSelected looks at what is of a color.
func (w *walk) browseSelected(q *twinQueue) {
	color := w.one("color", "r", "b")
	from := uint64(rapid.IntRange(0, int(q.last)+1).Draw(w.t, "from"))
	all := slices.DeleteFunc(slices.Clone(q.all), func(m *twinMessage) bool { return m.seq < from || !wants(color, m) })
	for {
		page, next, err := w.b.BrowseSelected(w.ctx, q.name, w.selector(color), from, 3)
		w.must(err)
		n := min(3, len(all))
		w.sameEntries(q, page, all[:n])
		if all, from = all[n:], next; next == 0 {
			break
		}
	}
	if len(all) > 0 {
		w.t.Fatalf("%s does not show %d messages of color %s", q.name, len(all), color)
	}
	w.saw("browse", "what matches")
}

// rest waits until no queue is being looked through for anybody.
func (w *walk) rest() {
	for looking := true; looking; {
		looking = false
		for _, q := range w.twin.queues {
			s, err := w.b.Stats(w.ctx, q.name)
			w.must(err)
			looking = looking || s.Looking > 0
		}
	}
}
