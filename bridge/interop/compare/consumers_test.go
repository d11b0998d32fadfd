package compare_test

import (
	"fmt"
	"strings"
)

// explicit is a request for a consumer of the stream S with explicit acks.
func explicit(more ...string) string {
	return `{"stream_name":"S","config":{` + strings.Join(append([]string{`"ack_policy":"explicit"`}, more...), ",") + `}}`
}

// consumers has the life of consumers, and every setting.
func consumers(p *player) {
	p.quietly("$JS.API.STREAM.CREATE.S", work("S", `"subjects":["s.>"]`))
	for _, c := range []struct{ step, config string }{
		{"defaults", `"durable_name":"c"`},
		{"name only", `"name":"c"`},
		{"filter", `"durable_name":"c","filter_subject":"s.a"`},
		{"filters", `"durable_name":"c","filter_subjects":["s.a","s.b.>"]`},
		{"times", `"durable_name":"c","ack_wait":5000000000,"max_deliver":7,"inactive_threshold":60000000000`},
		{"backoff", `"durable_name":"c","max_deliver":5,"backoff":[1000000000,2000000000]`},
		{"backoff without bound", `"durable_name":"c","backoff":[1000000000,2000000000]`},
		{"metadata", `"durable_name":"c","description":"what for","metadata":{"owner":"ann"}`},
		{"pause", `"durable_name":"c","pause_until":"2099-01-01T00:00:00Z"`},
		{"pulls", `"durable_name":"c","max_waiting":10,"max_batch":5,"max_expires":60000000000,"max_bytes":1000,"max_ack_pending":20`},
		{"headers only", `"durable_name":"c","headers_only":true`},
		{"memory", `"durable_name":"c","mem_storage":true,"num_replicas":1`},
		{"replay instant", `"durable_name":"c","replay_policy":"instant","deliver_policy":"all"`},
		{"replay original", `"durable_name":"c","replay_policy":"original"`},
		{"sampling", `"durable_name":"c","sample_freq":"50"`},
		{"sampling with a sign", `"durable_name":"c","sample_freq":"50%"`},
		{"no bounds", `"durable_name":"c","max_deliver":-1,"max_ack_pending":-1,"max_waiting":0`},
		{"push", `"durable_name":"c","deliver_subject":"to.c"`},
		{"push with all", `"durable_name":"c","deliver_subject":"to.c","deliver_group":"g","flow_control":true,"idle_heartbeat":5000000000,"rate_limit_bps":1000000`},
	} {
		name := "CONSUMER.CREATE.S.c"
		if i := strings.Index(c.config, `"filter_subject":"`); i >= 0 {
			name += ".s.a"
		}
		p.api("consumer: "+c.step, name, explicit(c.config))
		p.api("consumer info: "+c.step, "CONSUMER.INFO.S.c", "")
		p.request("$JS.API.CONSUMER.DELETE.S.c", "") // where it was made
	}
	p.api("consumer: ephemeral", "CONSUMER.CREATE.S.e", explicit(`"name":"e"`))
	p.api("consumer: the same again", "CONSUMER.CREATE.S.e", explicit(`"name":"e"`))
	p.api("consumer: action create", "CONSUMER.CREATE.S.e", strings.Replace(explicit(`"name":"e","max_deliver":3`), `{`, `{"action":"create",`, 1))
	p.api("consumer: update", "CONSUMER.CREATE.S.e", strings.Replace(explicit(`"name":"e","max_deliver":3`), `{`, `{"action":"update",`, 1))
	p.api("consumer: action update of none", "CONSUMER.CREATE.S.n", strings.Replace(explicit(`"name":"n"`), `{`, `{"action":"update",`, 1))
	p.api("consumer: unknown action", "CONSUMER.CREATE.S.n", strings.Replace(explicit(`"name":"n"`), `{`, `{"action":"destroy",`, 1))
	p.api("consumer delete", "CONSUMER.DELETE.S.e", "")
	p.api("consumer delete: again", "CONSUMER.DELETE.S.e", "")
	p.api("durable, older subject", "CONSUMER.DURABLE.CREATE.S.o", explicit(`"durable_name":"o"`))
	p.api("consumer names", "CONSUMER.NAMES.S", "")
	p.api("consumer names from 1", "CONSUMER.NAMES.S", `{"offset":1}`)
	p.api("consumer list", "CONSUMER.LIST.S", "")
	p.api("consumer list from 5", "CONSUMER.LIST.S", `{"offset":5}`)
	p.api("stream with a consumer", "STREAM.INFO.S", "")
	p.api("account info, a consumer", "INFO", "")
	p.api("pause", "CONSUMER.PAUSE.S.o", `{"pause_until":"2099-01-01T00:00:00Z"}`)
	p.api("consumer info, paused", "CONSUMER.INFO.S.o", "")
	p.api("resume", "CONSUMER.PAUSE.S.o", `{}`)
	p.api("resume without a body", "CONSUMER.PAUSE.S.o", ``)
	p.api("pause in the past", "CONSUMER.PAUSE.S.o", `{"pause_until":"2020-01-01T00:00:00Z"}`)
	p.api("pause: unknown", "CONSUMER.PAUSE.S.none", `{"pause_until":"2099-01-01T00:00:00Z"}`)
	p.api("pause: no JSON", "CONSUMER.PAUSE.S.o", `{`)
	p.api("reset", "CONSUMER.RESET.S.o", "")
	p.api("unpin", "CONSUMER.UNPIN.S.o", `{"group":"g"}`)
	p.quietly("$JS.API.CONSUMER.DELETE.S.o", "")
	p.quietly("$JS.API.STREAM.DELETE.S", "")
}

// refusals has requests that are refused, by all means or by work queues.
func refusals(p *player) {
	for _, c := range []struct{ step, config string }{
		{"name with a dot", `{"name":"a.b","retention":"workqueue"}`},
		{"another name", `{"name":"other","retention":"workqueue"}`},
		{"no name", `{"retention":"workqueue"}`},
		{"unknown field", work("B", `"colour":"blue"`)}, {"no JSON", `{`}, {"no body", ``}, {"a list", `[]`},
		{"wrong type", work("B", `"max_msgs":"many"`)},
		{"unknown retention", `{"name":"B","retention":"forever"}`},
		{"unknown storage", work("B", `"storage":"tape"`)},
		{"unknown discard", work("B", `"discard":"some"`)},
		{"unknown compression", work("B", `"compression":"zip"`)},
		{"limits retention", `{"name":"B","retention":"limits"}`}, {"no retention", `{"name":"B"}`},
		{"interest retention", `{"name":"B","retention":"interest"}`},
		{"mirror", `{"name":"B","mirror":{"name":"A"}}`}, {"sources", work("B", `"sources":[{"name":"A"}]`)},
		{"transform", work("B", `"subject_transform":{"src":"b","dest":"c"}`)},
		{"republish", work("B", `"subjects":["b.>"],"republish":{"src":"b.>","dest":"r.>"}`)},
		{"placement", work("B", `"placement":{"cluster":"east"}`)},
		{"limit per subject", work("B", `"max_msgs_per_subject":1`)},
		{"discard new per subject", work("B", `"max_msgs_per_subject":1,"discard":"new","discard_new_per_subject":true,"max_msgs":5`)},
		{"first sequence", work("B", `"first_seq":100`)}, {"sealed", work("B", `"sealed":true`)},
		{"rollups", work("B", `"allow_rollup_hdrs":true`)},
		{"markers", work("B", `"subject_delete_marker_ttl":1000000000,"allow_msg_ttl":true`)},
		{"counters", work("B", `"allow_msg_counter":true`)},
		{"atomic batches", work("B", `"allow_atomic":true`)}, {"fast batches", work("B", `"allow_batched":true`)},
		{"asynchronous", work("B", `"persist_mode":"async"`)}, {"replicas", work("B", `"num_replicas":3`)},
		{"many replicas", work("B", `"num_replicas":9`)}, {"negative replicas", work("B", `"num_replicas":-1`)},
		{"negative age", work("B", `"max_age":-1`)}, {"small age", work("B", `"max_age":1000`)},
		{"window beyond age", work("B", `"max_age":1000000000,"duplicate_window":2000000000`)},
		{"small window", work("B", `"duplicate_window":1000`)}, {"negative window", work("B", `"duplicate_window":-5`)},
		{"bad subject", work("B", `"subjects":["b..c"]`)}, {"subject with a space", work("B", `"subjects":["b c"]`)},
		{"empty subject", work("B", `"subjects":[""]`)},
		{"subjects that overlap", work("B", `"subjects":["b.*","b.c"]`)}, {"subject twice", work("B", `"subjects":["b","b"]`)},
		{"everything", work("B", `"subjects":[">"]`)}, {"the API", work("B", `"subjects":["$JS.API.>"]`)},
		{"the system", work("B", `"subjects":["$SYS.>"]`)},
		{"long description", work("B", `"description":"`+strings.Repeat("x", 5000)+`"`)},
		{"much metadata", work("B", `"metadata":{"a":"`+strings.Repeat("x", 140000)+`"}`)},
		{"template", work("B", `"template_owner":"t"`)},
		{"mirror direct", work("B", `"mirror_direct":true`)},
		{"consumer limits below zero", work("B", `"consumer_limits":{"max_ack_pending":-5}`)},
	} {
		p.api(fmt.Sprintf("create refused: %s", c.step), "STREAM.CREATE.B", c.config)
		p.request("$JS.API.STREAM.DELETE.B", "") // where it was made
	}
	p.quietly("$JS.API.STREAM.CREATE.S", work("S", `"subjects":["s.>"],"max_consumers":2,"consumer_limits":{"inactive_threshold":60000000000,"max_ack_pending":50}`))
	p.api("create refused: same name", "STREAM.CREATE.S", work("S"))
	p.api("create refused: overlap", "STREAM.CREATE.B", work("B", `"subjects":["s.x"]`))
	p.api("create refused: overlap by wildcard", "STREAM.CREATE.B", work("B", `"subjects":["*.x"]`))
	p.api("create refused: name too long", "STREAM.CREATE."+strings.Repeat("x", 300), work(strings.Repeat("x", 300)))
	consumerRefusals(p)
	p.quietly("$JS.API.STREAM.DELETE.S", "")
	for _, subject := range []string{
		"STREAM.SNAPSHOT.S", "STREAM.RESTORE.S", "STREAM.PEER.REMOVE.S", "STREAM.LEADER.STEPDOWN.S", "CONSUMER.LEADER.STEPDOWN.S.c",
		"CONSUMER.NAMES.S", "CONSUMER.LIST.S", "CONSUMER.INFO.S.c", "CONSUMER.DELETE.S.c",
	} {
		p.api("no stream: "+subject, subject, "")
	}
	p.perhaps("nobody's: ", "$JS.API.META.LEADER.STEPDOWN", "$JS.API.STREAM.NONSENSE.S", "$JS.API.NONSENSE", "$JS.API.STREAM.INFO", "$JS.API.STREAM.INFO.a.b",
		"$JS.API.CONSUMER.INFO.S", "$JS.API.STREAM.TEMPLATE.NAMES", "$JS.API.ACCOUNT.PURGE.A", "$JS.API.SERVER.REMOVE", "$JS.API.STREAM.NAMES.x", "$JS.API.INFO.x",
		"$JS.API.CONSUMER.DURABLE.CREATE.S")
	p.api("needs a newer API", "STREAM.INFO.S", "", "Nats-Required-Api-Level: 99")
	p.api("needs nonsense", "STREAM.INFO.S", "", "Nats-Required-Api-Level: x")
	p.api("needs API 4", "STREAM.NAMES", "", "Nats-Required-Api-Level: 4")
	p.api("names: no JSON", "STREAM.NAMES", `{`)
	p.api("names: unknown field", "STREAM.NAMES", `{"color":1}`)
	p.api("info: no JSON", "INFO", `{`)
	p.api("info with a body", "INFO", `{}`)
	p.api("delete with a body", "STREAM.DELETE.S", `{}`)
}

// consumerRefusals has requests for consumers of the stream S.
func consumerRefusals(p *player) {
	for _, c := range []struct{ step, subject, body string }{
		{"ack none", "c", `{"stream_name":"S","config":{"durable_name":"c","ack_policy":"none"}}`},
		{"ack all", "c", `{"stream_name":"S","config":{"durable_name":"c","ack_policy":"all"}}`},
		{"no ack policy", "c", `{"stream_name":"S","config":{"durable_name":"c"}}`},
		{"unknown ack policy", "c", `{"stream_name":"S","config":{"durable_name":"c","ack_policy":"some"}}`},
		{"deliver new", "c", explicit(`"deliver_policy":"new"`)}, {"deliver last", "c", explicit(`"deliver_policy":"last"`)},
		{"deliver by sequence", "c", explicit(`"deliver_policy":"by_start_sequence","opt_start_seq":5`)},
		{"deliver by time", "c", explicit(`"deliver_policy":"by_start_time","opt_start_time":"2020-01-01T00:00:00Z"`)},
		{"deliver last of each", "c", explicit(`"deliver_policy":"last_per_subject"`)},
		{"all with a sequence", "c", explicit(`"opt_start_seq":5`)}, {"all with a time", "c", explicit(`"opt_start_time":"2020-01-01T00:00:00Z"`)},
		{"unknown policy", "c", explicit(`"deliver_policy":"some"`)}, {"unknown replay", "c", explicit(`"replay_policy":"slow"`)},
		{"another stream", "c", `{"stream_name":"X","config":{"ack_policy":"explicit"}}`}, {"no JSON", "c", `{`}, {"no body", "c", ``},
		{"unknown field", "c", explicit(`"colour":"blue"`)}, {"another durable name", "c", explicit(`"durable_name":"d"`)},
		{"another name", "c", explicit(`"name":"d"`)}, {"name and durable", "c", explicit(`"name":"d","durable_name":"c"`)},
		{"filter outside", "c.x", explicit(`"name":"c","filter_subject":"x"`)},
		{"filters outside", "c", explicit(`"filter_subjects":["s.a","x"]`)}, {"bad filter", "c", explicit(`"filter_subject":"s..a"`)},
		{"both filters", "c", explicit(`"filter_subject":"s.a","filter_subjects":["s.b"]`)},
		{"filters that overlap", "c", explicit(`"filter_subjects":["s.*","s.a"]`)}, {"empty filter", "c", explicit(`"filter_subjects":["s.a",""]`)},
		{"another filter", "c.s.a", explicit(`"filter_subject":"s.b"`)}, {"filters by subject", "c.s.a", explicit(`"filter_subjects":["s.a","s.b"]`)},
		{"negative wait", "c", explicit(`"ack_wait":-1`)}, {"negative backoff", "c", explicit(`"backoff":[-1]`)},
		{"more backoff than attempts", "c", explicit(`"max_deliver":1,"backoff":[1000000000,2000000000]`)},
		{"negative waiting", "c", explicit(`"max_waiting":-1`)}, {"negative batch", "c", explicit(`"max_batch":-1`)},
		{"small expiry", "c", explicit(`"max_expires":1000`)}, {"max_deliver 0", "c", explicit(`"max_deliver":0`)}, {"max_deliver below", "c", explicit(`"max_deliver":-7`)},
		{"too much pending", "c", explicit(`"max_ack_pending":100`)}, {"too long inactive", "c", explicit(`"inactive_threshold":120000000000`)},
		{"negative inactive", "c", explicit(`"inactive_threshold":-1`)},
		{"replicas", "c", explicit(`"num_replicas":3`)}, {"negative replicas", "c", explicit(`"num_replicas":-1`)},
		{"bad sampling", "c", explicit(`"sample_freq":"lots"`)}, {"direct", "c", explicit(`"direct":true`)},
		{"priority groups", "c", explicit(`"priority_groups":["g"],"priority_policy":"overflow"`)},
		{"groups without policy", "c", explicit(`"priority_groups":["g"]`)}, {"policy without groups", "c", explicit(`"priority_policy":"overflow"`)},
		{"long description", "c", explicit(`"description":"` + strings.Repeat("x", 5000) + `"`)},
		{"much metadata", "c", explicit(`"metadata":{"a":"` + strings.Repeat("x", 140000) + `"}`)},
		{"deliver to a wildcard", "c", explicit(`"deliver_subject":"to.*"`)}, {"deliver in a cycle", "c", explicit(`"deliver_subject":"s.x"`)},
		{"push with waiting", "c", explicit(`"deliver_subject":"to.x","max_waiting":5`)}, {"small heartbeat", "c", explicit(`"deliver_subject":"to.x","idle_heartbeat":1000`)},
		{"flow control without heartbeat", "c", explicit(`"deliver_subject":"to.x","flow_control":true`)},
		{"pull with rate", "c", explicit(`"rate_limit_bps":1000`)}, {"pull with heartbeat", "c", explicit(`"idle_heartbeat":1000000000`)},
		{"pull with flow control", "c", explicit(`"flow_control":true`)}, {"pull with a group", "c", explicit(`"deliver_group":"g"`)},
		{"name with a slash", "a/b", explicit(`"name":"a/b"`)}, {"name too long", strings.Repeat("x", 300), explicit(`"name":"` + strings.Repeat("x", 300) + `"`)},
		{"paused for a year", "c", explicit(`"pause_until":"yesterday"`)},
	} {
		p.api("consumer refused: "+c.step, "CONSUMER.CREATE.S."+c.subject, c.body)
		p.request("$JS.API.CONSUMER.DELETE.S.c", "") // where it was made
		p.request("$JS.API.CONSUMER.DELETE.S.d", "")
	}
	p.api("consumer refused: unknown stream", "CONSUMER.CREATE.NONE.c", `{"stream_name":"NONE","config":{"ack_policy":"explicit"}}`)
	p.api("durable refused: no durable name", "CONSUMER.DURABLE.CREATE.S.c", explicit())
	p.api("durable refused: another name", "CONSUMER.DURABLE.CREATE.S.c", explicit(`"durable_name":"d"`))
	p.api("ephemeral refused: durable name", "CONSUMER.CREATE.S", explicit(`"durable_name":"d"`))
	p.quietly("$JS.API.CONSUMER.CREATE.S.c.s.a", explicit(`"durable_name":"c","filter_subject":"s.a"`))
	p.api("consumer refused: no filter beside another", "CONSUMER.CREATE.S.d", explicit(`"durable_name":"d"`))
	p.api("consumer refused: the same filter", "CONSUMER.CREATE.S.d.s.a", explicit(`"durable_name":"d","filter_subject":"s.a"`))
	p.api("consumer refused: filter that overlaps", "CONSUMER.CREATE.S.d.s.*", explicit(`"durable_name":"d","filter_subject":"s.*"`))
	p.quietly("$JS.API.CONSUMER.CREATE.S.d.s.b", explicit(`"durable_name":"d","filter_subject":"s.b"`))
	p.api("consumer refused: one too many", "CONSUMER.CREATE.S.e.s.c", explicit(`"durable_name":"e","filter_subject":"s.c"`))
	p.api("consumer update: push", "CONSUMER.CREATE.S.c.s.a", explicit(`"durable_name":"c","filter_subject":"s.a","deliver_subject":"to.c"`))
	p.api("consumer update: max_waiting", "CONSUMER.CREATE.S.c.s.a", explicit(`"durable_name":"c","filter_subject":"s.a","max_waiting":3`))
	p.api("consumer update: policy", "CONSUMER.CREATE.S.c.s.a", explicit(`"durable_name":"c","filter_subject":"s.a","deliver_policy":"new"`))
	p.api("consumer update: acks", "CONSUMER.CREATE.S.c.s.a", `{"stream_name":"S","config":{"durable_name":"c","filter_subject":"s.a","ack_policy":"none"}}`)
	p.api("consumer update: replay", "CONSUMER.CREATE.S.c.s.a", explicit(`"durable_name":"c","filter_subject":"s.a","replay_policy":"original"`))
	p.api("consumer update: filter", "CONSUMER.CREATE.S.c.s.d", explicit(`"durable_name":"c","filter_subject":"s.d"`))
}
