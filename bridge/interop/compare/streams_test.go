package compare_test

import (
	"fmt"
	"strings"
)

// work is a configuration of a work-queue stream, with more fields.
func work(name string, more ...string) string {
	return "{" + strings.Join(append([]string{fmt.Sprintf(`"name":%q,"retention":"workqueue"`, name)}, more...), ",") + "}"
}

// server has what a client sees of a server that keeps nothing yet.
func server(p *player) {
	p.info("INFO line")
	p.api("account info, nothing kept", "INFO", "")
	p.api("names, none", "STREAM.NAMES", "")
	p.api("list, none", "STREAM.LIST", "")
}

// streams has the life of streams and what is told of them.
func streams(p *player) {
	for _, c := range []struct{ step, name, config string }{
		{"defaults", "D1", work("D1")},
		{"subjects", "D2", work("D2", `"subjects":["d2.a","d2.b.*"]`)},
		{"limits", "D3", work("D3", `"max_msgs":10,"max_bytes":100000,"max_age":60000000000,"max_msg_size":1000,"max_consumers":3`)},
		{"short age", "D4", work("D4", `"max_age":1000000000`)},
		{"discard new", "D5", work("D5", `"discard":"new","max_msgs":2`)},
		{"memory", "D6", work("D6", `"storage":"memory"`)},
		{"compression", "D7", work("D7", `"compression":"s2"`)},
		{"no ack", "D8", work("D8", `"no_ack":true`)},
		{"window", "D9", work("D9", `"duplicate_window":5000000000`)},
		{"denied", "D10", work("D10", `"deny_delete":true,"deny_purge":true`)},
		{"lifetimes", "D11", work("D11", `"allow_msg_ttl":true`)},
		{"schedules", "D12", work("D12", `"subjects":["d12.>"],"allow_msg_schedules":true`)},
		{"consumer limits", "D13", work("D13", `"consumer_limits":{"inactive_threshold":60000000000,"max_ack_pending":50}`)},
		{"metadata", "D14", work("D14", `"metadata":{"owner":"ann"},"description":"what it is for"`)},
		{"direct", "D15", work("D15", `"allow_direct":true`)},
		{"zeros", "D16", work("D16", `"max_msgs":0,"max_bytes":0,"max_msg_size":0,"max_consumers":0,"num_replicas":0`)},
		{"pedantic", "D17", work("D17", `"pedantic":true`)},
		{"first sequence 1", "D18", work("D18", `"first_seq":1`)},
		{"persist mode default", "D19", work("D19", `"persist_mode":"default"`)},
		{"advisories", "D20", work("D20", `"subjects":["$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.none.*"]`)},
	} {
		p.api("create: "+c.step, "STREAM.CREATE."+c.name, c.config)
		p.api("create again: "+c.step, "STREAM.CREATE."+c.name, c.config)
	}
	p.api("info of a new stream", "STREAM.INFO.D1", "")
	p.api("account info, streams", "INFO", "")
	p.api("names", "STREAM.NAMES", "")
	p.api("names by subject", "STREAM.NAMES", `{"subject":"d2.b.x"}`)
	p.api("names by wildcard", "STREAM.NAMES", `{"subject":"d2.*"}`)
	p.api("names from 17", "STREAM.NAMES", `{"offset":17}`)
	p.api("names from beyond", "STREAM.NAMES", `{"offset":100}`)
	p.api("list by subject", "STREAM.LIST", `{"subject":"d2.a"}`)
	p.api("list from 18", "STREAM.LIST", `{"offset":18}`)
	p.api("update: limits", "STREAM.UPDATE.D3", work("D3", `"max_msgs":20,"subjects":["d3","d3.x"],"description":"more"`))
	p.api("update: storage", "STREAM.UPDATE.D3", work("D3", `"storage":"memory"`))
	p.api("update: retention", "STREAM.UPDATE.D3", `{"name":"D3","retention":"limits"}`)
	p.api("update: less denied", "STREAM.UPDATE.D10", work("D10"))
	p.api("update: no lifetimes", "STREAM.UPDATE.D11", work("D11"))
	p.api("update: max_consumers", "STREAM.UPDATE.D3", work("D3", `"max_consumers":5`))
	p.api("update: same", "STREAM.UPDATE.D1", work("D1"))
	p.api("update: unknown", "STREAM.UPDATE.NONE", work("NONE"))
	p.api("update: overlap", "STREAM.UPDATE.D1", work("D1", `"subjects":["d2.a"]`))
	p.api("update: seal", "STREAM.UPDATE.D9", work("D9", `"sealed":true`))
	for i := range 20 {
		p.api(fmt.Sprintf("delete D%d", i+1), fmt.Sprintf("STREAM.DELETE.D%d", i+1), "")
	}
	p.api("delete: unknown", "STREAM.DELETE.D1", "")
	p.api("info: unknown", "STREAM.INFO.D1", "")
}

// contents has what is kept in streams: state, purges, messages by sequence, subject and time.
func contents(p *player) {
	p.quietly("$JS.API.STREAM.CREATE.C", work("C", `"subjects":["c.*"]`))
	for i := range 12 {
		p.quietly(fmt.Sprintf("c.%c", 'a'+i%3), fmt.Sprintf("body %d", i+1), "Color: blue")
	}
	p.api("state", "STREAM.INFO.C", "")
	p.api("subjects of all", "STREAM.INFO.C", `{"subjects_filter":">"}`)
	p.api("subjects of one", "STREAM.INFO.C", `{"subjects_filter":"c.a"}`)
	p.api("subjects of none", "STREAM.INFO.C", `{"subjects_filter":"x"}`)
	p.api("subjects from 2", "STREAM.INFO.C", `{"subjects_filter":">","offset":2}`)
	for _, c := range []struct{ step, body string }{
		{"sequence", `{"seq":3}`},
		{"no such sequence", `{"seq":99}`},
		{"last of a subject", `{"last_by_subj":"c.b"}`},
		{"last of a wildcard", `{"last_by_subj":"c.*"}`},
		{"last of none", `{"last_by_subj":"x"}`},
		{"next of a subject", `{"next_by_subj":"c.b","seq":3}`},
		{"next without sequence", `{"next_by_subj":"c.c"}`},
		{"next of none", `{"next_by_subj":"c.b","seq":12}`},
		{"no headers", `{"seq":3,"no_hdr":true}`},
		{"since a time", `{"start_time":"2020-01-01T00:00:00Z"}`},
		{"since a time to come", `{"start_time":"2099-01-01T00:00:00Z"}`},
		{"since a time, of a subject", `{"start_time":"2020-01-01T00:00:00Z","next_by_subj":"c.c"}`},
		{"nothing", `{}`}, {"no body", ``}, {"sequence and last", `{"seq":3,"last_by_subj":"c.a"}`},
		{"sequence and time", `{"seq":3,"start_time":"2020-01-01T00:00:00Z"}`},
		{"last and next", `{"last_by_subj":"c.a","next_by_subj":"c.a"}`},
		{"batch", `{"seq":1,"batch":2}`}, {"unknown field", `{"sequence":1}`}, {"no JSON", `{`},
	} {
		p.api("get: "+c.step, "STREAM.MSG.GET.C", c.body)
	}
	p.api("get: unknown stream", "STREAM.MSG.GET.NONE", `{"seq":1}`)
	p.api("direct get", "DIRECT.GET.C", `{"seq":1}`)
	for _, c := range []struct{ step, body string }{
		{"one", `{"seq":5}`}, {"again", `{"seq":5}`}, {"no erase", `{"seq":6,"no_erase":true}`},
		{"none", `{"seq":99}`}, {"zero", `{"seq":0}`}, {"no body", ``}, {"no JSON", `{`},
	} {
		p.api("message delete: "+c.step, "STREAM.MSG.DELETE.C", c.body)
	}
	p.api("message delete: unknown stream", "STREAM.MSG.DELETE.NONE", `{"seq":1}`)
	p.api("state with deleted", "STREAM.INFO.C", `{"deleted_details":true}`)
	for _, c := range []struct{ step, body string }{
		{"filter and keep", `{"filter":"c.a","keep":1}`}, {"sequence", `{"seq":4}`}, {"filter and sequence", `{"filter":"c.c","seq":8}`},
		{"keep and sequence", `{"keep":1,"seq":4}`}, {"filter of nothing", `{"filter":"x"}`}, {"keep", `{"keep":2}`},
		{"no JSON", `{`}, {"unknown field", `{"subject":"c.a"}`}, {"all", ``}, {"nothing", ``},
	} {
		p.api("purge: "+c.step, "STREAM.PURGE.C", c.body)
	}
	p.api("purge: unknown stream", "STREAM.PURGE.NONE", "")
	p.api("state, purged", "STREAM.INFO.C", `{"deleted_details":true}`)
	p.quietly("c.a", "one more")
	p.api("state, one more", "STREAM.INFO.C", "")
	p.quietly("$JS.API.STREAM.DELETE.C", "")
	p.quietly("$JS.API.STREAM.CREATE.DENY", work("DENY", `"deny_delete":true,"deny_purge":true`))
	p.quietly("DENY", "x")
	p.api("message delete: denied", "STREAM.MSG.DELETE.DENY", `{"seq":1}`)
	p.api("purge: denied", "STREAM.PURGE.DENY", "")
	p.quietly("$JS.API.STREAM.DELETE.DENY", "")
}
