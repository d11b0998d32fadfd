package nats_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// fill publishes bodies, the numbers from 0, to the subject x of a stream.
func fill(g *gopher, js jetstream.JetStream, stream string, n int) {
	g.Helper()
	for i := range n {
		must(js.Publish(g.ctx, stream+".x", fmt.Append(nil, i)))(g)
	}
}

// pullConsumer makes the consumer c of a stream.
func pullConsumer(g *gopher, s jetstream.Stream, settings jetstream.ConsumerConfig) jetstream.Consumer {
	g.Helper()
	settings.Durable = "c"
	return must(s.CreateOrUpdateConsumer(g.ctx, settings))(g)
}

func newerPublish(g *gopher) {
	js, s := g.newer("gonew")
	ack := must(js.Publish(g.ctx, "gonew.x", []byte("1"), jetstream.WithMsgID("a"), jetstream.WithExpectStream("gonew"), jetstream.WithExpectLastSequence(0)))(g)
	same(g, "ack", *ack, jetstream.PubAck{Stream: "gonew", Sequence: 1})
	same(g, "duplicate", must(js.Publish(g.ctx, "gonew.x", nil, jetstream.WithMsgID("a")))(g).Duplicate, true)
	_, err := js.Publish(g.ctx, "gonew.x", nil, jetstream.WithExpectLastSequence(7))
	refused(g, err, 10071)
	_, err = js.Publish(g.ctx, "gonew.x", nil, jetstream.WithExpectStream("other"))
	refused(g, err, 10060)
	_, err = js.Publish(g.ctx, "gonew.x", nil, jetstream.WithMsgTTL(time.Hour))
	refused(g, err, 10166)
	_, err = js.Publish(g.ctx, "gonowhere.x", nil)
	same(g, "no stream", errors.Is(err, jetstream.ErrNoStreamResponse), true)
	m := nats.NewMsg("gonew.x")
	m.Header.Set("K", "v")
	must(js.PublishMsg(g.ctx, m))(g)
	var futures []jetstream.PubAckFuture
	for range 50 {
		again := nats.NewMsg("gonew.y")
		futures = append(futures, must(js.PublishAsync("gonew.x", nil, jetstream.WithStallWait(turn)))(g),
			must(js.PublishMsgAsync(again, jetstream.WithStallWait(turn)))(g))
	}
	next(g, js.PublishAsyncComplete())
	for i, f := range futures {
		same(g, "sequence", next(g, f.Ok()).Sequence, uint64(i)+3)
	}
	same(g, "pending", js.PublishAsyncPending(), 0)
	same(g, "header", must(s.GetMsg(g.ctx, 2))(g).Header.Get("K"), "v")
	g.left("gonew", 102)
}

func newerStreams(g *gopher) {
	js, s := g.newer("gonewstreams")
	settings := newerSettings("gonewstreams")
	settings.Description, settings.AllowMsgTTL = "changed", true
	same(g, "description", must(js.UpdateStream(g.ctx, settings))(g).CachedInfo().Config.Description, "changed")
	must(js.CreateOrUpdateStream(g.ctx, settings))(g)
	_, err := js.CreateStream(g.ctx, newerSettings("gonewstreams"))
	same(g, "another of this name", errors.Is(err, jetstream.ErrStreamNameAlreadyInUse), true)
	must(js.Publish(g.ctx, "gonewstreams.a", nil, jetstream.WithMsgTTL(time.Hour)))(g)
	lifetime := must(s.GetMsg(g.ctx, 1))(g).Header.Get("Nats-TTL") // spelled in one way or the other
	same(g, "lifetime", must(time.ParseDuration(lifetime))(g), time.Hour)
	fill(g, js, "gonewstreams", 3)
	same(g, "messages by subject", must(s.Info(g.ctx, jetstream.WithSubjectFilter(">")))(g).State.Subjects["gonewstreams.x"], 3)
	same(g, "last of a subject", must(s.GetLastMsgForSubject(g.ctx, "gonewstreams.a"))(g).Sequence, 1)
	same(g, "next of a subject", must(s.GetMsg(g.ctx, 1, jetstream.WithGetMsgSubject("gonewstreams.x")))(g).Sequence, 2)
	g.done(s.DeleteMsg(g.ctx, 1), s.SecureDeleteMsg(g.ctx, 2), s.Purge(g.ctx, jetstream.WithPurgeSubject("gonewstreams.x"), jetstream.WithPurgeKeep(1)))
	_, err = s.GetMsg(g.ctx, 1)
	same(g, "gone", errors.Is(err, jetstream.ErrMsgNotFound), true)
	g.left("gonewstreams", 1)
	g.done(s.Purge(g.ctx))
	g.left("gonewstreams", 0)
	var names, infos []string
	for name := range js.StreamNames(g.ctx).Name() {
		names = append(names, name)
	}
	for info := range js.ListStreams(g.ctx).Info() {
		infos = append(infos, info.Config.Name)
	}
	same(g, "listed", slices.Contains(names, "gonewstreams") && slices.Equal(names, infos), true)
	same(g, "of a subject", must(js.StreamNameBySubject(g.ctx, "gonewstreams.q"))(g), "gonewstreams")
	if account := must(js.AccountInfo(g.ctx))(g); account.Streams == 0 {
		g.Errorf("%+v", account)
	}
	g.done(js.DeleteStream(g.ctx, "gonewstreams"))
	_, err = js.Stream(g.ctx, "gonewstreams")
	same(g, "gone", errors.Is(err, jetstream.ErrStreamNotFound), true)
}

func newerConsumers(g *gopher) {
	js, s := g.newer("gonewconsumers")
	settings := jetstream.ConsumerConfig{Durable: "c", AckWait: 7 * time.Second, FilterSubjects: []string{"gonewconsumers.a", "gonewconsumers.b"}}
	_, err := s.UpdateConsumer(g.ctx, settings)
	same(g, "none to update", errors.Is(err, jetstream.ErrConsumerDoesNotExist), true)
	c := must(s.CreateConsumer(g.ctx, settings))(g)
	same(g, "ack_wait", c.CachedInfo().Config.AckWait, 7*time.Second)
	settings.AckWait = 9 * time.Second
	_, err = s.CreateConsumer(g.ctx, settings)
	same(g, "another of this name", errors.Is(err, jetstream.ErrConsumerExists), true)
	same(g, "ack_wait", must(s.UpdateConsumer(g.ctx, settings))(g).CachedInfo().Config.AckWait, 9*time.Second)
	must(js.CreateOrUpdateConsumer(g.ctx, "gonewconsumers", jetstream.ConsumerConfig{Durable: "d", FilterSubject: "gonewconsumers.d"}))(g)
	var names, infos []string
	for name := range s.ConsumerNames(g.ctx).Name() {
		names = append(names, name)
	}
	for info := range s.ListConsumers(g.ctx).Info() {
		infos = append(infos, info.Name)
	}
	slices.Sort(names)
	slices.Sort(infos)
	same(g, "names", fmt.Sprint(names, infos), "[c d] [c d]")
	same(g, "pending", must(must(s.Consumer(g.ctx, "d"))(g).Info(g.ctx))(g).NumPending, 0)
	g.done(s.DeleteConsumer(g.ctx, "d"))
	_, err = s.Consumer(g.ctx, "d")
	same(g, "gone", errors.Is(err, jetstream.ErrConsumerNotFound), true)
}

// settleAll acks what comes, whose bodies are the numbers from n on, and returns the next number.
func settleAll(g *gopher, batch jetstream.MessageBatch, n int) int {
	g.Helper()
	for m := range batch.Messages() {
		same(g, "body", string(m.Data()), fmt.Sprint(n))
		g.done(m.DoubleAck(g.ctx))
		n++
	}
	g.done(batch.Error())
	return n
}

func newerFetch(g *gopher) {
	js, s := g.newer("gofetch")
	fill(g, js, "gofetch", 20)
	c := pullConsumer(g, s, jetstream.ConsumerConfig{})
	n := settleAll(g, must(c.Fetch(5, jetstream.FetchMaxWait(turn)))(g), 0)
	same(g, "fetched", n, 5)
	for n < 10 {
		n = settleAll(g, must(c.FetchNoWait(10-n))(g), n)
		if n < 10 { // the library takes a second of silence for the end; what came later comes back with the end of the consumer
			g.done(s.DeleteConsumer(g.ctx, "c"))
			c = pullConsumer(g, s, jetstream.ConsumerConfig{})
		}
	}
	before := n
	n = settleAll(g, must(c.FetchBytes(300, jetstream.FetchMaxWait(turn)))(g), n)
	if n == before || n == 20 {
		g.Errorf("%d messages within 300 octets", n-before)
	}
	for ; n < 20; n++ {
		m := must(c.Next(jetstream.FetchMaxWait(turn)))(g)
		same(g, "body", string(m.Data()), fmt.Sprint(n))
		g.done(m.DoubleAck(g.ctx))
	}
	same(g, "nothing left", settleAll(g, must(c.FetchNoWait(5))(g), n), 20)
	g.left("gofetch", 0)
}

func newerConsume(g *gopher) {
	js, s := g.newer("goconsume")
	fill(g, js, "goconsume", 30)
	c := pullConsumer(g, s, jetstream.ConsumerConfig{})
	each := must(c.Messages(jetstream.PullMaxMessages(1)))(g)
	taken := 0
	for ; taken < 10; taken++ {
		m := must(each.Next())(g)
		same(g, "body", string(m.Data()), fmt.Sprint(taken))
		g.done(m.DoubleAck(g.ctx))
	}
	each.Drain()
	for m, err := each.Next(); err == nil; m, err = each.Next() {
		g.done(m.DoubleAck(g.ctx))
		taken++
	}
	g.left("goconsume", uint64(30-taken))
	// nats-server may still hand out to a drained iterator: that comes back with the end of its consumer.
	g.done(s.DeleteConsumer(g.ctx, "c"))
	c = pullConsumer(g, s, jetstream.ConsumerConfig{})
	got := make(chan error, 30)
	all := must(c.Consume(func(m jetstream.Msg) { got <- m.DoubleAck(g.ctx) }))(g)
	for ; taken < 30; taken++ {
		g.done(next(g, got))
	}
	all.Stop()
	next(g, all.Closed())
	g.left("goconsume", 0)
}

func newerPush(g *gopher) {
	js, s := g.newer("gonewpush")
	c := must(s.CreatePushConsumer(g.ctx, jetstream.ConsumerConfig{Durable: "c", DeliverSubject: "to.gonewpush", IdleHeartbeat: turn / 4}))(g)
	got := make(chan jetstream.Msg, 10)
	pushing := must(c.Consume(func(m jetstream.Msg) { got <- m }))(g)
	fill(g, js, "gonewpush", 10)
	for i := range 10 {
		m := next(g, got)
		same(g, "body", string(m.Data()), fmt.Sprint(i))
		g.done(m.DoubleAck(g.ctx))
	}
	pushing.Stop()
	next(g, pushing.Closed())
	g.left("gonewpush", 0)
	_, err := s.Consumer(g.ctx, "c")
	same(g, "no pull consumer", errors.Is(err, jetstream.ErrNotPullConsumer), true)
	must(s.PushConsumer(g.ctx, "c"))(g)
}

func newerSettle(g *gopher) {
	js, s := g.newer("gonewsettle")
	fill(g, js, "gonewsettle", 1)
	c := pullConsumer(g, s, jetstream.ConsumerConfig{})
	take := func(deliveries uint64) jetstream.Msg {
		g.Helper()
		m := must(c.Next(jetstream.FetchMaxWait(turn)))(g)
		same(g, "deliveries", must(m.Metadata())(g).NumDelivered, deliveries)
		return m
	}
	g.done(take(1).Nak())
	g.done(take(2).NakWithDelay(100 * time.Millisecond))
	m := take(3)
	g.done(m.InProgress(), m.TermWithReason("no good"))
	g.left("gonewsettle", 0)
	fill(g, js, "gonewsettle", 1)
	g.done(take(1).NakWithDelay(time.Hour), g.nc.Flush())
	same(g, "while it is delayed", settleAll(g, must(c.FetchNoWait(1))(g), 0), 0)
	fill(g, js, "gonewsettle", 1)
	g.done(take(1).Ack())
	g.left("gonewsettle", 1)
}

func newerPause(g *gopher) {
	js, s := g.newer("gopause")
	fill(g, js, "gopause", 1)
	c := pullConsumer(g, s, jetstream.ConsumerConfig{})
	same(g, "paused", must(s.PauseConsumer(g.ctx, "c", time.Now().Add(time.Hour)))(g).Paused, true)
	same(g, "paused", must(c.Info(g.ctx))(g).Paused, true)
	same(g, "while paused", settleAll(g, must(c.FetchNoWait(1))(g), 0), 0)
	same(g, "paused", must(s.ResumeConsumer(g.ctx, "c"))(g).Paused, false)
	same(g, "resumed", settleAll(g, must(c.Fetch(1, jetstream.FetchMaxWait(turn)))(g), 0), 1)
}

func newerRefused(g *gopher) {
	js, s := g.newer("gonewrefused")
	_, err := js.OrderedConsumer(g.ctx, "gonewrefused", jetstream.OrderedConsumerConfig{})
	refused(g, err, 10084)
	_, err = js.CreateKeyValue(g.ctx, jetstream.KeyValueConfig{Bucket: "gonew"})
	g.answered("keyValue", err)
	_, err = js.CreateObjectStore(g.ctx, jetstream.ObjectStoreConfig{Bucket: "gonew"})
	g.answered("objectStore", err)
	_, err = s.CreateConsumer(g.ctx, jetstream.ConsumerConfig{Durable: "c", DeliverPolicy: jetstream.DeliverLastPolicy})
	refused(g, err, 10101)
	pullConsumer(g, s, jetstream.ConsumerConfig{})
	_, err = s.CreateConsumer(g.ctx, jetstream.ConsumerConfig{Durable: "d"})
	refused(g, err, 10099)
	_, err = s.CreateConsumer(g.ctx, jetstream.ConsumerConfig{Durable: "d", FilterSubject: "gonewrefused.x"})
	refused(g, err, 10100)
}

// Everything of before goes on after a restart: what is held is acked, Consume consumes.
func goRestart(g *gopher) {
	gone, back := make(chan struct{}, 10), make(chan struct{}, 10)
	g = newGopher(g.T, g.where, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { gone <- struct{}{} }), nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))
	js, s := g.newer("gorestart")
	fill(g, js, "gorestart", 1)
	c := pullConsumer(g, s, jetstream.ConsumerConfig{})
	held := must(c.Next(jetstream.FetchMaxWait(turn)))(g)
	got := make(chan jetstream.Msg, 10)
	all := must(c.Consume(func(m jetstream.Msg) { got <- m }))(g)
	defer all.Stop()
	g.pull("stop")
	next(g, gone)
	g.pull("start")
	next(g, back)
	g.done(held.DoubleAck(g.ctx))
	must(js.Publish(g.ctx, "gorestart.x", []byte("after")))(g)
	m := next(g, got)
	same(g, "body", string(m.Data()), "after")
	g.done(m.DoubleAck(g.ctx))
	g.left("gorestart", 0)
}
