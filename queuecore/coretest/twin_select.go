package coretest

import (
	"slices"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// The twin knows messages with a property c, which is a color, and two selectors: one
// for each of the colors r and b. A receiver or a binding without a color takes any. A
// receiver may choose by where a message was sent instead, or besides: "from own" is to a
// queue, "from t.*" to such a topic, and "r from t.*,own" is what is red of both.

// wants reports whether a receiver with the color may get m.
func wants(choice string, m *twinMessage) bool {
	color, from, chosen := strings.Cut(choice, "from ")
	if color = strings.TrimSpace(color); color != "" && color != m.color {
		return false
	}
	return !chosen || slices.ContainsFunc(strings.Split(from, ","), func(x string) bool {
		return x == "own" && m.topic == "" || m.topic != "" && matches(x, m.topic)
	})
}

// selectorOf returns the text of the selector for a color.
func selectorOf(color string) string {
	if color == "" {
		return ""
	}
	return "c = '" + color + "'"
}

// chooses reports whether a binding wants messages of the color.
func chooses(x queuecore.Binding, color string) bool {
	return x.Selector == "" || color != "" && strings.Contains(x.Selector, "'"+color+"'")
}

// targets returns the queues that a message of the color to the topic reaches, which
// comes from the origin.
func (w *twin) targets(topic, color, origin string) (qs []*twinQueue) {
	for _, q := range w.queues {
		if q.keepsOut(origin) {
			continue
		}
		if slices.ContainsFunc(w.bound, func(x queuecore.Binding) bool {
			return x.Queue == q.name && matches(x.Pattern, topic) && chooses(x, color)
		}) {
			qs = append(qs, q)
		}
	}
	return qs
}

// bind adds a binding, or gives the one of its queue and pattern another selector.
func (w *twin) bind(x queuecore.Binding) {
	w.unbind(x)
	w.bound = append(w.bound, x)
}

func (w *twin) unbind(x queuecore.Binding) {
	w.bound = slices.DeleteFunc(w.bound, func(y queuecore.Binding) bool { return x.Queue == y.Queue && x.Pattern == y.Pattern })
}

// binding returns the binding of a queue and pattern.
func (w *twin) binding(queue, pattern string) (queuecore.Binding, bool) {
	i := slices.IndexFunc(w.bound, func(y queuecore.Binding) bool { return queue == y.Queue && pattern == y.Pattern })
	if i < 0 {
		return queuecore.Binding{}, false
	}
	return w.bound[i], true
}

// first reports whether somebody waits at q who comes before a receiver with the color.
func (w *twin) first(q *twinQueue, color string) bool {
	return slices.ContainsFunc(w.waits, func(x *twinWaiter) bool { return x.queue == q && (x.color == color || x.color == "") })
}

// chosenAt reports whether somebody who chooses waits at q.
func (w *twin) chosenAt(q *twinQueue) bool {
	return slices.ContainsFunc(w.waits, func(x *twinWaiter) bool { return x.queue == q && x.color != "" })
}

// mixes reports whether somebody with another color waits at q. Which of two is served
// first of what came back is open when one of them has to have it read.
func (w *twin) mixes(q *twinQueue, color string) bool {
	return slices.ContainsFunc(w.waits, func(x *twinWaiter) bool { return x.queue == q && x.color != color })
}
