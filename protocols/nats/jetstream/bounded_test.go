package jetstream_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
)

// To answer a request takes twice what a message may have at most, whatever its JSON is made of.
func TestRequestsAreBounded(t *testing.T) {
	const size = wire.DefaultPayload - 100
	d := newDesk("in")
	_, _, c := open(t, d)
	call(c, "$JS.API.STREAM.CREATE.S", makeStream)
	call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.c", makeConsumer)
	settle(t, c)
	stream := `{"name":"S","subjects":["s.*"],"retention":"workqueue"`
	consumer := `{"stream_name":"S","config":{"durable_name":"c","ack_policy":"explicit"`
	var names strings.Builder
	for i := 0; names.Len() < size; i++ {
		fmt.Fprintf(&names, `"%x":"",`, i)
	}
	for _, n := range []int{size, 159 << 10, 29_000} { // what is refused by its size, by its values, and by neither
		for name, x := range map[string]struct{ subject, begin, unit, end string }{
			"subjects":     {"STREAM.CREATE.S", `{"name":"S","subjects":[`, `"",`, `""]}`},
			"metadata":     {"STREAM.CREATE.S", stream + `,"metadata":{`, names.String()[:n-9], `"":""}}`},
			"same names":   {"STREAM.CREATE.S", stream, `,"metadata":{}`, `}`},
			"nesting":      {"STREAM.CREATE.S", stream + `,"mirror":`, `[`, ``},
			"description":  {"STREAM.CREATE.S", stream + `,"description":"`, `\u00e9`, `"}`},
			"unknown":      {"STREAM.CREATE.S", stream + `,"`, `x`, `":1}`},
			"filters":      {"CONSUMER.DURABLE.CREATE.S.c", consumer + `,"filter_subjects":[`, `"",`, `""]}}`},
			"backoff":      {"CONSUMER.DURABLE.CREATE.S.c", consumer + `,"backoff":[`, `1,`, `1]}}`},
			"number":       {"STREAM.MSG.GET.S", `{"seq":1`, `0`, `}`},
			"pull":         {"CONSUMER.MSG.NEXT.S.c", `{"batch":1`, `,"x":[]`, `}`},
			"pull's word":  {"CONSUMER.MSG.NEXT.S.c", ``, `9`, ``},
			"pull nesting": {"CONSUMER.MSG.NEXT.S.c", `{"x":`, `[`, ``},
		} {
			body := x.begin + strings.Repeat(x.unit, (n-len(x.begin)-len(x.end))/len(x.unit)) + x.end
			alloc.Twice(t, size, fmt.Sprintf("%s in %d KiB", name, n>>10), func() {
				call(c, "$JS.API."+x.subject, body)
				settle(t, c)
				d.take()
			})
		}
	}
}
