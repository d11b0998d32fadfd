package machine

import (
	"fmt"
	"testing"
)

// BenchmarkTopics sends a message in a queue where a thousand wait, receives and acks one:
// of a plain queue, of one that bounds topics which are not full, and of one whose topics are full so
// that each message takes the place of another.
func BenchmarkTopics(b *testing.B) {
	for name, c := range map[string]Config{
		"plain": {}, "bounded": {MaxPerTopic: 1 << 20}, "full": {MaxPerTopic: 10, DropOldestPerTopic: true},
	} {
		b.Run(name, func(b *testing.B) {
			m, out := New(Limits{Warm: 1 << 20}), &Output{}
			m.Step(&CreateQueue{Name: "q", Config: c}, 1, out)
			m.Step(&Bind{Queue: "q", Pattern: "t.>"}, 1, out)
			topics := make([]string, 100)
			for i := range topics {
				topics[i] = fmt.Sprint("t.", i)
			}
			h := Head{Sent: 1, Priority: 4, Size: 100}
			send := func(i int) {
				m.Step(&Tx{Sends: []Send{{Name: topics[i%len(topics)], Topic: true, Head: h, Record: AppendHead(nil, &h)}}}, 1, out)
				out.Reset()
			}
			for i := range 1000 {
				send(i)
			}
			i := 1000
			for b.Loop() {
				send(i)
				if i++; c.DropOldestPerTopic {
					continue
				}
				r := &Receive{Queue: "q", Max: 1}
				m.Step(r, 1, out)
				m.Step(&Tx{Acks: []Receipt{r.Deliveries[0].Receipt}}, 1, out)
				out.Reset()
			}
		})
	}
}

// BenchmarkLearnTopics has a queue find out the topics of what is there already, without the reading.
func BenchmarkLearnTopics(b *testing.B) {
	const n = 100_000
	m, out := New(Limits{}), &Output{}
	m.Step(&CreateQueue{Name: "q"}, 1, out)
	for range n / 10_000 {
		m.Step(sends("q", 10_000), 1, out)
	}
	for b.Loop() {
		m.Step(&UpdateQueue{Name: "q", Change: func(c *Config) error { c.MaxPerTopic = n; return nil }}, 1, out)
		for !m.queues["q"].topics.isKnown() {
			out.Reset()
			m.Flush(1, out)
			for _, x := range out.Looks {
				for i := range x.Items {
					x.Items[i].Matches = true
				}
				m.Step(&Judged{Look: x}, 1, out)
			}
		}
		m.Step(&UpdateQueue{Name: "q", Change: func(c *Config) error { c.MaxPerTopic = 0; return nil }}, 1, out)
		out.Reset()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/message")
}
