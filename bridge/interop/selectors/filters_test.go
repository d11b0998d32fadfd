package selectors_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// filtered makes a durable consumer with a filter.
func (x *site) filtered(name, filter string) jetstream.Consumer {
	x.t.Helper()
	o, err := x.js.CreateOrUpdateConsumer(x.within(), queue, jetstream.ConsumerConfig{
		Durable: name, AckPolicy: jetstream.AckExplicitPolicy, FilterSubject: filter,
	})
	x.must(err)
	return o
}

// subjects gives the stream of the queue subjects of its own.
func (x *site) subjects(all ...string) {
	x.t.Helper()
	s, err := x.js.Stream(x.within(), queue)
	x.must(err)
	c := s.CachedInfo().Config
	c.Subjects = all
	_, err = x.js.UpdateStream(x.within(), c)
	x.must(err)
}

// Filtered consumers get their subjects out of one queue that STOMP sends to and SQS receives
// from as well: what STOMP sent has the stream's name as its subject, and SQS gets what is
// left. All of it outlives the house.
func TestFiltersAmongDialects(t *testing.T) {
	x := open(t)
	x.subjects("o.>")
	for _, name := range []string{"eu", "us"} {
		x.filtered(name, "o."+name+".*")
	}
	for _, subject := range []string{"o.us.1", "o.asia.1", "o.eu.1", "o.eu.2"} {
		_, err := x.js.Publish(x.within(), subject, []byte(subject))
		x.must(err)
	}
	x.send("from STOMP")
	eu, err := x.js.Consumer(x.within(), queue, "eu")
	x.must(err)
	x.same("eu", x.takeNATS(eu), []string{"o.eu.1", "o.eu.2"})
	x.stop()
	x.start()
	us, err := x.js.Consumer(x.within(), queue, "us")
	x.must(err)
	x.same("us", x.takeNATS(us), []string{"o.us.1"})
	x.same("the stream's name", x.takeNATS(x.filtered("own", queue)), []string{"from STOMP"})
	x.same("left for SQS", x.takeSQS(""), []string{"o.asia.1"})
}
