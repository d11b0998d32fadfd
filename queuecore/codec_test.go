package queuecore

import (
	"bytes"
	"testing"
	"time"
)

// FuzzMessageRecord: whatever the bytes, reading them ends in an error or in a
// message whose record reads the same again.
func FuzzMessageRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendMessage(nil, &Message{Destination: QueueNamed("q"), Body: []byte("hello")}))
	f.Add(appendMessage(nil, &Message{
		Destination: TopicNamed("t"), ReplyTo: QueueNamed("r"), SentAt: time.Unix(1, 2), Priority: PriorityOf(9), Group: "g",
		Properties: Properties{{Name: "a", Value: int32(7)}, {Name: "b", Value: []byte{1}}, {Name: "c", Value: 1.5, Label: "l"}},
	}))
	f.Add(appendMessage(nil, &Message{Destination: QueueNamed("q"), Plan: &Plan{Period: time.Second, Repeat: Forever, Cron: "* * * * *"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMessage(b)
		if err != nil {
			return
		}
		again := appendMessage(nil, m)
		n, err := parseMessage(again)
		if err != nil {
			t.Fatalf("%x reads as %+v, whose record does not read: %v", b, m, err)
		}
		if !bytes.Equal(again, appendMessage(nil, n)) {
			t.Fatalf("%+v became %+v", m, n)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	m := &Message{Destination: QueueNamed("q"), Body: make([]byte, 128), SentAt: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		appendMessage(make([]byte, 0, recordSize(m)), m)
	}
}
