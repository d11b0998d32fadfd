package stomp_test

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
)

// Frames follow each other as the broker's do, with a line feed behind each NUL: a client
// may take one octet there for it, unseen.
func TestLineFeedsBehindFrames(t *testing.T) {
	for _, d := range dialects() {
		end := "\x00\n"
		if d == mapping.PlainSTOMP {
			end = "\x00"
		}
		t.Run(d.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				h.connect("1.0").put("/queue/q", "body")
				nc := h.pipes.dial()
				defer nc.Close()
				r := bufio.NewReader(nc)
				ask := func(frame, want string) {
					t.Helper()
					if _, err := io.WriteString(nc, strings.ReplaceAll(frame, "^@", "\x00")); err != nil {
						t.Fatal(err)
					}
					got, err := r.ReadString(0)
					if err != nil || !strings.HasPrefix(got, want+"\n") {
						t.Fatalf("%q, not %s: %v", got, want, err)
					}
					behind, err := r.Peek(len(end) - 1)
					if err != nil || "\x00"+string(behind) != end {
						t.Errorf("%q behind %s: %v", behind, want, err)
					}
					if _, err := r.Discard(len(behind)); err != nil || r.Buffered() > 0 {
						t.Errorf("more behind %s: %v", want, err)
					}
				}
				ask("CONNECT\n\n^@", "CONNECTED")
				ask("BEGIN\ntransaction:t\nreceipt:r\n\n^@", "RECEIPT")
				ask("SUBSCRIBE\ndestination:/queue/q\n\n^@", "MESSAGE")
			}, withDialect(d))
		})
	}
}
