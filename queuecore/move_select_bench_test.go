package queuecore_test

import (
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

// BenchmarkMoveOf moves a fifth of a packed queue by a selector, a message of the queue for
// each round; the store is in memory.
func BenchmarkMoveOf(b *testing.B) {
	o := allPacked()
	r := newRig(b, &o)
	r.create("from", queuecore.QueueConfig{})
	r.create("to", queuecore.QueueConfig{})
	r.mixed("from", b.N)
	b.ResetTimer()
	x := compile(b, "color = 'red'")
	_, err := r.StartMoveOf(r.ctx, "from", "to", x, 0)
	r.must(err)
	if v := r.moved("from"); v.Moved != (b.N+1)/5 {
		b.Fatalf("%+v of %d", v, b.N)
	}
}
