package nats_test

import (
	"strings"
	"testing"
)

// What nats-server 2.15.2 cannot read, or finds missing, is refused with its own codes
// and texts (interop/compare has both answer).
func TestRequestsThatCannotBeRead(t *testing.T) {
	h := start(t)
	nc := h.dial()
	ask := func(subject, body string) string {
		return string(must(nc.Request("$JS.API."+subject, []byte(body), patience))(t).Data)
	}
	ask("STREAM.CREATE.S", `{"name":"S","retention":"workqueue","allow_msg_ttl":true}`)
	for _, tt := range []struct{ subject, body, want string }{
		{"STREAM.CREATE.S", `{"name":"S","retention":"workqueue","allow_msg_ttl":true}`, `"did_create":true`},
		{"STREAM.INFO.S", ``, `"total":0,"offset":0,"limit":0`},
		{"STREAM.CREATE.B", ``, `"err_code":10056`},
		{"CONSUMER.CREATE.S.c", ``, `"err_code":10056`},
		{"STREAM.MSG.GET.S", ``, `"err_code":10003`},
		{"STREAM.MSG.DELETE.S", ``, `"err_code":10003`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"forever"}`, `"err_code":10025,"description":"invalid JSON: can not unmarshal \"\\\"forever\\\"\""`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"workqueue","storage":"tape"}`, `"err_code":10025`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"workqueue","discard":"some"}`, `"err_code":10025`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"workqueue","compression":"zip"}`, `unknown compression algorithm`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"workqueue","mirror_direct":true}`, `"err_code":10052,"description":"stream has no mirror but does have mirror direct"`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"workqueue","num_replicas":9}`, `maximum replicas is 5`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"workqueue","subjects":["b","b"]}`, `subject \"b\" overlaps with \"b\"`},
		{"STREAM.CREATE.B", `{"name":"B","retention":"workqueue","subjects":["$SYS.>"]}`, `overlap with system api`},
		{"STREAM.UPDATE.S", `{"name":"S","retention":"workqueue"}`, `message TTL status can not be disabled`},
		{"CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"ack_policy":"some"}}`, `"err_code":10025`},
		{"CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"ack_policy":"explicit","deliver_policy":"some"}}`, `"err_code":10025`},
		{"CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"ack_policy":"explicit","replay_policy":"slow"}}`, `"err_code":10025`},
		{"CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"ack_policy":"none"}}`, `"err_code":10084`},
		{"CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"ack_policy":"none","deliver_subject":"to.c"}}`, `"err_code":10098`},
		{"CONSUMER.CREATE.S.c", `{"stream_name":"S","config":{"ack_policy":"explicit"},"action":"destroy"}`, `unknown consumer action: \"destroy\"`},
	} {
		if got := ask(tt.subject, tt.body); !strings.Contains(got, tt.want) {
			t.Errorf("%s %s: %s, want %s", tt.subject, tt.body, got, tt.want)
		}
	}
}
