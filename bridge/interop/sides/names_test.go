package sides_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
)

// The awkward names are one queue on every side, and the URL is what SQS calls it.
func TestAwkwardNames(t *testing.T) {
	x := open(t)
	long := strings.Repeat("long.", 20)
	for name, want := range map[string][2]string{ // stream, SQS
		"plain-name_1":  {"plain-name_1", "plain-name_1"},
		"shop.eu":       {"shop_x2Eeu", "shop_x2Eeu"},
		"orders.fifo":   {"orders_x2Efifo", "orders.fifo"},
		"a.b.fifo":      {"a_x2Eb_x2Efifo", "a_x2Eb.fifo"},
		"shop/eu":       {"shop_x2Feu", "shop_x2Feu"},
		"größe":         {"größe", "gr_xC3_xB6_xC3_x9Fe"},
		"two words":     {"two_x20words", "two_x20words"},
		"a_x2Eb":        {"a_x5Fx2Eb", "a_x5Fx2Eb"},
		"star*and>more": {"star_x2Aand_x3Emore", "star_x2Aand_x3Emore"},
		long:            {strings.ReplaceAll(long, ".", "_x2E"), strings.ReplaceAll(long, ".", "_x2E")},
	} {
		same(t, "stream of "+name, mapping.NATS{}.Stream(name), want[0])
		same(t, "SQS name of "+name, mapping.SQS{}.QueueName(name), want[1])
		x.send(name, "a")
		u := *x.url(want[1])
		if p, err := url.Parse(u); err != nil || !strings.HasSuffix(p.Path, "/"+want[1]) {
			t.Errorf("URL of %s is %s, %v", name, u, err)
		}
		same(t, "ready in "+name, x.attribute(want[1], "ApproximateNumberOfMessages"), "1")
		m := x.fetch(x.consumer(want[0], nil))
		same(t, "subject in "+name, m.Subject(), want[0])
		x.must(m.DoubleAck(x.within()))
	}
}
