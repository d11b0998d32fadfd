package interop_test

import (
	"fmt"
	"testing"
)

// testNames sends over every crossing through a queue whose name neither SQS nor
// JetStream can spell as it is.
func (s *suite) testNames(t *testing.T) {
	for i, c := range crossings() {
		t.Run(c.String(), func(t *testing.T) {
			ctx, queue, l := t.Context(), fmt.Sprintf("shop.eu/orders.%s-%s", c.from, c.to), s.turn(i)
			if err := l.produce(ctx, s.addrs, c.from, queue, once(c.from)); err != nil {
				t.Fatal(err)
			}
			got, err := s.consumeOnce(ctx, l, c.to, queue, 1, "ack")
			if err != nil {
				t.Fatal(err)
			}
			if want := "from " + c.from; string(got.Body) != want {
				t.Errorf("body is %q, want %q", got.Body, want)
			}
			if err := compareDelivery(c, queue, got); err != nil {
				t.Error(err)
			}
			if err := s.checkEmpty(ctx, queue, l); err != nil {
				t.Error(err)
			}
		})
	}
}
