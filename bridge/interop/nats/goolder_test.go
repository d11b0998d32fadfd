package nats_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// fillOlder publishes bodies, the numbers from 0, to the subject x of a stream.
func fillOlder(g *gopher, js nats.JetStreamContext, stream string, n int) {
	g.Helper()
	for i := range n {
		must(js.Publish(stream+".x", fmt.Append(nil, i)))(g)
	}
}

func olderPublish(g *gopher) {
	js := g.older("goold")
	ack := must(js.Publish("goold.x", []byte("1"), nats.MsgId("a"), nats.ExpectStream("goold")))(g)
	same(g, "ack", *ack, nats.PubAck{Stream: "goold", Sequence: 1})
	same(g, "duplicate", must(js.Publish("goold.x", nil, nats.MsgId("a")))(g).Duplicate, true)
	must(js.Publish("goold.x", nil, nats.ExpectLastSequence(1)))(g)
	_, err := js.Publish("goold.x", nil, nats.ExpectLastSequence(1))
	refused(g, err, 10071)
	_, err = js.Publish("goold.x", nil, nats.ExpectStream("other"))
	refused(g, err, 10060)
	_, err = js.Publish("gonowhere.x", nil)
	same(g, "no stream", errors.Is(err, nats.ErrNoStreamResponse), true)
	m := nats.NewMsg("goold.x")
	m.Header.Set("K", "v")
	same(g, "sequence", must(js.PublishMsg(m))(g).Sequence, 3)
	var futures []nats.PubAckFuture
	for range 100 {
		futures = append(futures, must(js.PublishAsync("goold.x", nil, nats.StallWait(turn)))(g))
	}
	next(g, js.PublishAsyncComplete())
	for i, f := range futures {
		select {
		case ack := <-f.Ok():
			same(g, "sequence", ack.Sequence, uint64(i)+4)
		case err := <-f.Err():
			g.Error(err)
		}
	}
	same(g, "header", must(js.GetMsg("goold", 3))(g).Header.Get("K"), "v")
}

func olderStreams(g *gopher) {
	js := g.older("gostreams")
	settings := olderSettings("gostreams")
	settings.MaxMsgs, settings.Description = 5, "changed"
	same(g, "max_msgs", must(js.UpdateStream(settings))(g).Config.MaxMsgs, 5)
	_, err := js.AddStream(olderSettings("gostreams"))
	same(g, "another of this name", errors.Is(err, nats.ErrStreamNameAlreadyInUse), true)
	overlaps := olderSettings("gostreams2")
	overlaps.Subjects = []string{"gostreams.a"}
	_, err = js.AddStream(overlaps)
	refused(g, err, 10065)
	fillOlder(g, js, "gostreams", 2)
	info := must(js.StreamInfo("gostreams", &nats.StreamInfoRequest{SubjectsFilter: ">"}))(g)
	same(g, "messages by subject", info.State.Subjects["gostreams.x"], 2)
	var names, infos []string
	for name := range js.StreamNames() {
		names = append(names, name)
	}
	for info := range js.Streams() {
		infos = append(infos, info.Config.Name)
	}
	same(g, "listed", slices.Contains(names, "gostreams") && slices.Equal(names, infos), true)
	same(g, "of a subject", must(js.StreamNameBySubject("gostreams.q"))(g), "gostreams")
	if account := must(js.AccountInfo())(g); account.Streams == 0 {
		g.Errorf("%+v", account)
	}
	g.done(js.DeleteStream("gostreams"))
	_, err = js.StreamInfo("gostreams")
	same(g, "gone", errors.Is(err, nats.ErrStreamNotFound), true)
}

func olderMessages(g *gopher) {
	js := g.older("gomessages")
	for i := range 10 {
		must(js.Publish(fmt.Sprintf("gomessages.%d", i%2), fmt.Append(nil, i)))(g)
	}
	same(g, "third", string(must(js.GetMsg("gomessages", 3))(g).Data), "2")
	same(g, "last", must(js.GetLastMsg("gomessages", "gomessages.0"))(g).Sequence, 9)
	g.done(js.DeleteMsg("gomessages", 1), js.SecureDeleteMsg("gomessages", 2))
	_, err := js.GetMsg("gomessages", 1)
	same(g, "gone", errors.Is(err, nats.ErrMsgNotFound), true)
	g.done(js.PurgeStream("gomessages", &nats.StreamPurgeRequest{Subject: "gomessages.1", Keep: 2}))
	g.left("gomessages", 6)
	g.done(js.PurgeStream("gomessages", &nats.StreamPurgeRequest{Sequence: 9}))
	same(g, "first", must(js.StreamInfo("gomessages"))(g).State.FirstSeq, 9)
	g.done(js.PurgeStream("gomessages"))
	g.left("gomessages", 0)
}

func olderConsumers(g *gopher) {
	js := g.older("goconsumers")
	settings := nats.ConsumerConfig{Durable: "c", AckPolicy: nats.AckExplicitPolicy, AckWait: 7 * time.Second, FilterSubject: "goconsumers.a"}
	same(g, "ack_wait", must(js.AddConsumer("goconsumers", &settings))(g).Config.AckWait, 7*time.Second)
	settings.AckWait = 9 * time.Second
	same(g, "ack_wait", must(js.UpdateConsumer("goconsumers", &settings))(g).Config.AckWait, 9*time.Second)
	second := nats.ConsumerConfig{Durable: "d", AckPolicy: nats.AckExplicitPolicy, FilterSubject: "goconsumers.b"}
	must(js.AddConsumer("goconsumers", &second))(g)
	var names, infos []string
	for name := range js.ConsumerNames("goconsumers") {
		names = append(names, name)
	}
	for info := range js.Consumers("goconsumers") {
		infos = append(infos, info.Name)
	}
	slices.Sort(names)
	slices.Sort(infos)
	same(g, "names", fmt.Sprint(names, infos), "[c d] [c d]")
	g.done(js.DeleteConsumer("goconsumers", "d"))
	_, err := js.ConsumerInfo("goconsumers", "d")
	same(g, "gone", errors.Is(err, nats.ErrConsumerNotFound), true)
}

// olderPush makes a consumer by each call that pushes, and lets it empty the stream.
func olderPush(g *gopher) {
	got := make(chan *nats.Msg, 10)
	handler := func(m *nats.Msg) { got <- m }
	for name, subscribe := range map[string]func(js nats.JetStreamContext, stream string) (*nats.Subscription, error){
		"Subscribe": func(js nats.JetStreamContext, stream string) (*nats.Subscription, error) {
			return js.Subscribe(stream+".>", handler, nats.ManualAck())
		},
		"QueueSubscribe": func(js nats.JetStreamContext, stream string) (*nats.Subscription, error) {
			return js.QueueSubscribe(stream+".>", "group", handler, nats.ManualAck())
		},
		"ChanSubscribe": func(js nats.JetStreamContext, stream string) (*nats.Subscription, error) {
			return js.ChanSubscribe(stream+".>", got, nats.ManualAck())
		},
		"ChanQueueSubscribe": func(js nats.JetStreamContext, stream string) (*nats.Subscription, error) {
			return js.ChanQueueSubscribe(stream+".>", "group", got, nats.ManualAck())
		},
		"Bind": func(js nats.JetStreamContext, stream string) (*nats.Subscription, error) {
			must(js.AddConsumer(stream, &nats.ConsumerConfig{Durable: "c", AckPolicy: nats.AckExplicitPolicy, DeliverSubject: "to." + stream}))(g)
			return js.Subscribe("", handler, nats.Bind(stream, "c"), nats.ManualAck())
		},
	} {
		stream := "gopush" + name
		js := g.older(stream)
		sub := must(subscribe(js, stream))(g)
		fillOlder(g, js, stream, 3)
		for i := range 3 {
			m := next(g, got)
			same(g, name, string(m.Data), fmt.Sprint(i))
			g.done(m.AckSync())
		}
		g.left(stream, 0)
		g.done(sub.Unsubscribe())
	}
	js := g.older("gosync")
	sub := must(js.SubscribeSync("gosync.>"))(g)
	fillOlder(g, js, "gosync", 1)
	g.done(must(sub.NextMsg(turn))(g).AckSync())
	g.left("gosync", 0)
}

// next is the next thing that comes.
func next[V any](g *gopher, from <-chan V) (v V) {
	g.Helper()
	select {
	case v = <-from:
	case <-g.ctx.Done():
		g.Fatal("nothing came")
	}
	return v
}

func olderPull(g *gopher) {
	js := g.older("gopull")
	fillOlder(g, js, "gopull", 25)
	sub := must(js.PullSubscribe("gopull.>", "c"))(g)
	n := 0
	settle := func(m *nats.Msg) {
		same(g, "body", string(m.Data), fmt.Sprint(n))
		g.done(m.AckSync())
		n++
	}
	for n < 10 {
		for _, m := range must(sub.Fetch(10-n, nats.MaxWait(turn)))(g) {
			settle(m)
		}
	}
	for n < 20 {
		batch := must(sub.FetchBatch(20-n, nats.MaxWait(turn)))(g)
		for m := range batch.Messages() {
			settle(m)
		}
		g.done(batch.Error())
	}
	bound := must(js.PullSubscribe("gopull.>", "c", nats.Bind("gopull", "c")))(g)
	for n < 25 {
		for _, m := range must(bound.Fetch(25-n, nats.PullHeartbeat(turn/4), nats.MaxWait(turn)))(g) {
			settle(m)
		}
	}
	counts(g, "consumer", func() uint64 { return must(bound.ConsumerInfo())(g).NumPending }, 0)
	g.left("gopull", 0)
	g.done(js.DeleteConsumer("gopull", "c"))
	_, err := bound.Fetch(1, nats.MaxWait(turn))
	same(g, "without its consumer", errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrConsumerDeleted), true)
}

func olderSettle(g *gopher) {
	js := g.older("gosettle")
	fillOlder(g, js, "gosettle", 1)
	sub := must(js.PullSubscribe("gosettle.>", "c"))(g)
	take := func(deliveries uint64) *nats.Msg {
		g.Helper()
		m := must(sub.Fetch(1, nats.MaxWait(turn)))(g)[0]
		same(g, "deliveries", must(m.Metadata())(g).NumDelivered, deliveries)
		return m
	}
	g.done(take(1).Nak())
	g.done(take(2).NakWithDelay(100 * time.Millisecond))
	m := take(3)
	g.done(m.InProgress(), m.Term(), g.nc.Flush())
	same(g, "settled twice", errors.Is(m.Ack(), nats.ErrMsgAlreadyAckd), true)
	g.left("gosettle", 0)
	fillOlder(g, js, "gosettle", 1)
	g.done(take(1).AckSync())
	g.left("gosettle", 0)
}

func olderRefused(g *gopher) {
	js := g.older("gorefused")
	_, err := js.CreateKeyValue(&nats.KeyValueConfig{Bucket: "goold"})
	g.answered("keyValue", err)
	_, err = js.CreateObjectStore(&nats.ObjectStoreConfig{Bucket: "goold"})
	g.answered("objectStore", err)
	_, err = js.SubscribeSync("gorefused.>", nats.OrderedConsumer())
	refused(g, err, 10098)
	_, err = js.AddConsumer("gorefused", &nats.ConsumerConfig{Durable: "c", AckPolicy: nats.AckExplicitPolicy, DeliverPolicy: nats.DeliverNewPolicy})
	refused(g, err, 10101)
	must(js.AddConsumer("gorefused", &nats.ConsumerConfig{Durable: "c", AckPolicy: nats.AckExplicitPolicy}))(g)
	_, err = js.AddConsumer("gorefused", &nats.ConsumerConfig{Durable: "d", AckPolicy: nats.AckExplicitPolicy})
	refused(g, err, 10099)
}
