package compare_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// publishes has every header of a publish, and what a full stream answers.
func publishes(p *player) {
	p.quietly("$JS.API.STREAM.CREATE.P", work("P", `"subjects":["p.*"],"max_msg_size":1000`))
	p.quietly("$JS.API.STREAM.CREATE.T", work("T", `"subjects":["t.>"],"allow_msg_ttl":true,"allow_msg_schedules":true`))
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct {
		step, subject, headers string
	}{
		{"plain", "p.a", ""}, {"header", "p.a", "Color: blue"}, {"id", "p.a", "Nats-Msg-Id: one"}, {"id again", "p.a", "Nats-Msg-Id: one"},
		{"no stream", "q.a", ""},
		{"expected stream", "p.a", "Nats-Expected-Stream: P"}, {"another stream", "p.a", "Nats-Expected-Stream: Q"},
		{"expected sequence", "p.a", "Nats-Expected-Last-Sequence: 4"}, {"another sequence", "p.a", "Nats-Expected-Last-Sequence: 99"},
		{"sequence that is none", "p.a", "Nats-Expected-Last-Sequence: x"},
		{"another sequence, known id", "p.a", "Nats-Msg-Id: one\nNats-Expected-Last-Sequence: 99"},
		{"expected sequence of the subject", "p.a", "Nats-Expected-Last-Subject-Sequence: 5"},
		{"another sequence of the subject", "p.a", "Nats-Expected-Last-Subject-Sequence: 99"},
		{"sequence of another subject", "p.a", "Nats-Expected-Last-Subject-Sequence: 0\nNats-Expected-Last-Subject-Sequence-Subject: p.z"},
		{"expected id", "p.b", "Nats-Expected-Last-Msg-Id: none"},
		{"lifetime, not allowed", "p.a", "Nats-TTL: 30s"}, {"lifetime", "t.a", "Nats-TTL: 30s"}, {"lifetime in seconds", "t.a", "Nats-TTL: 30"},
		{"lifetime never", "t.a", "Nats-TTL: never"}, {"lifetime too short", "t.a", "Nats-TTL: 10ms"}, {"lifetime that is none", "t.a", "Nats-TTL: soon"},
		{"lifetime 0", "t.a", "Nats-TTL: 0"}, {"lifetime below 0", "t.a", "Nats-TTL: -1"},
		{"schedule, not allowed", "p.a", "Nats-Schedule: @at TIME\nNats-Schedule-Target: p.b"},
		{"schedule", "t.s1", "Nats-Schedule: @at TIME\nNats-Schedule-Target: t.b"},
		{"schedule without target", "t.s2", "Nats-Schedule: @at TIME"},
		{"schedule to itself", "t.s3", "Nats-Schedule: @at TIME\nNats-Schedule-Target: t.s3"},
		{"schedule outside", "t.s4", "Nats-Schedule: @at TIME\nNats-Schedule-Target: x"},
		{"schedule that is none", "t.s5", "Nats-Schedule: tomorrow\nNats-Schedule-Target: t.b"},
		{"schedule every", "t.s6", "Nats-Schedule: @every 1h\nNats-Schedule-Target: t.b"},
		{"schedule cron", "t.s7", "Nats-Schedule: 0 0 1 1 1 *\nNats-Schedule-Target: t.b"},
		{"schedule in a zone", "t.s8", "Nats-Schedule: @at TIME\nNats-Schedule-Target: t.b\nNats-Schedule-Time-Zone: Mars"},
		{"schedule with lifetime", "t.s9", "Nats-Schedule: @at TIME\nNats-Schedule-Target: t.b\nNats-Schedule-TTL: x"},
		{"schedule with source", "t.s10", "Nats-Schedule: @at TIME\nNats-Schedule-Target: t.b\nNats-Schedule-Source: t.c"},
		{"rollup", "p.a", "Nats-Rollup: sub"}, {"rollup that is none", "p.a", "Nats-Rollup: some"}, {"counter", "p.a", "Nats-Incr: 1"},
		{"batch", "p.a", "Nats-Batch-Id: b\nNats-Batch-Sequence: 1\nNats-Batch-Commit: 1"},
		{"needs an API", "p.a", "Nats-Required-Api-Level: 99"},
	} {
		p.send("publish: "+c.step, c.subject, "body", lines(strings.ReplaceAll(c.headers, "TIME", later))...)
	}
	p.send("publish: too large", "p.a", strings.Repeat("x", 2000))
	p.send("publish: empty", "p.a", "")
	p.send("publish: long id", "p.a", "x", "Nats-Msg-Id: "+strings.Repeat("i", 200))
	p.quietly("$JS.API.STREAM.DELETE.P", "")
	p.quietly("$JS.API.STREAM.DELETE.T", "")
	p.quietly("$JS.API.STREAM.CREATE.F", work("F", `"discard":"new","max_msgs":1`))
	p.send("publish: first", "F", "x")
	p.send("publish: full", "F", "y")
	p.quietly("$JS.API.STREAM.UPDATE.F", work("F", `"discard":"old","max_msgs":1`))
	p.send("publish: drops the oldest", "F", "z")
	p.quietly("$JS.API.STREAM.DELETE.F", "")
	p.quietly("$JS.API.STREAM.CREATE.G", work("G", `"discard":"new","max_bytes":200`))
	p.send("publish: bytes full", "G", strings.Repeat("x", 500))
	p.quietly("$JS.API.STREAM.DELETE.G", "")
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// pulls has pull requests, what they are answered, and what is delivered.
func pulls(p *player) {
	p.quietly("$JS.API.STREAM.CREATE.S", work("S", `"subjects":["s.>"]`))
	p.quietly("$JS.API.CONSUMER.CREATE.S.c", explicit(`"durable_name":"c","ack_wait":60000000000,"max_batch":50,"max_expires":60000000000,"max_bytes":100000,"max_waiting":2`))
	for _, c := range []struct{ step, body string }{
		{"no_wait, empty", `{"batch":1,"no_wait":true}`}, {"expires", `{"batch":2,"expires":50000000}`},
		{"expires and no_wait", `{"batch":2,"no_wait":true,"expires":50000000}`},
		{"no JSON", `{`}, {"negative batch", `{"batch":-1,"no_wait":true}`}, {"batch 0", `{"batch":0,"no_wait":true}`},
		{"batch too large", `{"batch":51,"no_wait":true}`}, {"expires too late", `{"batch":1,"expires":61000000000}`}, {"no expiry", `{"batch":1,"no_wait":true,"expires":0}`},
		{"bytes too many", `{"batch":1,"max_bytes":100001,"no_wait":true}`}, {"heartbeat without expiry", `{"batch":1,"idle_heartbeat":1000000000}`},
		{"heartbeat too long", `{"batch":1,"expires":1000000000,"idle_heartbeat":900000000}`},
		{"negative expiry", `{"batch":1,"expires":-1}`}, {"unknown field", `{"batch":1,"no_wait":true,"color":1}`},
		{"group", `{"batch":1,"no_wait":true,"group":"g"}`}, {"pin", `{"batch":1,"no_wait":true,"id":"x"}`},
		{"min_pending", `{"batch":1,"no_wait":true,"min_pending":5}`}, {"priority", `{"batch":1,"no_wait":true,"priority":3}`}, {"priority 10", `{"batch":1,"no_wait":true,"priority":10}`},
	} {
		p.pull("pull: "+c.step, "S.c", c.body, 1)
	}
	p.pull("pull: no consumer", "S.none", "", 1)
	p.pull("pull: no stream", "NONE.c", "", 1)
	for i := range 6 {
		p.quietly(fmt.Sprintf("s.%d", i), fmt.Sprintf("body %d", i), "Color: blue", "Color: red", "Nats-Msg-Id: id"+fmt.Sprint(i))
	}
	p.count("CONSUMER.INFO.S.c", "num_pending", "6") // is told with each delivery
	first := p.pull("deliver: plain pull", "S.c", "", 1)
	two := p.pull("deliver: a number", "S.c", "2", 2)
	p.pull("deliver: too small", "S.c", `{"batch":1,"max_bytes":5,"expires":1000000000}`, 1)
	p.counted("consumer info: delivered", "CONSUMER.INFO.S.c", "num_ack_pending", "3")
	settlements(p, append(first, two...))
	p.counted("consumer info: settled", "CONSUMER.INFO.S.c", "num_ack_pending", "2")
	rest := p.pull("deliver: rest and no more", "S.c", `{"batch":10,"no_wait":true}`, 3)
	for i, m := range rest {
		if m.Reply != "" {
			p.settle(fmt.Sprintf("ack the rest: %d", i), m, "")
		}
	}
	p.counted("consumer info: all acked", "CONSUMER.INFO.S.c", "num_ack_pending", "2")
	p.counted("stream: all acked", "STREAM.INFO.S", "state.messages", "2")
	p.quietly("$JS.API.STREAM.DELETE.S", "")
}

// settlements answers three deliveries in every way.
func settlements(p *player, all []*nats.Msg) {
	if len(all) != 3 {
		p.t.Fatalf("%d deliveries instead of 3", len(all))
	}
	p.settle("ack", all[0], "+ACK")
	p.settle("ack again", all[0], "+ACK")
	p.settle("in progress", all[1], "+WPI")
	p.settle("nak", all[1], "-NAK")
	again := p.pull("deliver: again", "S.c", `{"batch":1,"expires":60000000000}`, 1)
	if len(again) != 1 {
		p.t.Fatal("nothing came again")
	}
	p.settle("nak with a delay", again[0], `-NAK {"delay":3600000000000}`)
	p.settle("term", all[2], "+TERM no good")
	p.settle("nonsense", all[2], "what?")
	next := p.request(all[0].Reply, `+NXT {"batch":1,"no_wait":true}`)
	p.says("ack and next", next)
	p.perhaps("ack of nothing: ", "$JS.ACK.S.c.1.99.99.1700000000000000000.0", "$JS.ACK.S.none.1.99.99.1700000000000000000.0", "$JS.ACK.S.c")
}

// pushes has push consumers.
func pushes(p *player) {
	p.quietly("$JS.API.STREAM.CREATE.S", work("S", `"subjects":["s.>"]`))
	sub, err := p.nc.SubscribeSync("to.c")
	if err != nil {
		p.t.Fatal(err)
	}
	p.api("push consumer", "CONSUMER.CREATE.S.c", explicit(`"durable_name":"c","deliver_subject":"to.c","headers_only":true`))
	p.quietly("s.a", "body", "Color: blue")
	all := p.take("deliver: push", sub, 1) // before there is more that waits
	p.quietly("s.b", "longer body")
	all = append(all, p.take("deliver: push again", sub, 1)...)
	p.api("push consumer info", "CONSUMER.INFO.S.c", "")
	for i, m := range all {
		p.settle(fmt.Sprintf("ack of a push: %d", i), m, "")
	}
	p.pull("pull: push consumer", "S.c", "", 1)
	p.quietly("$JS.API.STREAM.DELETE.S", "")
}
