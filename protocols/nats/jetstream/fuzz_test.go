package jetstream_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// calls are requests of every kind, to begin with.
func calls() map[string][]string {
	const wide = `{"name":"T","subjects":["t.>","u"],"retention":"interest","max_msgs":10,"max_bytes":1000,"max_age":60000000000,"discard":"new",` +
		`"duplicate_window":1000000000,"max_msg_size":100,"description":"d","metadata":{"a":"b"},"allow_msg_ttl":true,"consumer_limits":{"max_ack_pending":5}}`
	push := `{"stream_name":"S","config":{"name":"p","ack_policy":"explicit","deliver_subject":"in","flow_control":true,"idle_heartbeat":100000000,"rate_limit_bps":1}}`
	rich := `{"stream_name":"S","action":"create","config":{"name":"r","ack_policy":"explicit","ack_wait":1,"max_deliver":3,"backoff":[1,2],"filter_subjects":["s.a","s.b"],` +
		`"max_waiting":5,"max_batch":2,"max_expires":1000000000,"inactive_threshold":1000000000,"pause_until":"2030-01-01T00:00:00Z","metadata":{"k":"v"},"sample_freq":"1"}}`
	return map[string][]string{
		"INFO": {""}, "STREAM.CREATE.S": {makeStream}, "STREAM.CREATE.T": {wide}, "STREAM.UPDATE.S": {makeStream, `{"name":"S","mirror":{}}`},
		"STREAM.INFO.S": {`{"subjects_filter":">","offset":1,"deleted_details":true}`}, "STREAM.NAMES": {`{"offset":1,"subject":"s.*"}`}, "STREAM.LIST": {"", `{"offset":-1}`},
		"STREAM.PURGE.S": {`{"keep":1}`, `{"filter":"s.x","seq":1}`}, "STREAM.MSG.GET.S": {`{"seq":1}`, `{"last_by_subj":"s.x"}`, `{"seq":1e3}`},
		"STREAM.MSG.DELETE.S": {`{"seq":1,"no_erase":true}`}, "STREAM.DELETE.S": {""}, "STREAM.SNAPSHOT.S": {""}, "STREAM.RESTORE.S": {""},
		"CONSUMER.CREATE.S": {makeConsumer, `{"stream_name":"S","config":{"ack_policy":"explicit"}}`}, "CONSUMER.CREATE.S.c.s.*": {makeConsumer},
		"CONSUMER.CREATE.S.p": {push}, "CONSUMER.CREATE.S.r": {rich, `{"stream_name":"S","stream_name":"T","config":null,"config":{"backoff":[1e400]}}`},
		"CONSUMER.DURABLE.CREATE.S.c": {makeConsumer}, "CONSUMER.PAUSE.S.c": {`{"pause_until":"2030-01-01T00:00:00Z"}`},
		"CONSUMER.INFO.S.c": {""}, "CONSUMER.NAMES.S": {`{"offset":9223372036854775807}`}, "CONSUMER.LIST.S": {"{}"}, "CONSUMER.DELETE.S.c": {""},
		"CONSUMER.UNPIN.S.c": {`{"group":"g"}`}, "CONSUMER.RESET.S.c": {`{"seq":1}`}, "CONSUMER.LEADER.STEPDOWN.S.c": {""}, "META.LEADER.STEPDOWN": {""},
		"CONSUMER.MSG.NEXT.S.c": {`{"batch":-1,"expires":-5,"max_bytes":1,"no_wait":true}`, "5", `{"idle_heartbeat":1,"expires":100,"group":"g","id":"x"}`}, "DIRECT.GET.S": {`{"seq":1}`},
		"NOTHING.AT.ALL": {strings.Repeat(`[`, 100)},
	}
}

// FuzzRequest: whatever comes on whatever subject, the engine answers in the form of its API, its errors
// say what was wrong, and a configuration that it answers it takes again, unchanged.
func FuzzRequest(f *testing.F) {
	header := []byte("NATS/1.0\r\nNats-Required-Api-Level: 1\r\n\r\n")
	for path, bodies := range calls() {
		for _, body := range bodies {
			f.Add("$JS.API."+path, body, header)
		}
	}
	f.Add("$JS.FC.S.c.x", "", header)
	f.Add("$JS.API.CONSUMER.I"+strings.Repeat("\xff", 4000), "", header)
	f.Add("$JS.ACK.S.c.1.1.1.1.0", "-NAK {\"delay\":1}", header)
	f.Add("$JS.ACK.S.c.99999999999.1.1.1.0", "+NXT 5", header)
	f.Add("$JS.ACK._.hash.S.c.1.1.1.1.0.x", "+TERM because", []byte("NATS/1.0\r\n"))
	f.Add("s.y", "body", []byte("NATS/1.0\r\nNats-Msg-Id: a\r\nNats-Expected-Last-Msg-Id: b\r\nNats-TTL: 1s\r\nNats-Schedule: @every 5s\r\n\r\n"))
	f.Fuzz(func(t *testing.T, subject, body string, header []byte) {
		if strings.ContainsAny(subject, " \t\r\n") {
			return
		}
		d := newDesk("in")
		_, _, c := open(t, d)
		call(c, "$JS.API.STREAM.CREATE.S", makeStream)
		call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.c", makeConsumer)
		publish(c, "s.x", "hello")
		settle(t, c)
		d.take()
		m := &jetstream.Message{Subject: subject, Reply: []byte("in"), Header: header, Body: []byte(body)}
		outcome := c.Request(m)
		if outcome == jetstream.Passed {
			if target := c.Target(subject); target.Kept() {
				c.Publish(target, m)
			}
		}
		settle(t, c)
		for _, x := range d.take() {
			checkAnswer(t, c, d, subject, &x)
		}
	})
}

func settle(t testing.TB, c *jetstream.Client) {
	t.Helper()
	c.Flush()
	if err := c.Settle(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// take returns what has been delivered so far.
func (d *desk) take() (got []wire.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	got, d.got = d.got, nil
	return got
}

// answered is what all answers of the API have, and those about one stream or consumer.
type answered struct {
	Type   string           `json:"type"`
	Error  *jetstream.Error `json:"error"`
	Stream string           `json:"stream_name"`
	Name   string           `json:"name"`
	Config json.RawMessage  `json:"config"`
}

func checkAnswer(t *testing.T, c *jetstream.Client, d *desk, subject string, x *wire.Message) {
	t.Helper()
	if len(x.Header) > 0 || len(x.Reply) > 0 || len(x.Payload) == 0 {
		return // a message, or the status of a pull
	}
	var a answered
	if err := json.Unmarshal(x.Payload, &a); err != nil {
		t.Fatalf("%s answers %q: %v", subject, x.Payload, err)
	}
	if e := a.Error; e != nil && (e.Code < 400 || e.ErrCode == 0 || len(e.Description) < 5 || len(e.Description) > 4_000) {
		t.Fatalf("%s: %+v", subject, e)
	}
	if !strings.HasPrefix(subject, "$JS.API.") || a.Error != nil {
		return
	}
	var again string
	switch strings.TrimPrefix(a.Type, "io.nats.jetstream.api.v1.") {
	case "stream_create_response", "stream_update_response":
		var config struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal(a.Config, &config); err != nil {
			t.Fatal(err)
		}
		again = "$JS.API.STREAM.UPDATE." + config.Name
		call(c, again, string(a.Config))
	case "consumer_create_response":
		again = "$JS.API.CONSUMER.CREATE." + a.Stream + "." + a.Name
		body, err := json.Marshal(map[string]any{"stream_name": a.Stream, "config": a.Config})
		if err != nil {
			t.Fatal(err)
		}
		call(c, again, string(body))
	case "":
		t.Fatalf("%s answers %q, which has no type", subject, x.Payload)
	default:
		return
	}
	settle(t, c)
	for _, y := range d.take() {
		var b answered
		if len(y.Header) > 0 || json.Unmarshal(y.Payload, &b) != nil || b.Type == "" {
			continue
		}
		if b.Error != nil || string(b.Config) != string(a.Config) {
			t.Fatalf("%s answers %s, and again %s", subject, x.Payload, y.Payload)
		}
		return
	}
	t.Fatalf("%s was not answered", again)
}
