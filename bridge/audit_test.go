package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/admin"
)

// auditLine is a line of the audit log.
type auditLine struct {
	Time, Event, User, Credential, Key, Remote       string
	Dialect, Listener, Connection, Action, Operation string
	Target, Result, Reason                           string
	Count                                            int
}

func (p *peopled) audited() (all []auditLine) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.DataDir(), "audit.log"))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var l auditLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			p.t.Fatalf("%s: %v", line, err)
		}
		all = append(all, l)
	}
	return all
}

// same reports whether a line is as wanted: all of it but what differs from run to run. A reason
// needs to have what is wanted in it.
func (l auditLine) same(want auditLine) bool {
	if l.Time == "" || (l.Event != "server") != (l.Remote != "" && l.Listener != "") || l.Event != "server" && l.Dialect != "admin" && l.Connection == "" {
		return false
	}
	if !strings.Contains(l.Reason, want.Reason) || (l.Reason == "") != (want.Reason == "") {
		return false
	}
	l.Time, l.Remote, l.Listener, l.Connection, l.Reason = "", "", "", "", want.Reason
	return l == want
}

// wantLine looks for one in what was written behind the first before lines.
func (p *peopled) wantLine(name string, before int, want auditLine) {
	p.t.Helper()
	all := p.audited()[before:]
	if !slices.ContainsFunc(all, func(l auditLine) bool { return l.same(want) }) {
		p.t.Errorf("%s: no line\n%+v in", name, want)
		for _, l := range all {
			p.t.Errorf("%+v", l)
		}
	}
}

func (p *peopled) sqs(key, secret string) *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + p.Addrs().SQS), Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
		HTTPClient:  &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}},
	})
}

// stompWire sends frames to the STOMP listener, and returns what comes until a frame has until in it.
func (p *peopled) stompWire(until string, frames ...string) string {
	p.t.Helper()
	nc, err := net.Dial("tcp", p.Addrs().STOMP)
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	for _, f := range frames {
		if _, err := nc.Write([]byte(f + "\x00")); err != nil {
			p.t.Fatal(err)
		}
	}
	got, buffer := "", make([]byte, 4096)
	for !strings.Contains(got, until) {
		n, err := nc.Read(buffer)
		if got += string(buffer[:n]); err != nil {
			p.t.Fatalf("%q, %v", got, err)
		}
	}
	return got
}

func connectFrame(user, more string) string {
	return "CONNECT\naccept-version:1.2\nhost:x\nlogin:" + user + "\npasscode:" + usersPassword + "\n" + more + "\n"
}

// auditCase is something that a client does, and the line that it leaves.
type auditCase struct {
	name string
	do   func() error // an error is what it wants, if the line is of none that is ok
	want auditLine
}

// Everything that is to be audited, in every dialect, is, and its line says all there is to say.
func TestAuditOfAllDialects(t *testing.T) {
	p := openPeopled(t)
	var cases []auditCase
	cases = append(cases, p.auditOfLogins()...)
	cases = append(cases, p.auditOfSTOMP()...)
	cases = append(cases, p.auditOfJetStream()...)
	cases = append(cases, p.auditOfNATS()...)
	cases = append(cases, p.auditOfSQS()...)
	cases = append(cases, p.auditOfAdmin()...)
	for _, c := range cases {
		before := len(p.audited())
		if err := c.do(); (err == nil) != (c.want.Result == "ok") {
			t.Errorf("%s: %v", c.name, err)
		}
		p.wantLine(c.name, before, c.want)
	}
	if first := p.audited()[0]; !first.same(auditLine{Event: "server", Dialect: "server", Action: "start", Operation: first.Operation, Target: p.DataDir(), Result: "ok"}) {
		t.Errorf("the first line is %+v", first)
	}
	p.wantNoAuditedSecrets()
	closeHouse(t, p.House)
	if all := p.audited(); !all[len(all)-1].same(auditLine{Event: "server", Dialect: "server", Action: "stop", Target: p.DataDir(), Result: "ok"}) {
		t.Errorf("the last line is %+v", all[len(all)-1])
	}
}

// logins are in all dialects the same but for what was shown.
func (p *peopled) auditOfLogins() (cases []auditCase) {
	add := func(name string, do func() error, l auditLine) {
		l.Event, l.Action = "login", "login"
		cases = append(cases, auditCase{name, do, l})
	}
	for _, x := range []struct{ user, password, result, reason string }{
		{"anna", usersPassword, "ok", ""}, {"anna", "wrong", "denied", "credentials refused"}, {"otto", "wrong", "denied", "credentials refused"},
	} {
		l := auditLine{User: x.user, Credential: "password", Operation: "CONNECT", Result: x.result, Reason: x.reason}
		l.Dialect = "stomp"
		add("STOMP login", func() error { c, err := p.stomp(x.user, x.password); return ended(c, err) }, l)
		l.Dialect = "nats"
		add("NATS login", func() error { return p.natsOnce(nats.UserInfo(x.user, x.password)) }, l)
		l.Dialect, l.Operation = "admin", "GET /v1/moves"
		add("admin login", func() error { return ignoreNotFound(p.moves(x.user, x.password, "a")) }, l)
	}
	add("NATS token", func() error { return p.natsOnce(nats.Token(usersToken)) },
		auditLine{User: "anna", Credential: "token", Dialect: "nats", Operation: "CONNECT", Result: "ok"})
	add("NATS wrong token", func() error { return p.natsOnce(nats.Token("wrong\"token")) },
		auditLine{Credential: "token", Dialect: "nats", Operation: "CONNECT", Result: "denied", Reason: "credentials refused"})
	for key, want := range map[string]auditLine{
		"AKANNA": {User: "anna", Result: "ok"}, "AKOTTO": {Result: "denied", Reason: "credentials refused"},
	} {
		want.Credential, want.Key, want.Dialect, want.Operation = "access_key", key, "sqs", "ListQueues"
		add("SQS login", func() error { return p.listQueues(key, usersSecret) }, want)
	}
	add("SQS wrong secret", func() error { return p.listQueues("AKANNA", "wrong\"secret") },
		auditLine{Credential: "access_key", Key: "AKANNA", Dialect: "sqs", Operation: "ListQueues", Result: "denied", Reason: "SignatureDoesNotMatch"})
	return cases
}

func (p *peopled) natsOnce(o nats.Option) error {
	nc, err := p.nats(o)
	if err == nil {
		nc.Close()
	}
	return err
}

func (p *peopled) listQueues(key, secret string) error {
	_, err := p.sqs(key, secret).ListQueues(p.t.Context(), &sqs.ListQueuesInput{})
	return err
}

func (p *peopled) moves(user, password, queue string) error {
	c := p.client(user, password)
	_, err := c.Moves(p.t.Context(), queue)
	return err
}

func (p *peopled) client(user, password string) *admin.Client {
	return &admin.Client{Addr: p.Addrs().Admin, User: user, Password: password, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

func ignoreNotFound(err error) error {
	if err != nil && strings.Contains(err.Error(), "not found") {
		return nil
	}
	return err
}

func (p *peopled) auditOfSTOMP() []auditCase {
	anna := func(until string, frames ...string) func() error {
		return func() error {
			got := p.stompWire(until, append([]string{connectFrame("anna", "client-id:c1\n")}, frames...)...)
			if strings.Contains(got, "ERROR\n") {
				return errors.New(got)
			}
			return nil
		}
	}
	line := func(event, action, operation, target string) auditLine {
		return auditLine{Event: event, User: "anna", Credential: "password", Dialect: "stomp", Action: action, Operation: operation, Target: target, Result: "ok"}
	}
	denied := func(action, operation, target, reason string) auditLine {
		l := line("denial", action, operation, target)
		l.User, l.Result, l.Reason = "ben", "denied", reason
		return l
	}
	ben := func(f string) func() error {
		return func() error { return errors.New(p.stompWire("ERROR\n", connectFrame("ben", ""), f)) }
	}
	const durable = "activemq.subscriptionName:d\nreceipt:r\n"
	return []auditCase{
		{"create by send", anna("RECEIPT", "SEND\ndestination:/queue/s1\nreceipt:r\n\n"), line("act", "create", "first use", "s1")},
		{"create by subscribe", anna("RECEIPT", "SUBSCRIBE\nid:0\ndestination:/queue/s2\nreceipt:r\n\n"), line("act", "create", "first use", "s2")},
		{"browse", anna("RECEIPT", "SUBSCRIBE\nid:0\ndestination:/queue/s1\nbrowser:true\nreceipt:r\n\n"), line("act", "browse", "SUBSCRIBE", "s1")},
		{"durable", anna("RECEIPT", "SUBSCRIBE\nid:0\ndestination:/topic/t\n"+durable+"\n"), line("act", "create", "SUBSCRIBE", "c1.d")},
		{"durable removed", anna("RECEIPT", "UNSUBSCRIBE\nid:0\n"+durable+"\n"), line("act", "delete", "UNSUBSCRIBE", "c1.d")},
		{"denied send", ben("SEND\ndestination:/queue/a\n\n"), denied("send", "SEND", "/queue/a", `may not send to the queue "a"`)},
		{"denied subscribe", ben("SUBSCRIBE\nid:0\ndestination:/queue/b1\n\n"), denied("receive", "SUBSCRIBE", "/queue/b1", `may not receive from the queue "b1"`)},
	}
}

func (p *peopled) auditOfJetStream() []auditCase {
	nc, err := p.nats(nats.UserInfo("anna", usersPassword))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(patience))
	if err != nil {
		p.t.Fatal(err)
	}
	ctx := p.t.Context()
	config := jetstream.StreamConfig{Name: "j", Subjects: []string{"j.>"}, Retention: jetstream.WorkQueuePolicy}
	line := func(action, operation, target string, count int) auditLine {
		return auditLine{
			Event: "act", User: "anna", Credential: "password", Dialect: "nats", Action: action,
			Operation: "$JS.API." + operation, Target: target, Result: "ok", Count: count,
		}
	}
	publish := func() error { _, err := js.Publish(ctx, "j.x", []byte("x")); return err }
	stream := func() jetstream.Stream { s, _ := js.Stream(ctx, "j"); return s }
	failed := line("delete", "STREAM.DELETE", "none", 0)
	failed.Result, failed.Reason = "failed", "not found"
	return []auditCase{
		{"stream made", func() error { _, err := js.CreateStream(ctx, config); return err }, line("create", "STREAM.CREATE", "j", 0)},
		{"stream changed", func() error {
			config.MaxMsgs = 100
			_, err := js.UpdateStream(ctx, config)
			return err
		}, line("change", "STREAM.UPDATE", "j", 0)},
		{"consumer made", func() error {
			_, err := js.CreateConsumer(ctx, "j", jetstream.ConsumerConfig{Durable: "c", AckPolicy: jetstream.AckExplicitPolicy})
			return err
		}, line("create", "CONSUMER.CREATE", "j.c", 0)},
		{"consumer removed", func() error { return js.DeleteConsumer(ctx, "j", "c") }, line("delete", "CONSUMER.DELETE", "j.c", 0)},
		{"message got", func() error {
			if err := publish(); err != nil {
				return err
			}
			_, err := stream().GetMsg(ctx, stream().CachedInfo().State.FirstSeq)
			return err
		}, line("browse", "STREAM.MSG.GET", "j", 0)},
		{"message deleted", func() error { return stream().DeleteMsg(ctx, stream().CachedInfo().State.FirstSeq) }, line("purge", "STREAM.MSG.DELETE", "j", 1)},
		{"purged", func() error {
			if err := errors.Join(publish(), publish()); err != nil {
				return err
			}
			return stream().Purge(ctx)
		}, line("purge", "STREAM.PURGE", "j", 2)},
		{"stream removed", func() error { return js.DeleteStream(ctx, "j") }, line("delete", "STREAM.DELETE", "j", 0)},
		{"no such stream", func() error { return js.DeleteStream(ctx, "none") }, failed},
	}
}

func (p *peopled) auditOfNATS() []auditCase {
	told := make(chan error, 10)
	nc, err := p.nats(nats.UserInfo("ben", usersPassword), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { told <- err }))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(patience))
	if err != nil {
		p.t.Fatal(err)
	}
	line := func(action, operation, target, reason string) auditLine {
		return auditLine{
			Event: "denial", User: "ben", Credential: "password", Dialect: "nats", Action: action,
			Operation: operation, Target: target, Result: "denied", Reason: reason,
		}
	}
	return []auditCase{
		{"denied publish", func() error { return errors.Join(nc.Publish("x.y", nil), <-told) }, line("send", "PUB", "x.y", "Permissions Violation")},
		{"denied subscribe", func() error {
			_, err := nc.Subscribe("x.>", func(*nats.Msg) {})
			return errors.Join(err, <-told)
		}, line("receive", "SUB", "x.>", "Permissions Violation")},
		{"denied stream", func() error {
			_, err := js.CreateStream(p.t.Context(), jetstream.StreamConfig{Name: "a", Retention: jetstream.WorkQueuePolicy})
			return err
		}, line("create", "$JS.API.STREAM.CREATE", "a", "permission denied")},
		{"denied look", func() error { _, err := js.Stream(p.t.Context(), "s1"); return err }, line("other", "$JS.API.STREAM.INFO", "s1", "permission denied")},
	}
}

func (p *peopled) auditOfSQS() []auditCase {
	c, ctx := p.sqs("AKANNA", usersSecret), p.t.Context()
	url := aws.String("http://" + p.Addrs().SQS + "/000000000000/q")
	line := func(action, operation, target string) auditLine {
		return auditLine{
			Event: "act", User: "anna", Credential: "access_key", Key: "AKANNA", Dialect: "sqs", Action: action,
			Operation: operation, Target: target, Result: "ok",
		}
	}
	failed := line("delete", "DeleteQueue", "none")
	failed.Result, failed.Reason = "failed", "not found"
	set := func(name, value string) func() error {
		return func() error {
			_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{name: value}})
			return err
		}
	}
	denies := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}`
	refused := line("send", "SendMessage", "q")
	refused.Event, refused.Result, refused.Reason = "denial", "denied", "explicit deny in a resource-based policy"
	arn := "arn:aws:sqs:us-east-1:000000000000:"
	return []auditCase{
		{"queue made", func() error {
			_, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")})
			return err
		}, line("create", "CreateQueue", "q")},
		{"queue changed", set("VisibilityTimeout", "31"), line("change", "SetQueueAttributes", "q")},
		{"tagged", func() error {
			_, err := c.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"a": "b"}})
			return err
		}, line("change", "TagQueue", "q")},
		{"permission added", func() error {
			_, err := c.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: url, Label: aws.String("l"), AWSAccountIds: []string{"111122223333"}, Actions: []string{"SendMessage"}})
			return err
		}, line("policy", "AddPermission", "q")},
		{"permission removed", func() error {
			_, err := c.RemovePermission(ctx, &sqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("l")})
			return err
		}, line("policy", "RemovePermission", "q")},
		{"policy set", set("Policy", denies), line("policy", "SetQueueAttributes", "q")},
		{"denied by it", func() error {
			_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
			return err
		}, refused},
		{"policy taken away", set("Policy", ""), line("policy", "SetQueueAttributes", "q")},
		{"purged", func() error { _, err := c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url}); return err }, line("purge", "PurgeQueue", "q")},
		{"dead letters", func() error {
			_, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("src"), Attributes: map[string]string{
				"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `q","maxReceiveCount":3}`,
			}})
			return err
		}, line("create", "CreateQueue", "src")},
		{"moved", func() error {
			_, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn + "q"), DestinationArn: aws.String(arn + "src")})
			return err
		}, line("move", "StartMessageMoveTask", "q to src")},
		{"queue removed", func() error { _, err := c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url}); return err }, line("delete", "DeleteQueue", "q")},
		{"no such queue", func() error {
			_, err := c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: aws.String(*url + "/none")})
			return err
		}, failed},
	}
}

func (p *peopled) auditOfAdmin() []auditCase {
	line := func(action, operation, target string) auditLine {
		return auditLine{
			Event: "act", User: "anna", Credential: "password", Dialect: "admin", Action: action, Operation: operation, Target: target, Result: "ok",
		}
	}
	denied := line("list", "GET /v1/moves", "b1")
	denied.Event, denied.User, denied.Result, denied.Reason = "denial", "ben", "denied", "may not administer the queue b1"
	stranger := auditLine{Event: "denial", Dialect: "admin", Action: "browse", Operation: "GET /v1/messages", Target: "s1", Result: "denied", Reason: "through a proxy"}
	c := p.client("anna", usersPassword)
	id := ""
	return []auditCase{
		{"browse", func() error {
			return c.Browse(p.t.Context(), "s1", "", 10, func(*admin.Message) error { return nil })
		}, line("browse", "GET /v1/messages", "s1")},
		{"move", func() error {
			if err := p.fill("s1", 100); err != nil { // at one a second it is under way when it is canceled
				return err
			}
			v, err := c.StartMove(p.t.Context(), admin.MoveRequest{From: "s1", To: "s2", Rate: 1})
			id = v.ID
			return err
		}, line("move", "POST /v1/moves", "s1 to s2")},
		{"list", func() error { return p.moves("anna", usersPassword, "s1") }, line("list", "GET /v1/moves", "s1")},
		{"cancel", func() error {
			_, err := c.CancelMove(p.t.Context(), "s1", id)
			return err
		}, line("cancel", "DELETE /v1/moves", "s1")},
		{"denied", func() error { return p.moves("ben", usersPassword, "b1") }, denied},
		{"through a proxy", func() error {
			r, _ := http.NewRequest(http.MethodGet, "http://"+p.Addrs().Admin+"/v1/messages?queue=s1", nil)
			r.Header.Set("Via", "1.1 x")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			return fmt.Errorf("%s", res.Status)
		}, stranger},
	}
}

// fill sends n messages to a queue.
func (p *peopled) fill(queue string, n int) error {
	s, err := p.stomp("anna", usersPassword)
	for range n {
		if err == nil {
			err = s.Send("/queue/"+queue, "text/plain", nil)
		}
	}
	if err == nil {
		err = s.Disconnect() // waits for the broker
	}
	return err
}

// wantNoAuditedSecrets looks for what clients have shown in the audit log, the log at its most
// talkative, and the metrics.
func (p *peopled) wantNoAuditedSecrets() {
	p.t.Helper()
	p.wantNoSecrets()
	text, err := os.ReadFile(filepath.Join(p.DataDir(), "audit.log"))
	if err != nil {
		p.t.Fatal(err)
	}
	_, metrics := get(p.t, p.House, "/metrics")
	seed, err := os.ReadFile(p.seed)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, secret := range []string{usersPassword, usersHash[31:], usersToken, usersSecret, `wrong\"`, string(seed), "Signature=", "AWS4-HMAC"} {
		for name, in := range map[string]string{"the audit log": string(text), "the metrics": metrics} {
			if i := strings.Index(in, secret); i >= 0 {
				p.t.Errorf("%q in %s: %s", secret, name, in[max(0, i-200):min(len(in), i+100)])
			}
		}
	}
	if !strings.Contains(metrics, `sluice_audit_total{outcome="written"}`) || !strings.Contains(metrics, "sluice_audit_failing 0") {
		p.t.Error("the metrics say nothing of the audit log")
	}
}
