package websocket_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/websocket"
	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
)

// A request takes twice what its header may have at most, however many headers that are, and what follows takes
// nothing: it is the reader's who asks for it.
func TestRequestsAreBounded(t *testing.T) {
	const size = 16 << 10 // net/http takes a few times a line while it reads it
	o := options()
	o.HeaderBytes, o.Message = size, 1<<30
	var names strings.Builder
	for i := 0; names.Len() < size; i++ {
		names.WriteString(strings.Repeat(string(rune('a'+i%26)), 1+i/26) + ":\r\n")
	}
	for name, text := range map[string]string{
		"tiny headers":   request + strings.Repeat("a:\r\n", size/4),
		"other names":    request + names.String(),
		"long header":    request + "A: " + strings.Repeat("x", size-len(request)-10) + "\r\n\r\n",
		"long path":      "GET /" + strings.Repeat("%41", size/3) + " HTTP/1.1\r\n\r\n",
		"endless header": "GET / HTTP/1.1\r\nA: " + strings.Repeat("x", 4*size),
		"protocols":      request + "Sec-WebSocket-Protocol: " + strings.Repeat("v,", 1000) + "\r\n\r\n",
		"pings":          request + "\r\n" + string(bytes.Repeat(frame(final|ping, strings.Repeat("x", 125)), 50)),
		"tiny frames":    request + "\r\n" + string(bytes.Repeat(frame(continuation, ""), size)),
		"claim":          request + "\r\n" + string([]byte{final | binaries, 0x80 | 127, 0, 0, 0, 0, 0x3f, 0, 0, 0, 1, 2, 3, 4}),
	} {
		alloc.Twice(t, size, name, func() {
			s := &script{in: strings.NewReader(text)}
			if ws, err := websocket.Accept(s, o); err == nil {
				_, _ = io.Copy(io.Discard, struct{ io.Reader }{ws})
			}
		})
	}
}
