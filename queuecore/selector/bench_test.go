package selector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// listMessage finds its fields as the properties of a message are found: one by one.
type listMessage []struct {
	name  string
	value selector.Value
}

func (m listMessage) Field(name string) selector.Value {
	for i := range m {
		if m[i].name == name {
			return m[i].value
		}
	}
	return selector.Value{}
}

func benchMessage() listMessage {
	return listMessage{
		{"JMSType", selector.String("order")}, {"JMSPriority", selector.Int(4)},
		{"region", selector.String("eu-west")}, {"weight", selector.Int(2600)}, {"price", selector.Float(9.5)}, {"urgent", selector.Bool(true)},
		{"count", selector.String("12")}, {"path", selector.String("/shop/orders/2026/11/27/placed.json")},
	}
}

func benchSelectors() []struct{ name, text string } {
	var ids []string
	for i := range 100 {
		ids = append(ids, fmt.Sprintf("'id-%d'", i))
	}
	return []struct{ name, text string }{
		{"equal", "region = 'eu-west'"},
		{"three", "JMSType = 'order' AND region = 'eu-west' AND weight > 2500"},
		{"arithmetic", "(weight + 10) * 2 BETWEEN 100 AND 6000 AND price / 2 < 5"},
		{"convert", "convert_string_expressions:count > 9 AND count < 20"},
		{"like", "path LIKE '/shop/%/27/pl_ced.%'"},
		{"in100", "region IN (" + strings.Join(ids, ",") + ")"},
		{"or100", strings.Repeat("weight = 1 OR ", 99) + "urgent"},
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, x := range benchSelectors() {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustCompile(b, x.text, selector.Options{})
			}
		})
	}
}

func BenchmarkSelector(b *testing.B) {
	var m selector.Fields = benchMessage()
	for _, x := range benchSelectors() {
		s := mustCompile(b, x.text, selector.Options{})
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Match(m)
			}
		})
	}
}

// What a selector and a message that mean harm can cost: all of the steps, or all
// of the nodes.
func BenchmarkSelectorWorst(b *testing.B) {
	for _, x := range []struct{ name, text, value string }{
		{"like", "v LIKE '%a_b%'", strings.Repeat("a", 1<<21)},
		{"search", strings.Repeat("v LIKE '%"+strings.Repeat("ab", 20)+"c%' OR ", 500) + "FALSE", strings.Repeat("ab", 1<<20)},
		{"nodes", strings.Repeat("v = w OR ", 1000) + "FALSE", "x"},
	} {
		s := mustCompile(b, x.text, selector.Options{})
		var m selector.Fields = message{"v": selector.String(x.value), "w": selector.String("y")}
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Match(m)
			}
		})
	}
}
