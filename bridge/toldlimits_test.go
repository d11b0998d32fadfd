package bridge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sluicemq/sluice/bridge/config"
)

// asAnna are the words by which anna, who may do everything, logs in.
const (
	stompAnna = "CONNECT\naccept-version:1.2\nhost:x\nlogin:anna\npasscode:" + usersPassword + "\n\n\x00"
	natsAnna  = `CONNECT {"verbose":false,"pedantic":false,"headers":true,"user":"anna","pass":"` + usersPassword + "\"}\r\n"
)

// meet is how a limit is met: what is set, and what a client then does, which returns what it was told.
type meet struct {
	set func(*config.Config)
	do  func(p *peopled) string
}

// Each limit of the table that names this test is met in each dialect, by a client of a house: it is told what the table says, and the
// metric counts it.
func TestToldLimits(t *testing.T) {
	meets := allMeets()
	for _, l := range config.Limits() {
		for dialect, told := range l.Dialects() {
			if told.Test != "bridge TestToldLimits" {
				continue
			}
			name := l.Key + " " + dialect
			m, ok := meets[name]
			if delete(meets, name); !ok {
				t.Errorf("nobody meets %s", name)
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				met(t, &l, told.Text, m)
			})
		}
	}
	for name := range meets {
		t.Errorf("%s is met, and not in the table", name)
	}
}

func met(t *testing.T, l *config.Limit, text string, m meet) {
	p := openPeopledWith(t, m.set)
	got := m.do(p)
	if word := regexp.MustCompile("`[^`]+`").FindString(text); !strings.Contains(got, strings.Trim(word, "`")) || word == "" && strings.HasPrefix(text, "closed") && got != "" {
		t.Errorf("told %q, want %s", got, text)
	}
	metric := fmt.Sprintf(`sluice_refused_total{limit="%s"} `, l.Key)
	switch {
	case strings.HasPrefix(l.Metrics, "sluice_connections_refused_total"):
		metric = fmt.Sprintf(`sluice_connections_refused_total{gateway="%s",reason="connections"} `, strings.SplitN(l.Key, "_", 2)[0])
	case !strings.HasPrefix(l.Metrics, config.Counted):
		return
	}
	if l.Key == "admin_max_connections" { // nobody can ask while the listener is full
		if p.bounds.admin.Counts().RefusedAll == 0 {
			t.Error("not counted")
		}
		return
	}
	for end := time.Now().Add(patience); ; { // a closed connection is counted a moment after the client sees it
		_, metrics := get(t, p.House, "/metrics")
		at := strings.Index(metrics, "\n"+metric)
		if at >= 0 && metrics[at+1+len(metric)] != '0' {
			return
		}
		if at < 0 || time.Now().After(end) {
			t.Fatalf("no %s in /metrics, or 0", metric)
		}
	}
}

// says says something on a connection of its own, and returns all that comes until it is closed.
func (p *peopled) says(addr, text string) string {
	p.t.Helper()
	return connectTo(p.t, addr, text)
}

// sayUntil says something, and reads until a text has come, or the end.
func (p *peopled) sayUntil(addr, text, until string) string {
	p.t.Helper()
	nc := p.open(addr, text)
	var got bytes.Buffer
	b := make([]byte, 4<<10)
	for !strings.Contains(got.String(), until) {
		n, err := nc.Read(b)
		got.Write(b[:n])
		if err != nil {
			break
		}
	}
	return got.String()
}

// open says something on a connection that stays until the test ends.
func (p *peopled) open(addr, text string) net.Conn {
	p.t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(nc, text); err != nil {
		p.t.Fatal(err)
	}
	return nc
}

// ask makes a request, and returns its status, its header and its body. Client is its connection; nil: one of its own.
func (p *peopled) ask(client *http.Client, r *http.Request) string {
	p.t.Helper()
	if client == nil {
		client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	}
	res, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return fmt.Sprint(res.Status, " ", res.Header, " ", string(b))
}

// signed makes a request of SQS, signed with a secret.
func (p *peopled) signed(client *http.Client, secret, action, body string) string {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+p.Addrs().SQS+"/", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	sum := sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "AKANNA", SecretAccessKey: secret}, r,
		hex.EncodeToString(sum[:]), "sqs", "us-east-1", time.Now())
	if err != nil {
		p.t.Fatal(err)
	}
	return p.ask(client, r)
}

// admin makes a request to the admin listener as anna, or who knows her password no better.
func (p *peopled) admin(client *http.Client, method, password, body string) string {
	p.t.Helper()
	r, err := http.NewRequest(method, "http://"+p.Addrs().Admin+"/v1/moves", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("anna", password)
	return p.ask(client, r)
}

// keeper is a client with one connection, which stays until the test ends.
func (p *peopled) keeper() *http.Client {
	t := &http.Transport{MaxConnsPerHost: 1}
	p.t.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t}
}

// stompFrame is a frame without a body.
func stompFrame(command string, headers ...string) string {
	return command + "\n" + strings.Join(headers, "\n") + "\n\n\x00"
}

func natsRequest(subject, body string) string {
	return fmt.Sprintf("SUB reply 1\r\nPUB $JS.API.%s reply %d\r\n%s\r\n", subject, len(body), body)
}

// until returns a meet that says something to a dialect and reads until a text.
func until(set func(*config.Config), addr func(*peopled) string, text, want string) meet {
	return meet{set, func(p *peopled) string { return p.sayUntil(addr(p), text, want) }}
}

func stompOf(p *peopled) string { return p.Addrs().STOMP }
func natsOf(p *peopled) string  { return p.Addrs().NATS }
func sqsOf(p *peopled) string   { return p.Addrs().SQS }
func adminOf(p *peopled) string { return p.Addrs().Admin }

func allMeets() map[string]meet {
	all := make(map[string]meet)
	for _, some := range []map[string]meet{stompMeets(), natsMeets(), httpMeets(), userMeets(), rateMeets(), loginMeets()} {
		for name, m := range some {
			all[name] = m
		}
	}
	return all
}

func stompMeets() map[string]meet {
	said := func(set func(*config.STOMPLimits), text string) meet {
		return meet{func(c *config.Config) { set(&c.STOMPLimits) }, func(p *peopled) string { return p.says(stompOf(p), text) }}
	}
	const subscribe, begin, send = "SUBSCRIBE", "BEGIN", "SEND"
	sub := func(id string) string { return stompFrame(subscribe, "id:"+id, "destination:/queue/a") }
	tx := func(id string) string { return stompFrame(begin, "transaction:"+id) }
	return map[string]meet{
		"stomp_max_connections STOMP": {func(c *config.Config) { c.STOMPLimits.Connections = 1 }, func(p *peopled) string {
			stay(p.t, stompOf(p), stompAnna)
			return p.says(stompOf(p), "")
		}},
		"stomp_login_timeout STOMP":     said(func(l *config.STOMPLimits) { l.LoginTimeout = config.MinSTOMPTimeout }, "CONNECT\n"),
		"stomp_max_login_frame STOMP":   said(func(l *config.STOMPLimits) { l.LoginFrame = 1 }, "CONNECT\nx:"+strings.Repeat("x", 1024)),
		"stomp_max_headers STOMP":       said(func(l *config.STOMPLimits) { l.Headers = 10 }, stompAnna+send+"\n"+strings.Repeat("a:b\n", 11)),
		"stomp_max_header_size STOMP":   said(func(l *config.STOMPLimits) { l.HeaderSize = 1 }, stompAnna+send+"\nx:"+strings.Repeat("x", 1024)),
		"stomp_max_body STOMP":          said(func(l *config.STOMPLimits) { l.Body = 1 }, stompAnna+send+"\ndestination:/queue/a\ncontent-length:1025\n\n"),
		"stomp_max_subscriptions STOMP": said(func(l *config.STOMPLimits) { l.Subscriptions = 1 }, stompAnna+sub("1")+sub("2")),
		"stomp_max_transactions STOMP":  said(func(l *config.STOMPLimits) { l.Transactions = 1 }, stompAnna+tx("1")+tx("2")),
		"stomp_max_transaction_ops STOMP": said(func(l *config.STOMPLimits) { l.TransactionOps = 1 },
			stompAnna+tx("1")+strings.Repeat(stompFrame(send, "destination:/queue/a", "transaction:1"), 2)),
		"stomp_max_transaction_size STOMP": said(func(l *config.STOMPLimits) { l.TransactionSize = 1 },
			stompAnna+tx("1")+send+"\ndestination:/queue/a\ntransaction:1\n\n"+strings.Repeat("x", 2000)+"\x00"),
	}
}

func natsMeets() map[string]meet {
	said := func(set func(*config.NATSLimits), text string) meet {
		return meet{func(c *config.Config) { set(&c.NATSLimits) }, func(p *peopled) string { return p.says(natsOf(p), text) }}
	}
	return map[string]meet{
		"nats_max_connections NATS": {func(c *config.Config) { c.Connections.NATS = 1 }, func(p *peopled) string {
			stay(p.t, natsOf(p), "")
			return p.says(natsOf(p), "")
		}},
		"nats_login_timeout NATS":    said(func(l *config.NATSLimits) { l.LoginTimeout = config.MinTimeout }, ""),
		"nats_max_login_size NATS":   said(func(l *config.NATSLimits) { l.LoginSize = 1 }, "PUB a 1025\r\n"),
		"nats_max_control_line NATS": said(func(l *config.NATSLimits) { l.ControlLine = 1 }, natsAnna+"PUB "+strings.Repeat("a", 1100)),
		"nats_max_payload NATS":      said(func(l *config.NATSLimits) { l.Payload = 1 }, natsAnna+"PUB a 1025\r\n"),
		"nats_max_subscriptions NATS": until(func(c *config.Config) { c.NATSLimits.Subscriptions = 1 }, natsOf,
			natsAnna+"SUB a 1\r\nSUB b 2\r\n", "exceeded"),
	}
}

func httpMeets() map[string]meet {
	const post = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ListQueues\r\n"
	short := config.MinTimeout
	filled := func(p *peopled, addr string) string {
		p.open(addr, "")
		for {
			if d := p.bounds.doors(); d["sqs"].Counts().Open+d["admin"].Counts().Open == 1 {
				return p.says(addr, "")
			}
		}
	}
	move := func(p *peopled, head, body string) string {
		return p.says(adminOf(p), "POST /v1/moves HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Basic "+
			"YW5uYTpjb3JyZWN0\r\nConnection: close\r\n"+head+"\r\n"+body)
	}
	return map[string]meet{
		"sqs_max_connections SQS": {func(c *config.Config) { c.Connections.SQS = 1 }, func(p *peopled) string { return filled(p, sqsOf(p)) }},
		"sqs_header_timeout SQS":  {func(c *config.Config) { c.SQSLimits.HeaderTimeout = short }, func(p *peopled) string { return p.says(sqsOf(p), "POST") }},
		"sqs_request_timeout SQS": {func(c *config.Config) { c.SQSLimits.RequestTimeout = short }, func(p *peopled) string {
			return p.says(sqsOf(p), post+"Content-Length: 10\r\n\r\n{")
		}},
		"sqs_idle_timeout SQS": {func(c *config.Config) { c.SQSLimits.IdleTimeout = short }, func(p *peopled) string {
			got := p.says(sqsOf(p), post+"Content-Length: 2\r\n\r\n{}")
			return got[strings.LastIndex(got, "}")+1:] // behind the answer
		}},
		"sqs_max_header_size SQS": {func(c *config.Config) { c.SQSLimits.Header = 1 }, func(p *peopled) string {
			r, _ := http.NewRequest(http.MethodPost, "http://"+sqsOf(p), strings.NewReader("{}"))
			r.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
			r.Header.Set("X-Long", strings.Repeat("x", 1100))
			return p.sqsWith(r)
		}},
		"sqs_max_body SQS": {func(c *config.Config) { c.SQSLimits.Body = 1 }, func(p *peopled) string {
			return p.signed(nil, usersSecret, "ListQueues", strings.Repeat(" ", 1025))
		}},
		"admin_max_connections admin": {func(c *config.Config) { c.AdminLimits.Connections = 1 }, func(p *peopled) string { return filled(p, adminOf(p)) }},
		"admin_header_timeout admin":  {func(c *config.Config) { c.AdminLimits.HeaderTimeout = short }, func(p *peopled) string { return p.says(adminOf(p), "GET") }},
		"admin_request_timeout admin": {func(c *config.Config) { c.AdminLimits.RequestTimeout = 5 * time.Second }, func(p *peopled) string {
			return move(p, "Content-Length: 10\r\n", "{")
		}},
		"admin_max_header_size admin": {func(c *config.Config) { c.AdminLimits.Header = 1 }, func(p *peopled) string {
			return p.says(adminOf(p), "GET /livez HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 8<<10)+"\r\n\r\n")
		}},
		"admin_max_body admin": {func(c *config.Config) { c.AdminLimits.Body = 1 }, func(p *peopled) string {
			return p.admin(nil, http.MethodPost, usersPassword, `{"from":"`+strings.Repeat("x", 1024)+`"}`)
		}},
	}
}

// sqsWith signs a request and makes it.
func (p *peopled) sqsWith(r *http.Request) string {
	p.t.Helper()
	sum := sha256.Sum256([]byte("{}"))
	err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "AKANNA", SecretAccessKey: usersSecret}, r,
		hex.EncodeToString(sum[:]), "sqs", "us-east-1", time.Now())
	if err != nil {
		p.t.Fatal(err)
	}
	return p.ask(nil, r)
}

func userMeets() map[string]meet {
	one := func(c *config.Config) {
		u := &c.UserLimits
		u.Connections, u.Subscriptions, u.Transactions, u.Queues, u.Consumers = 1, 1, 1, 1, 1
	}
	const frameOfTwo = "SUBSCRIBE\nid:2\ndestination:/queue/a\n\n\x00"
	two := func(c *config.Config) { one(c); c.UserLimits.Connections = 2 }
	stream := func(name string) string {
		return natsRequest("STREAM.CREATE."+name, `{"name":"`+name+`","retention":"workqueue","subjects":["`+name+`","`+name+`.x"]}`)
	}
	consumer := func(name, filter string) string {
		return natsRequest("CONSUMER.CREATE.S."+name, `{"stream_name":"S","config":{"name":"`+name+`","ack_policy":"explicit","filter_subject":"`+filter+`"}}`)
	}
	// Of all dialects together: the first connection is one of STOMP.
	second := func(do func(p *peopled) string) meet {
		return meet{one, func(p *peopled) string {
			stay(p.t, stompOf(p), stompAnna)
			return do(p)
		}}
	}
	return map[string]meet{
		"user_max_connections STOMP": second(func(p *peopled) string { return p.says(stompOf(p), stompAnna) }),
		"user_max_connections NATS":  second(func(p *peopled) string { return p.says(natsOf(p), natsAnna+"PING\r\n") }),
		"user_max_connections SQS":   second(func(p *peopled) string { return p.signed(nil, usersSecret, "ListQueues", "{}") }),
		"user_max_connections admin": second(func(p *peopled) string { return p.admin(nil, http.MethodGet, usersPassword, "") }),
		"user_max_subscriptions STOMP": {two, func(p *peopled) string {
			nc := p.open(natsOf(p), natsAnna+"SUB a 1\r\nPING\r\n")
			for r := bufio.NewReader(nc); ; {
				if line, err := r.ReadString('\n'); err != nil || line == "PONG\r\n" {
					return p.says(stompOf(p), stompAnna+frameOfTwo)
				}
			}
		}},
		"user_max_subscriptions NATS": until(one, natsOf, natsAnna+"SUB a 1\r\nSUB b 2\r\n", "exceeded"),
		"user_max_transactions STOMP": {one, func(p *peopled) string {
			return p.says(stompOf(p), stompAnna+stompFrame("BEGIN", "transaction:1")+stompFrame("BEGIN", "transaction:2"))
		}},
		"user_max_queues STOMP": {one, func(p *peopled) string {
			return p.says(stompOf(p), stompAnna+stompFrame("SEND", "destination:/queue/a")+stompFrame("SEND", "destination:/queue/b"))
		}},
		"user_max_queues NATS": until(one, natsOf, natsAnna+stream("S")+stream("T"), "10027"),
		"user_max_queues SQS": {one, func(p *peopled) string {
			client := p.keeper()
			return p.signed(client, usersSecret, "CreateQueue", `{"QueueName":"a"}`) + p.signed(client, usersSecret, "CreateQueue", `{"QueueName":"b"}`)
		}},
		"user_max_consumers NATS": until(one, natsOf, natsAnna+stream("S")+consumer("c", "S")+consumer("d", "S.x"), "10026"),
	}
}

// rateMeets are of who is slowed: of him a receipt comes yet, or an answer, later. The clock of the rates stands,
// so that nobody is within them because the machine is slow.
func rateMeets() map[string]meet {
	requests := func(c *config.Config) { c.UserLimits.Requests = 2 }
	volume := func(c *config.Config) { c.UserLimits.Bytes = 1 }
	slow := func(set func(*config.Config), size int) (stompMeet, natsMeet meet) {
		body := strings.Repeat("x", size)
		send := strings.Repeat("SEND\ndestination:/queue/a\n\n"+body+"\x00", 3)
		publish := strings.Repeat(fmt.Sprintf("PUB a %d\r\n%s\r\n", size, body), 3)
		return until(set, stompOf, stompAnna+send+"SEND\ndestination:/queue/a\nreceipt:end\n\n\x00", "receipt-id:end"),
			until(set, natsOf, natsAnna+publish+"PING\r\n", "PONG")
	}
	all := make(map[string]meet)
	all["user_max_requests STOMP"], all["user_max_requests NATS"] = slow(requests, 1)
	all["user_max_bytes STOMP"], all["user_max_bytes NATS"] = slow(volume, 700)
	for key, set := range map[string]func(*config.Config){"user_max_requests": requests, "user_max_bytes": volume} {
		all[key+" SQS"] = meet{set, func(p *peopled) (last string) {
			for range 3 {
				last = p.signed(nil, usersSecret, "ListQueues", "{"+strings.Repeat(" ", 2000)+"}")
			}
			return last
		}}
		all[key+" admin"] = meet{set, func(p *peopled) (last string) {
			for range 3 {
				if last = p.admin(nil, http.MethodPost, usersPassword, `{"from":"`+strings.Repeat("x", 20_000)+`"}`); strings.HasPrefix(last, "429") {
					break
				}
			}
			return last
		}}
	}
	for name, m := range all {
		all[name] = meet{m.set, func(p *peopled) string {
			now := time.Now()
			p.bounds.quotas.Now = func() time.Time { return now }
			return m.do(p)
		}}
	}
	return all
}

func loginMeets() map[string]meet {
	set := func(c *config.Config) { c.LoginLimits.Failures = 2 }
	wrong := func(s string) string { return strings.Replace(s, usersPassword, "wrong", 1) }
	thrice := func(wrong, right func(p *peopled) string) meet {
		return meet{set, func(p *peopled) string {
			for range 2 {
				wrong(p)
			}
			got := right(p)
			if !strings.Contains(p.log.String(), "logins locked") {
				p.t.Error("the log says nothing of the lock")
			}
			return got
		}}
	}
	return map[string]meet{
		"login_max_failures STOMP": thrice(func(p *peopled) string { return p.says(stompOf(p), wrong(stompAnna)) }, func(p *peopled) string { return p.says(stompOf(p), stompAnna) }),
		"login_max_failures NATS":  thrice(func(p *peopled) string { return p.says(natsOf(p), wrong(natsAnna)) }, func(p *peopled) string { return p.says(natsOf(p), natsAnna) }),
		"login_max_failures SQS": thrice(func(p *peopled) string { return p.signed(nil, "wrong", "ListQueues", "{}") },
			func(p *peopled) string { return p.signed(nil, usersSecret, "ListQueues", "{}") }),
		"login_max_failures admin": thrice(func(p *peopled) string { return p.admin(nil, http.MethodGet, "wrong", "") },
			func(p *peopled) string { return p.admin(nil, http.MethodGet, usersPassword, "") }),
	}
}
