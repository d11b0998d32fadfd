package nats

import (
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// What is added while a write is under way must not change what is being
// written, also after the writer has been idle.
func TestBuffersStayApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		o := newOutbound(here, &Limits{Pending: 1 << 20, WriteDeadline: time.Minute}, func() {})
		// The writer ends when finish is called.
		go o.write()
		for n := range 10 {
			first, second := fmt.Sprintf("first %d\r\n", n), fmt.Sprintf("SECOND %d\r\n", n)
			got := make([]byte, len(first)+len(second))
			synctest.Wait() // the writer is idle
			o.line(first)
			if _, err := io.ReadFull(there, got[:1]); err != nil { // the write is under way
				t.Fatal(err)
			}
			o.line(second)
			if _, err := io.ReadFull(there, got[1:]); err != nil {
				t.Fatal(err)
			}
			if string(got) != first+second {
				t.Fatalf("got %q", got)
			}
		}
		o.finish()
	})
}
