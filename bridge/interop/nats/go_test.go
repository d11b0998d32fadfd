package nats_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// nats.go: its older API, the package jetstream, the package micro, a restart. What it shows in detail
// protocols/nats tests by it; here each call is made of both servers.
func TestNATSGo(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		run  func(*gopher)
	}{
		{"older API, publish", olderPublish},
		{"older API, streams", olderStreams},
		{"older API, messages", olderMessages},
		{"older API, consumers", olderConsumers},
		{"older API, push", olderPush},
		{"older API, pull", olderPull},
		{"older API, settle", olderSettle},
		{"older API, refused", olderRefused},
		{"jetstream, publish", newerPublish},
		{"jetstream, streams", newerStreams},
		{"jetstream, consumers", newerConsumers},
		{"jetstream, fetch", newerFetch},
		{"jetstream, consume", newerConsume},
		{"jetstream, push", newerPush},
		{"jetstream, settle", newerSettle},
		{"jetstream, pause", newerPause},
		{"jetstream, refused", newerRefused},
		{"micro, service", microService},
		{"micro, queue groups", microGroups},
		{"restart", goRestart},
	}
	for _, server := range servers() {
		t.Run(server, func(t *testing.T) {
			where := openSite(t, server)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { c.run(newGopher(t, where)) })
			}
		})
	}
}

// turn is when a case gives up, not what it takes.
const turn = 2 * time.Minute

// gopher is a client in Go, for one case.
type gopher struct {
	*testing.T
	where site
	nc    *nats.Conn
	ctx   context.Context // ends when the case has taken too long
}

func newGopher(t *testing.T, where site, options ...nats.Option) *gopher {
	t.Helper()
	nc := must(nats.Connect(where.URL, append(options, nats.Timeout(turn))...))(t)
	t.Cleanup(nc.Close)
	ctx, cancel := context.WithTimeout(t.Context(), turn)
	t.Cleanup(cancel)
	return &gopher{T: t, where: where, nc: nc, ctx: ctx}
}

// must returns what a call returned, or ends the test.
func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// done ends the test at the first error.
func (g *gopher) done(errs ...error) {
	g.Helper()
	for _, err := range errs {
		if err != nil {
			g.Fatal(err)
		}
	}
}

// same claims that two values are the same.
func same[V comparable](t testing.TB, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// refused claims that the API has refused something with a code and a sentence, and returns that.
func refused(t testing.TB, err error, code int) (sentence string) {
	t.Helper()
	got, sentence := apiError(err)
	if got != code || sentence == "" {
		t.Errorf("%v: code %d, want %d", err, got, code)
	}
	return sentence
}

// apiError takes an error of either API apart; code is 0 when it is none.
func apiError(err error) (code int, sentence string) {
	if old, ok := errors.AsType[*nats.APIError](err); ok {
		return int(old.ErrorCode), old.Description
	}
	if e, ok := errors.AsType[*jetstream.APIError](err); ok {
		return int(e.ErrorCode), e.Description
	}
	return 0, ""
}

// answered claims that what came of a call has all that the two servers differ in.
func (g *gopher) answered(difference string, err error) {
	g.Helper()
	got := "made"
	if err != nil {
		code, sentence := apiError(err)
		got = strconv.Itoa(code) + " " + sentence
	}
	for _, word := range strings.SplitN(g.where.Differs[difference], " ", 2) {
		if !strings.Contains(got, word) {
			g.Errorf("%s: %s (%v), want %s", difference, got, err, g.where.Differs[difference])
		}
	}
}

// older is the older API, with a work-queue stream of all below its name.
func (g *gopher) older(stream string) nats.JetStreamContext {
	g.Helper()
	js := must(g.nc.JetStream(nats.MaxWait(turn), nats.PublishAsyncTimeout(turn)))(g)
	must(js.AddStream(olderSettings(stream)))(g)
	return js
}

func olderSettings(stream string) *nats.StreamConfig {
	return &nats.StreamConfig{Name: stream, Subjects: []string{stream + ".>"}, Retention: nats.WorkQueuePolicy}
}

// newer is the package jetstream, with such a stream.
func (g *gopher) newer(stream string) (jetstream.JetStream, jetstream.Stream) {
	g.Helper()
	js := must(jetstream.New(g.nc, jetstream.WithDefaultTimeout(turn)))(g)
	return js, must(js.CreateStream(g.ctx, newerSettings(stream)))(g)
}

func newerSettings(stream string) jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: stream, Subjects: []string{stream + ".>"}, Retention: jetstream.WorkQueuePolicy}
}

// left claims how many messages a stream has.
func (g *gopher) left(stream string, want uint64) {
	g.Helper()
	js := must(jetstream.New(g.nc, jetstream.WithDefaultTimeout(turn)))(g)
	s := must(js.Stream(g.ctx, stream))(g)
	counts(g, "messages", func() uint64 { return must(s.Info(g.ctx))(g).State.Msgs }, want)
}

// counts claims what an answer is: the first one, or one of those that follow where a server counts later
// than it answers.
func counts[V comparable](g *gopher, what string, ask func() V, want V) {
	g.Helper()
	got := ask()
	for got != want && g.where.Differs["counts"] == "later" { // until ctx ends
		g.Logf("%s: %v, not yet %v", what, got, want)
		got = ask()
	}
	same(g, what, got, want)
}

// pull stops or starts the server.
func (g *gopher) pull(order string) {
	g.Helper()
	lever := must(net.Dial("tcp", g.where.Lever))(g)
	defer lever.Close()
	must(fmt.Fprintln(lever, order))(g)
	same(g, order, must(bufio.NewReader(lever).ReadString('\n'))(g), "ok\n")
}
