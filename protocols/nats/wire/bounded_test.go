package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
)

// A reader takes twice the limits of a line and a payload at most, until and with its largest message.
func TestReaderIsBounded(t *testing.T) {
	const size = wire.DefaultPayload
	subject := strings.Repeat("s", wire.DefaultControlLine-20)
	for name, text := range map[string]string{
		"payload":      fmt.Sprintf("PUB %s %d\r\n%s\r\n", subject, size, strings.Repeat("x", size)),
		"headers":      fmt.Sprintf("HPUB a %d %d\r\nNATS/1.0\r\n%s\r\n\r\n\r\n", size, size, strings.Repeat("x", size-14)),
		"claim":        fmt.Sprintf("PUB a %d\r\n", size),
		"over":         fmt.Sprintf("PUB a %d\r\n%s", size+1, strings.Repeat("x", 2*size)),
		"endless line": strings.Repeat("x", 4*size),
		"tiny lines":   strings.Repeat("PING\r\n", 100_000),
	} {
		alloc.Twice(t, size+wire.DefaultControlLine, name, func() {
			_, _ = countFrames(wire.NewReader(strings.NewReader(text), wire.Limits{}))
		})
	}
}

func countFrames(r *wire.Reader) (n int, err error) {
	for ; err == nil; n++ {
		_, err = r.Read()
	}
	return n, err
}

// The headers of a message, and the options of a CONNECT, take twice what they may have at most.
func TestHeadersAreBounded(t *testing.T) {
	for name, block := range map[string]string{
		"tiny":     "NATS/1.0\r\n" + strings.Repeat("a:\r\n", wire.MaxHeader/4-4) + "\r\n",
		"nameless": "NATS/1.0\r\n" + strings.Repeat(":\r\n", wire.MaxHeader/3-5) + "\r\n",
		"long":     "NATS/1.0\r\na:" + strings.Repeat("x", wire.MaxHeader-18) + "\r\n\r\n",
		"over":     "NATS/1.0\r\n" + strings.Repeat("a:\r\n", wire.MaxHeader) + "\r\n",
	} {
		alloc.Twice(t, wire.MaxHeader, name, func() { _ = wire.EachHeader(block, func(string, string) bool { return true }) })
	}
	for name, text := range map[string]string{
		"nested":  strings.Repeat("[", 4000),
		"numbers": `{"protocol":1` + strings.Repeat("0", 4000) + `}`,
		"names":   `{` + strings.Repeat(`"user":"",`, 390) + `"user":""}`,
		"escapes": `{"user":"` + strings.Repeat(`\u00e9`, 600) + `"}`,
	} {
		// encoding/json takes 8 bytes for each level of nesting, and grows them.
		alloc.Twice(t, 10*wire.DefaultControlLine, name, func() { _, _ = wire.ParseOptions([]byte(text)) })
	}
}
