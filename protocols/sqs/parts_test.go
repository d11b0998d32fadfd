package sqs

import (
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// SQS developer guide, "Message attribute data types": up to 38 digits, between
// 10^-128 and 10^126.
func TestIsNumber(t *testing.T) {
	nines := strings.Repeat("9", 38)
	for s, want := range map[string]bool{
		"0": true, "-0": true, "+7": true, "007": true, "1.50": true, ".5": true, "5.": true, "1e5": true, "1E-5": true,
		nines: true, "0." + nines: true, nines + "000": true, "1" + nines: false, "1e126": true, "1e127": false, "1e-128": true, "1e-129": false,
		"0.0001e-124": true, "0.0001e-125": false, "0e999": true, "1e99999": false,
		"": false, "-": false, ".": false, "x": false, "1x": false, "1.2.3": false, "1e": false, "e5": false, "NaN": false, "Infinity": false, " 1": false, "0x1": false, "1_000": false,
	} {
		if got := isNumber(s); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}

func TestHandles(t *testing.T) {
	h := handle{receipt: queuecore.Receipt{Queue: 7, Seq: 1 << 60, Attempt: 3}, received: time.UnixMilli(1795446440843)}
	checkHandle(t, h)
	h.offloaded = queuecore.MessageID{1, 2, 3}
	checkHandle(t, h)
}

func checkHandle(t *testing.T, h handle) {
	t.Helper()
	s := h.String()
	if strings.Contains(s, "-") {
		t.Errorf("%s holds a hyphen", s)
	}
	if got, ok := parseHandle(s); !ok || got.receipt != h.receipt || got.offloaded != h.offloaded || !got.received.Equal(h.received) {
		t.Errorf("got %v, %v", got, ok)
	}
	for i := range s {
		c := byte('0')
		if s[i] == '0' {
			c = '1'
		}
		if bad := s[:i] + string(c) + s[i+1:]; isHandle(bad) {
			t.Errorf("took %s", bad)
		}
	}
	for _, bad := range []string{"", s[1:], s + "0", strings.Repeat("z", len(s)), strings.Repeat("0", len(s))} {
		if isHandle(bad) {
			t.Errorf("took %q", bad)
		}
	}
}

func isHandle(s string) bool {
	_, ok := parseHandle(s)
	return ok
}

func FuzzHandle(f *testing.F) {
	h := handle{receipt: queuecore.Receipt{Queue: 1, Seq: 2, Attempt: 3}, received: time.UnixMilli(4)}
	f.Add(h.String())
	h.offloaded[3] = 5
	f.Add(h.String())
	f.Fuzz(func(t *testing.T, s string) {
		if h, ok := parseHandle(s); ok && h.String() != strings.ToLower(s) {
			t.Errorf("%s became %s", s, h)
		}
	})
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"q": "q", "http://h:1/0/q": "q", "http://h/0/q/": "q", "/0/q.fifo": "q.fifo", "http://h/queue/r/0/q": "q",
	} {
		if got := nameOfURL(in); got != want {
			t.Errorf("%s: got %s", in, got)
		}
	}
	for in, want := range map[string]string{"/": "", "": "", "/q": "", "/0/q": "q", "/0/q/": "q", "/queue/r/0/q": "q"} {
		if got := queueOfPath(in); got != want {
			t.Errorf("path %s: got %s", in, got)
		}
	}
	for in, want := range map[string]bool{
		"arn:aws:sqs:us-east-1:0:q": true, "arn:aws-cn:sqs:::q": true, "arn:aws:sqs:us-east-1:0:": false, "q": false, "arn:aws:sqs:us-east-1:0:q:x": false,
	} {
		if _, _, ok := splitARN(in); ok != want {
			t.Errorf("%s: %v", in, ok)
		}
	}
}
