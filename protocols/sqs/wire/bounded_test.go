package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
)

// To read a request takes twice what its body may have at most, whatever the body is made of.
func TestRequestsAreBounded(t *testing.T) {
	const size = 1 << 20
	var names, entries strings.Builder
	for i := 0; names.Len() < size; i++ {
		fmt.Fprintf(&names, `"%x":{},`, i)
		fmt.Fprintf(&entries, `{"MessageAttributes":{"%x":{}}},`, i)
	}
	for name, text := range map[string]string{
		"tiny attributes": `{"MessageAttributes":{` + names.String(),
		"tiny entries":    `{"Entries":[` + strings.Repeat("{},", size/3),
		"deep entries":    `{"Entries":[` + entries.String(),
		"tags":            `{"tags":{` + strings.ReplaceAll(names.String(), "{}", `""`),
		"empty texts":     `{"TagKeys":[` + strings.Repeat(`"",`, size/3),
		"many lists":      `{"Attributes":{},` + strings.Repeat(`"TagKeys":["",""],`, size/20),
		"same names":      `{` + strings.Repeat(`"MessageAttributes":{"a":{}},`, size/30),
		"nested":          strings.Repeat(`{"MessageBody":`, size/15),
		"ignored nesting": `{"x":` + strings.Repeat(`[`, size),
		"body":            `{"MessageBody":"` + strings.Repeat("x", size-30) + `"}`,
		"escaped body":    `{"MessageBody":"` + strings.Repeat(`\u00e9`, size/6-5) + `"}`,
		"one escape":      `{"MessageBody":"\n` + strings.Repeat("x", size-30) + `"}`,
		"blob":            `{"MessageAttributes":{"a":{"BinaryValue":"` + strings.Repeat("AAAA", size/4-20) + `"}}}`,
		"escaped blob":    `{"MessageAttributes":{"a":{"BinaryValue":"\u0041AAA` + strings.Repeat("AAAA", size/4-30) + `"}}}`,
		"long name":       `{"` + strings.Repeat("x", size-10) + `":1}`,
		"escaped name":    `{"\n` + strings.Repeat("x", size-10) + `":1}`,
		"ignored text":    `{"x":"\n` + strings.Repeat("x", size-20) + `"}`,
		"number":          `{"MessageBody":1` + strings.Repeat("0", size-30) + `}`,
		"big number":      `{"DelaySeconds":1` + strings.Repeat("0", size-30) + `e-99999999999}`,
	} {
		body := []byte(text)
		for _, r := range everyRequest() {
			alloc.Twice(t, size, fmt.Sprintf("%s, %T", name, r), func() { _ = DecodeJSON(body, r) })
		}
	}
	for name, text := range map[string]string{
		"tiny pairs":   strings.Repeat("a=&", size/3),
		"deep names":   strings.Repeat("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o=&", size/32),
		"escapes":      "MessageBody=" + strings.Repeat("%41", size/3-5),
		"blanks":       "MessageBody=" + strings.Repeat("+", size-20),
		"escaped name": strings.Repeat("+", size-20),
		"attributes":   strings.Repeat("MessageAttribute.1.Name=a&", size/26),
		"blob":         "MessageAttribute.1.Name=a&MessageAttribute.1.Value.BinaryValue=" + strings.Repeat("AAAA", size/4-20),
	} {
		for _, r := range everyRequest() {
			alloc.Twice(t, size, fmt.Sprintf("%s, %T", name, r), func() {
				if q, err := ParseQuery(text); err == nil {
					_ = q.Decode(r)
				}
			})
		}
	}
}
