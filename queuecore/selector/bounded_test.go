package selector_test

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
	"github.com/sluicemq/sluice/queuecore/selector"
)

// To compile a selector takes 4 MiB at most for the longest text, of wildcards, whatever it is made of.
func TestSelectorsAreBounded(t *testing.T) {
	const size = 32 << 10
	fill := func(begin, unit, end string) string {
		return begin + strings.Repeat(unit, (size-len(begin)-len(end))/len(unit)) + end
	}
	for name, text := range map[string]string{
		"in":          fill("a IN (''", ",''", ")"),
		"in, letters": fill("a IN ('x'", ",'y'", ")"),
		"ands":        fill("a", " AND a", ""),
		"ors":         fill("a=1", "OR a=1", ""),
		"sums":        fill("a=1", "+1", ""),
		"nesting":     fill("", "(", ""),
		"nots":        fill("", "NOT ", "a"),
		"like":        fill("a LIKE '", "%_", "'"),
		"escaped":     fill("a LIKE '", "!%", "' ESCAPE '!'"),
		"quotes":      fill("a = '", "''", "'"),
		"long name":   fill("", "a", " = 1"),
		"number":      fill("a = 1", "0", ""),
		"fraction":    fill("a = 0.", "1", "e-999999999"),
		"hex":         fill("a = 0x", "F", ""),
		"too long":    strings.Repeat("(", 1<<20),
	} {
		if n := alloc.Bytes(func() { _, _ = selector.Compile(text, selector.Options{Convert: true, Hyphens: true}) }); n > 4<<20 {
			t.Errorf("%s: %d KiB", name, n>>10)
		}
	}
}
