package mapping_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// fuzzHeaders reads header lines as NAME:VALUE.
func fuzzHeaders(text string) []mapping.Header {
	var h []mapping.Header
	for line := range strings.SplitSeq(text, "\n") {
		name, value, _ := strings.Cut(line, ":")
		h = append(h, mapping.Header{Name: name, Value: value})
	}
	return h
}

// requireSound fails unless the error is ErrInvalid or the message survives every dialect.
func requireSound(t *testing.T, m *queuecore.Message, err error) {
	t.Helper()
	if err != nil {
		if !errors.Is(err, queuecore.ErrInvalid) {
			t.Fatalf("%v is not ErrInvalid", err)
		}
		return
	}
	seen := map[string]bool{}
	for _, p := range m.Properties {
		if seen[p.Name] {
			t.Fatalf("property %q twice", p.Name)
		}
		seen[p.Name] = true
	}
	requireKept(t, m)
}

func FuzzSTOMPDecode(f *testing.F) {
	f.Add("destination:/queue/q\nqty:5\nsluice-types:qty=int\nexpires:5", "body")
	f.Add("destination:q\nsluice-packed:{\"f\":{\"group\":\"a\"},\"p\":[{\"i\":1,\"n\":\"x\",\"v\":\"y\"}]}\nreply-to:/x", "")
	f.Add("destination:/topic/a\nAMQ_SCHEDULED_DELAY:5\nJMSXGroupID:\npriority:77\n_AMQ_DUPL_ID:1\namq-msg-type:map", "\x00")
	f.Fuzz(func(t *testing.T, text, body string) {
		m, err := mapping.STOMP{}.Decode(fuzzHeaders(text), []byte(body), now)
		requireSound(t, m, err)
	})
}

// Whatever a client writes as a destination is refused, or is one that is written and read
// back in every dialect.
func FuzzSTOMPDestination(f *testing.F) {
	for _, x := range forms() {
		f.Add(x.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, dialect := range dialects() {
			d := mapping.STOMP{Dialect: dialect}.As(text)
			x, err := d.Destination(text)
			if err != nil {
				if !errors.Is(err, queuecore.ErrInvalid) {
					t.Fatalf("%s: %v is not ErrInvalid", dialect, err)
				}
				continue
			}
			for _, other := range dialects() {
				o := mapping.STOMP{Dialect: other}
				if back, err := o.Destination(o.Name(x)); err != nil || back != x {
					t.Fatalf("%s: %q is %v, which %s writes %q and reads %v, %v", dialect, text, x, other, o.Name(x), back, err)
				}
			}
		}
	})
}

func FuzzNATSDecode(f *testing.F) {
	f.Add("X:1\nX:2\nNats-TTL:5s\nSluice-Types:X=int\nContent-Type:a\nContent-Type:b", "body")
	f.Add("X[2]:1\nX:1\nX:2\nJMSReplyTo:a.b\nNats-Schedule:@at 2027-01-15T08:00:00Z\nJMSPriority:4", "")
	f.Add("Sluice-Packed:{\"p\":[{\"i\":-1,\"n\":[\"/w==\"],\"t\":\"double\",\"v\":\"NaN\"}]}\nSluice-Expires-At:2027-01-15T08:00:00Z", "\xff")
	f.Fuzz(func(t *testing.T, text, body string) {
		m, err := mapping.NATS{}.Decode(fuzzHeaders(text), []byte(body), now)
		requireSound(t, m, err)
	})
}

func FuzzSQSDecode(f *testing.F) {
	f.Add("JMS_SQSMessageType:String:byte\nqty:Number.int:5\nx:Number.double:1.0", "YQ==", "g", "d", "t")
	f.Add("JMS_SQSReplyToQueueName:String:q\nJMS_SQSReplyToQueueURL:String:q\nJMSXGroupID:String:g", "null", "", "", "")
	f.Add("Sluice.Packed:String:{\"e\":true,\"f\":{\"kind\":\"\"}}\nb:Binary.png:x\nJMSPriority:Number.int:5", "null", "", "", "")
	f.Fuzz(func(t *testing.T, text, body, group, dedup, trace string) {
		x := mapping.SQSMessage{Body: body, GroupID: group, DedupID: dedup, TraceHeader: trace, Delay: -1}
		for _, h := range fuzzHeaders(text) {
			typ, value, _ := strings.Cut(h.Value, ":")
			a := mapping.SQSAttribute{Name: h.Name, DataType: typ, Text: value}
			if strings.HasPrefix(typ, "Binary") {
				a.Text, a.Binary = "", []byte(value)
			}
			x.Attributes = append(x.Attributes, a)
		}
		m, err := mapping.SQS{}.Decode(x, now)
		requireSound(t, m, err)
	})
}

func FuzzPacked(f *testing.F) {
	f.Add(`{"f":{"kind":"text","expires":"5","reply-to":"/queue/q"},"e":true,"p":[{"i":9,"n":"a","t":"int","l":"x","v":"5"}]}`)
	f.Add(`{"p":[{"i":-9223372036854775808,"n":["/w=="],"v":["/w=="]},{"i":9223372036854775807,"n":"b","v":""}]}`)
	f.Add(`null`)
	f.Add(`{"p":[null],"f":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := mapping.NATS{}.Decode(headers("X", "1", "Sluice-Packed", text, "Y", "2"), nil, now)
		requireSound(t, m, err)
	})
}

// TestPackedIsBounded: hostile packed JSON costs memory in proportion to its length.
func TestPackedIsBounded(t *testing.T) {
	const size = 256 << 10
	for name, text := range map[string]string{
		"nesting":      strings.Repeat("[", size),
		"nested value": `{"p":` + strings.Repeat(`[{"p":`, size/6),
		"properties":   `{"p":[` + strings.Repeat(`{},`, size/3) + `{}]}`,
		"nulls":        `{"p":[` + strings.Repeat(`null,`, size/5) + `null]}`,
		"places":       `{"p":[{"i":9223372036854775807,"n":"a","v":""}]}` + strings.Repeat(" ", size),
		"fields":       `{"f":{` + strings.Repeat(`"":"",`, size/6) + `"a":""}}`,
		"escapes":      `{"p":[{"n":"` + strings.Repeat(`\u0000`, size/6) + `","v":""}]}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = mapping.NATS{}.Decode(headers("Sluice-Packed", text), nil, now)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 256*size {
			t.Errorf("%s: %d KiB of JSON cost %d KiB", name, size>>10, used>>10)
		}
	}
}
