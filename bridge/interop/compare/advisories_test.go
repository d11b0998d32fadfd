package compare_test

import (
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// advisories has what is told of streams, consumers and messages that are given up.
func advisories(p *player) {
	sub, err := p.nc.SubscribeSync("$JS.EVENT.ADVISORY.>")
	if err != nil {
		p.t.Fatal(err)
	}
	told := map[string]map[string]string{}
	p.quietly("$JS.API.STREAM.CREATE.A", work("A", `"subjects":["a.>"]`))
	p.quietly("$JS.API.STREAM.UPDATE.A", work("A", `"subjects":["a.>"],"description":"x"`))
	p.quietly("$JS.API.CONSUMER.CREATE.A.c", strings.Replace(explicit(`"durable_name":"c","max_deliver":1`), `"S"`, `"A"`, 1))
	p.quietly("$JS.API.CONSUMER.PAUSE.A.c", `{"pause_until":"2099-01-01T00:00:00Z"}`)
	p.quietly("$JS.API.CONSUMER.PAUSE.A.c", `{}`)
	for range 2 {
		p.quietly("a.x", "x")
	}
	p.count("CONSUMER.INFO.A.c", "num_pending", "2") // is told with each delivery
	all := p.pull("advisories: deliveries", "A.c", `{"batch":2,"expires":60000000000}`, 2)
	if len(all) == 2 {
		p.settle("advisories: nak", all[0], "-NAK")
		p.settle("advisories: term", all[1], "+TERM bad")
	}
	p.pull("advisories: no more", "A.c", `{"batch":1,"no_wait":true}`, 1)
	p.quietly("$JS.API.CONSUMER.DELETE.A.c", "")
	p.quietly("$JS.API.STREAM.DELETE.A", "")
	p.hear(sub, told)
	for _, name := range kinds {
		fields := told[name]
		if fields == nil {
			fields = map[string]string{"status": "silence"}
		}
		p.says("advisory: "+name, fields)
	}
}

// kinds are the advisories that are waited for, and the ones of the API, of which there are
// some before them where there are any.
var kinds = []string{
	"STREAM.CREATED.A", "STREAM.UPDATED.A", "CONSUMER.CREATED.A.c", "CONSUMER.PAUSE.A.c", "CONSUMER.MSG_NAKED.A.c",
	"CONSUMER.MSG_TERMINATED.A.c", "CONSUMER.MAX_DELIVERIES.A.c", "CONSUMER.DELETED.A.c", "STREAM.DELETED.A", "API",
}

// hear collects advisories until all have come. Those of the API go first to the wire where there
// are any; of a kind that comes twice the first counts.
func (p *player) hear(sub *nats.Subscription, told map[string]map[string]string) {
	p.t.Helper()
	wait := patience
	for len(told) < len(kinds) {
		if len(told) == len(kinds)-1 && told["API"] == nil && !p.late {
			wait = 100 * time.Millisecond // nobody tells of the API, or did already
		}
		m, err := sub.NextMsg(wait)
		if errors.Is(err, nats.ErrTimeout) {
			return
		}
		if err != nil {
			p.t.Fatal(err)
		}
		name := strings.TrimPrefix(m.Subject, "$JS.EVENT.ADVISORY.")
		if told[name] == nil {
			told[name] = p.fields(m)
		}
		if name == "API" {
			told[name] = map[string]string{"status": "told"}
		}
	}
}
