package nats_test

import (
	"encoding/json"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// service runs a service until the end of the case.
func service(g *gopher, config micro.Config) micro.Service {
	g.Helper()
	s := must(micro.AddService(g.nc, config))(g)
	g.Cleanup(func() { _ = s.Stop() }) // a case may have stopped it
	return s
}

// ask makes a request that somebody answers.
func ask(g *gopher, subject, body string) *nats.Msg {
	g.Helper()
	return must(g.nc.RequestWithContext(g.ctx, subject, []byte(body)))(g)
}

// told is the answer to a request, as a value.
func told[V any](g *gopher, subject string) (v V) {
	g.Helper()
	g.done(json.Unmarshal(ask(g, subject, "").Data, &v))
	return v
}

// A service has endpoints, and says of itself what it is and what it has done.
func microService(g *gopher) {
	s := service(g, micro.Config{Name: "adder", Version: "1.2.3", Description: "adds", Metadata: map[string]string{"team": "a"}})
	add := func(r micro.Request) {
		n, err := strconv.Atoi(string(r.Data()))
		if err != nil {
			g.check(r.Error("400", "no number", nil))
			return
		}
		g.check(r.RespondJSON(n+1, micro.WithHeaders(micro.Headers{"K": {"v"}})))
	}
	g.done(s.AddEndpoint("add", micro.HandlerFunc(add)),
		s.AddGroup("math").AddEndpoint("inc", micro.HandlerFunc(add), micro.WithEndpointSubject("inc.*")))
	for _, subject := range []string{"add", "math.inc.one"} {
		got := ask(g, subject, "41")
		same(g, "answer", string(got.Data), "42")
		same(g, "header", got.Header.Get("K"), "v")
	}
	got := ask(g, "add", "many")
	same(g, "code", got.Header.Get(micro.ErrorCodeHeader), "400")
	same(g, "error", got.Header.Get(micro.ErrorHeader), "no number")

	id := s.Info().ID
	for _, subject := range []string{"$SRV.PING", "$SRV.PING.adder", "$SRV.PING.adder." + id} {
		pong := told[micro.Ping](g, subject)
		same(g, subject, pong.ID+" "+pong.Type+" "+pong.Version, id+" "+micro.PingResponseType+" 1.2.3")
	}
	info := told[micro.Info](g, "$SRV.INFO.adder")
	same(g, "endpoints", len(info.Endpoints), 2)
	same(g, "subject", info.Endpoints[1].Subject, "math.inc.*")
	same(g, "of whom", info.Metadata["team"], "a")
	stats := told[micro.Stats](g, "$SRV.STATS.adder")
	for stats.Endpoints[0].NumRequests < 2 { // a service counts behind its answer
		stats = told[micro.Stats](g, "$SRV.STATS.adder")
	}
	same(g, "requests", stats.Endpoints[0].NumRequests, 2)
	same(g, "errors", stats.Endpoints[0].NumErrors, 1)

	g.done(s.Stop(), g.nc.Flush())
	_, err := g.nc.RequestWithContext(g.ctx, "add", nil)
	same(g, "after its end", err, nats.ErrNoResponders)
}

// Instances of a service share requests within a queue group; each group has every request.
func microGroups(g *gopher) {
	const requests = 100
	var instances []micro.Service
	for _, group := range []string{"q", "q", "other"} {
		s := service(g, micro.Config{Name: "shared", Version: "1.0.0"})
		g.done(s.AddEndpoint("work", micro.HandlerFunc(func(r micro.Request) {
			g.check(r.Respond(nil))
		}), micro.WithEndpointSubject("gowork"), micro.WithEndpointQueueGroup(group)))
		instances = append(instances, s)
	}
	g.done(g.nc.Flush())
	answers := must(g.nc.SubscribeSync(g.nc.NewInbox()))(g)
	for range requests {
		g.done(g.nc.PublishRequest("gowork", answers.Subject, nil))
	}
	for range 2 * requests {
		must(answers.NextMsgWithContext(g.ctx))(g)
	}
	each := requestsOf(g, instances)
	for each[0]+each[1]+each[2] < 2*requests { // a service counts behind its answer
		each = requestsOf(g, instances)
	}
	if each[0] == 0 || each[1] == 0 || each[0]+each[1] != requests || each[2] != requests {
		g.Errorf("requests of each: %v", each)
	}
}

// requestsOf is how many requests each instance of a service says that it has had.
func requestsOf(g *gopher, instances []micro.Service) (each []int) {
	g.Helper()
	for _, s := range instances {
		each = append(each, told[micro.Stats](g, "$SRV.STATS.shared."+s.Info().ID).Endpoints[0].NumRequests)
	}
	return each
}

// check notes an error, from any goroutine.
func (g *gopher) check(err error) {
	if err != nil {
		g.Error(err)
	}
}
