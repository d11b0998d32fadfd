package compare_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// patience is when a step gives up on an answer that a server gives at once.
	patience = time.Minute
	// silence is how long nothing comes where a server does not answer.
	silence = 4 * time.Second
)

// answer is what a server said to one step: each field by its path.
type answer struct {
	step   string
	fields map[string]string
}

// player plays steps to one server.
type player struct {
	t       *testing.T
	addr    string
	late    bool // counts later than it answers, and tells of each request of the API
	nc      *nats.Conn
	answers []answer
}

func newPlayer(t *testing.T, addr string, late bool) *player {
	t.Helper()
	nc, err := nats.Connect("nats://"+addr, nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return &player{t: t, addr: addr, late: late, nc: nc}
}

// says records the answer to a step, whose name must be new.
func (p *player) says(step string, fields map[string]string) {
	p.t.Helper()
	for _, a := range p.answers {
		if a.step == step {
			p.t.Fatalf("two steps are called %s", step)
		}
	}
	p.answers = append(p.answers, answer{step, fields})
}

// request sends a request and returns the fields of the answer. Headers are "Name: value".
func (p *player) request(subject, body string, headers ...string) map[string]string {
	p.t.Helper()
	m := nats.NewMsg(subject)
	m.Data = []byte(body)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		m.Header[name] = append(m.Header[name], value)
	}
	got, err := p.nc.RequestMsg(m, patience)
	return p.heard(got, err)
}

// heard returns the fields of an answer, or that there was none.
func (p *player) heard(m *nats.Msg, err error) map[string]string {
	p.t.Helper()
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return map[string]string{"status": "503 no responders"}
	case errors.Is(err, nats.ErrTimeout):
		return map[string]string{"status": "silence"}
	case err != nil:
		p.t.Fatal(err)
	}
	return p.fields(m)
}

// perhaps plays requests that a server may leave without an answer, all at once.
func (p *player) perhaps(step string, subjects ...string) {
	p.t.Helper()
	waiting := make([]*nats.Subscription, len(subjects))
	for i, subject := range subjects {
		sub, err := p.nc.SubscribeSync(nats.NewInbox())
		if err == nil {
			err = p.nc.PublishRequest(subject, sub.Subject, nil)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		waiting[i] = sub
	}
	p.quietly("$JS.API.INFO", "") // however busy it is, the server has come to this
	until := time.Now().Add(silence)
	for i, subject := range subjects {
		m, err := waiting[i].NextMsg(max(time.Until(until), time.Millisecond))
		p.says(step+subject, p.heard(m, err))
		_ = waiting[i].Unsubscribe() // the connection ends it otherwise
	}
}

// fields are those of a message: of its JSON, or its text, and of its headers.
func (p *player) fields(m *nats.Msg) map[string]string {
	fields := make(map[string]string)
	var body any
	switch err := json.Unmarshal(m.Data, &body); {
	case err == nil:
		flatten(fields, "", body)
	case len(m.Data) > 0:
		fields["text"] = string(m.Data)
	default:
		fields["text"] = "empty"
	}
	for name, values := range m.Header {
		fields["header "+name] = normal(name, strings.Join(values, ", "))
	}
	return fields
}

// api plays a request of the API: the subject is without $JS.API.
func (p *player) api(step, subject, body string, headers ...string) {
	p.t.Helper()
	p.says(step, p.request("$JS.API."+subject, body, headers...))
}

// counted plays a request of the API whose answer is counted.
func (p *player) counted(step, subject, field, want string) {
	p.t.Helper()
	p.says(step, p.count(subject, field, want))
}

// count asks the API, and returns the first answer; of a server that counts later than it answers the first
// that has a value, if there is one.
func (p *player) count(subject, field, want string) map[string]string {
	p.t.Helper()
	until := time.Now().Add(patience)
	got := p.request("$JS.API."+subject, "")
	for p.late && got[field] != want && time.Now().Before(until) {
		got = p.request("$JS.API."+subject, "")
	}
	return got
}

// send publishes, and records the PubAck.
func (p *player) send(step, subject, body string, headers ...string) {
	p.t.Helper()
	p.says(step, p.request(subject, body, headers...))
}

// quietly does what needs no comparison, but must be answered.
func (p *player) quietly(subject, body string, headers ...string) {
	p.t.Helper()
	got := p.request(subject, body, headers...)
	if got["error.description"] != "" || got["status"] != "" {
		p.t.Fatalf("%s: %v", subject, got)
	}
}

// pull sends a pull request, records n messages of the answer and returns them.
func (p *player) pull(step, consumer, body string, n int) []*nats.Msg {
	p.t.Helper()
	sub, err := p.nc.SubscribeSync(nats.NewInbox())
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection ends it otherwise
	if err := p.nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+consumer, sub.Subject, []byte(body)); err != nil {
		p.t.Fatal(err)
	}
	return p.take(step, sub, n)
}

// take records n messages of a subscription.
func (p *player) take(step string, sub *nats.Subscription, n int) (all []*nats.Msg) {
	p.t.Helper()
	fields := make(map[string]string)
	for i := range n {
		m, err := sub.NextMsg(patience)
		switch {
		case errors.Is(err, nats.ErrNoResponders):
			fields[fmt.Sprintf("%d.status", i)] = "503 no responders"
			continue
		case err != nil:
			fields[fmt.Sprintf("%d.status", i)] = "silence"
			continue
		}
		for name, value := range p.fields(m) {
			fields[fmt.Sprintf("%d.%s", i, name)] = value
		}
		fields[fmt.Sprintf("%d.subject", i)] = inbox(m.Subject)
		tokens(fields, fmt.Sprintf("%d.reply", i), m.Reply)
		all = append(all, m)
	}
	p.says(step, fields)
	return all
}

// tokens names the tokens of an ack subject.
func tokens(fields map[string]string, path, reply string) {
	parts := strings.Split(reply, ".")
	if len(parts) < 3 || parts[1] != "ACK" {
		fields[path] = inbox(reply)
		return
	}
	fields[path+".tokens"] = fmt.Sprint(len(parts))
	for i, name := range []string{"", "", "stream", "consumer", "delivered", "stream_seq", "consumer_seq", "time", "pending"} {
		switch {
		case i >= len(parts) || name == "":
		case name == "time":
			fields[path+".time"] = fmt.Sprintf("%d digits", len(parts[i]))
		default:
			fields[path+"."+name] = parts[i]
		}
	}
}

func inbox(subject string) string {
	if strings.HasPrefix(subject, "_INBOX.") {
		return "(inbox)"
	}
	return subject
}

// settle answers a delivery with a request, and records what comes back.
func (p *player) settle(step string, m *nats.Msg, body string) {
	p.t.Helper()
	p.says(step, p.request(m.Reply, body))
}

// info records the INFO line of a connection.
func (p *player) info(step string) {
	p.t.Helper()
	nc, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	line, err := bufio.NewReader(nc).ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	var body any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &body); err != nil {
		p.t.Fatal(err)
	}
	fields := make(map[string]string)
	flatten(fields, "", body)
	p.says(step, fields)
}
