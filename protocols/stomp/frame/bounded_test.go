package frame_test

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
)

// The frames that take most take twice what the limits of headers and body are together, whatever they are made of.
func TestFramesAreBounded(t *testing.T) {
	l := frame.Limits{Headers: 1000, HeaderBytes: 256 << 10, Body: 2 << 20}
	most := l.HeaderBytes*3/2 + l.Body // the room of the lines is free before the body comes
	tiny := strings.Repeat("a:\n", 999)
	var names strings.Builder
	for i := range 999 {
		names.WriteString(strings.Repeat("n", 100+i/10) + string(rune('a'+i%26)) + ":\\n\\c\\\\" + strings.Repeat("\\n", 50) + "\n")
	}
	for name, text := range map[string]string{
		"tiny headers":       "SEND\n" + tiny + "\n\x00",
		"escaped headers":    "SEND\n" + names.String() + "\n\x00",
		"one long header":    "SEND\na:" + strings.Repeat("b", 255<<10) + "\n\n\x00",
		"one escaped header": "SEND\na:" + strings.Repeat("\\n", 127<<10) + "\n\n\x00",
		"endless header":     "SEND\na:" + strings.Repeat("b", 1<<20),
		"endless headers":    "SEND\n" + strings.Repeat("a:\n", 1<<18),
		"body":               "SEND\n\n" + strings.Repeat("b", 2<<20) + "\x00",
		"body of a length":   "SEND\ncontent-length:2097152\n\n" + strings.Repeat("b", 2<<20) + "\x00",
		"headers and body":   "SEND\na:" + strings.Repeat("b", 255<<10) + "\n\n" + strings.Repeat("b", 2<<20) + "\x00",
		"endless body":       "SEND\n\n" + strings.Repeat("b", 4<<20),
		"claimed body":       "SEND\ncontent-length:2097152\n\n",
		"line ends":          strings.Repeat("\n", 4<<20),
	} {
		for v := frame.Unnegotiated; v <= frame.V12; v++ {
			alloc.Twice(t, most, name, func() {
				r := frame.NewReader(strings.NewReader(text), l)
				r.SetVersion(v)
				_, _ = r.Read()
			})
		}
	}
}
