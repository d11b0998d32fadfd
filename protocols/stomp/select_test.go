package stomp_test

import (
	"strings"
	"testing"

	gostomp "github.com/go-stomp/stomp/v3"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// 1.0, "SUBSCRIBE": "selector ... a SQL 92 selector as specified in the JMS 1.1
// specification"; 1.1 leaves it to the server.
func TestSpec10Selector(t *testing.T) {
	tests := []struct{ selector, headers, got string }{
		{"color = 'red'", "color:red", "red"},
		{"color = 'red'", "color:blue", ""},
		{"color = 'red'", "x:y", ""},
		{"n > 5", "n:10", "a number in a string"},
		{"n > 5", "n:3", ""},
		{"n > 5", "n:many", ""},
		{"urgent", "urgent:true", "a boolean in a string"},
		{"x-region LIKE 'eu-%'", "x-region:eu-west", "a name with a hyphen"},
		{"JMSPriority >= 7 AND JMSType = 'order'", "priority:8\ntype:order", "header fields"},
		{"JMSPriority >= 7", "priority:3", ""},
		{"JMSCorrelationID = 'c1'", "correlation-id:c1", "a correlation id"},
		{"JMSXGroupID = 'g'", "JMSXGroupID:g", "a group"},
		{"JMSDeliveryMode = 'PERSISTENT'", "x:y", "all are kept"},
		{"", "x:y", "no selector"},
		{"no_convert_string_expressions:n > 5", "n:10", ""},
	}
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		for _, tt := range tests {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect(version)
				c.subscribe("0", "/queue/a", "selector:"+strings.ReplaceAll(tt.selector, ":", colon(version)))
				c.sendf("SEND\ndestination:/queue/a\n%s\n\nx^@", tt.headers)
				if tt.got != "" {
					c.expect("MESSAGE", "subscription", "0", "body", "x")
				}
				c.expectQuiet()
			})
		}
	}
}

// colon is how a colon is written in a header's value.
func colon(version string) string {
	if version == "1.0" {
		return ":"
	}
	return "\\c"
}

func TestSelectorsThatAreRefused(t *testing.T) {
	tests := []struct{ selector, why string }{
		{"color = ", "at offset 8"},
		{"color == 'red'", "expected"},
		{"JMSReplyTo = 'x'", "JMSReplyTo"},
		{"priority > 5", "JMSPriority"},
		{"type = 'x'", "JMSType"},
		{"correlation-id = 'x'", "JMSCorrelationID"},
		{"content-type = 'text/plain'", "content-type"},
		{"sluice-dead-reason = 'x'", "JMS_Sluice_DeadReason"},
		{"JMSXDeliveryCount > 1", "JMSXDeliveryCount"},
		{"c = '" + strings.Repeat("x", queuecore.MaxSelectorBytes) + "'", "at most 16384"},
		{strings.Repeat("(", 300) + "TRUE" + strings.Repeat(")", 300), "expected"},
	}
	for _, tt := range tests {
		for _, destination := range []string{"/queue/a", "/topic/a"} {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect("1.2")
				c.sendf("SUBSCRIBE\nid:0\ndestination:%s\nselector:%s\nreceipt:1\n\n^@", destination, tt.selector)
				f := c.expectError("bad selector", tt.why)
				c.expectPart(&f, "receipt-id", "1")
			})
		}
	}
}

// Two selective subscribers and one who takes what is left, on one queue: each gets what
// it asked for, whatever stands before it, and what nobody asked for stays.
func TestGoStompSelectors(t *testing.T) {
	for _, v := range goVersions {
		h := newHouse(t)
		c := dialGo(t, h.listen(), accept(v))
		colors := []string{"green", "red", "blue", "green", "blue", "red", "red", "blue"}
		for _, color := range colors {
			must(t, c.Send("/queue/a", "", []byte(color), gostomp.SendOpt.Receipt, gostomp.SendOpt.Header("color", color), gostomp.SendOpt.Header("n", "7")))
		}
		red := subscribeGo(t, c, "/queue/a", gostomp.AckClientIndividual, gostomp.SubscribeOpt.Header("selector", "color = 'red' AND n > 5"))
		blue := subscribeGo(t, c, "/queue/a", gostomp.AckClientIndividual, gostomp.SubscribeOpt.Header("selector", "color = 'blue'"))
		for range 3 {
			expectColor(t, c, red, "red")
			expectColor(t, c, blue, "blue")
		}
		rest := subscribeGo(t, c, "/queue/a", gostomp.AckClientIndividual)
		expectColor(t, c, rest, "green")
		expectColor(t, c, rest, "green")
		must(t, rest.Unsubscribe())
		for _, color := range []string{"red", "blue", "green"} { // they are sent while both wait
			must(t, c.Send("/queue/a", "", []byte(color), gostomp.SendOpt.Receipt, gostomp.SendOpt.Header("color", color), gostomp.SendOpt.Header("n", "8")))
		}
		expectColor(t, c, blue, "blue")
		expectColor(t, c, red, "red")
		must(t, c.Disconnect())
		if s := h.stats("a"); s.Ready != 1 || s.Len() != 1 {
			t.Errorf("%s: left are %+v", v, s)
		}
	}
}

func expectColor(t *testing.T, c *gostomp.Conn, s *gostomp.Subscription, color string) {
	t.Helper()
	m := receive(t, s)
	if string(m.Body) != color {
		t.Errorf("got %s, want %s", m.Body, color)
	}
	must(t, c.Ack(m))
}

func TestGoStompNackedMatches(t *testing.T) {
	h := newHouse(t, withNack(mapping.NackRequeues))
	c := dialGo(t, h.listen())
	must(t, c.Send("/queue/a", "", []byte("blue"), gostomp.SendOpt.Header("color", "blue")))
	must(t, c.Send("/queue/a", "", []byte("red"), gostomp.SendOpt.Receipt, gostomp.SendOpt.Header("color", "red")))
	s := subscribeGo(t, c, "/queue/a", gostomp.AckClientIndividual, gostomp.SubscribeOpt.Header("selector", "color = 'red'"))
	for range 3 {
		must(t, c.Nack(receive(t, s)))
	}
	expectColor(t, c, s, "red")
	must(t, c.Disconnect())
	if n := h.stats("a").Ready; n != 1 {
		t.Errorf("%d are left", n)
	}
}

func TestGoStompSelectorsOnTopics(t *testing.T) {
	for _, v := range goVersions {
		h := newHouse(t)
		c := dialGo(t, h.listen(), accept(v))
		red := subscribeGo(t, c, "/topic/t.*", gostomp.AckAuto, gostomp.SubscribeOpt.Header("selector", "color = 'red'"))
		all := subscribeGo(t, c, "/topic/t.>", gostomp.AckAuto)
		for _, color := range []string{"blue", "red", "blue", "red"} {
			must(t, c.Send("/topic/t.a", "", []byte(color), gostomp.SendOpt.Receipt, gostomp.SendOpt.Header("color", color)))
		}
		for _, color := range []string{"blue", "red", "blue", "red"} {
			if m := receive(t, all); string(m.Body) != color {
				t.Errorf("%s: got %s", v, m.Body)
			}
		}
		for range 2 {
			if m := receive(t, red); string(m.Body) != "red" {
				t.Errorf("%s: got %s", v, m.Body)
			}
		}
		must(t, c.Disconnect())
	}
}

// What is on disk alone is found as well.
func TestGoStompSelectorsAfterRestart(t *testing.T) {
	disk := memstore.New()
	{
		h := newHouse(t, withStore(disk))
		c := dialGo(t, h.listen())
		for _, color := range []string{"blue", "red", "blue", "red"} {
			must(t, c.Send("/queue/a", "", []byte(color), gostomp.SendOpt.Receipt, gostomp.SendOpt.Header("color", color)))
		}
		must(t, c.Disconnect())
		must(t, h.broker.Close())
	}
	h := newHouse(t, withStore(disk.Reopen()))
	c := dialGo(t, h.listen())
	s := subscribeGo(t, c, "/queue/a", gostomp.AckClientIndividual, gostomp.SubscribeOpt.Header("selector", "color = 'red'"))
	expectColor(t, c, s, "red")
	expectColor(t, c, s, "red")
	must(t, c.Disconnect())
	if n := h.stats("a").Ready; n != 2 {
		t.Errorf("%d are left", n)
	}
}
