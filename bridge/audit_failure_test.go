package bridge

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/config"
)

// What goes wrong with what a client shows is said without it, in the audit log and in the log.
func TestAuditOfBrokenCredentials(t *testing.T) {
	p := openPeopled(t)
	const hidden = "s3cr3t-0123456789abcdef"
	for _, authorization := range []string{
		"AWS4-HMAC-SHA256 Credential=AKANNA/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=" + hidden,
		"AWS4-HMAC-SHA256 Credential=AKANNA, Signature=" + hidden, "Bearer " + hidden, "Basic " + hidden, hidden,
	} {
		r, _ := http.NewRequest(http.MethodPost, "http://"+p.Addrs().SQS+"/", strings.NewReader("{}"))
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
		r.Header.Set("X-Amz-Security-Token", hidden)
		r.Header.Set("X-Amz-Date", "20260101T000000Z")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	p.stompWire("ERROR\n", "CONNECT\naccept-version:1.2\nhost:x\nlogin:anna\npasscode:"+hidden+"\n\n")
	p.natsRefused(`{"user":"anna","pass":"` + hidden + `"}`)
	p.natsRefused(`{"auth_token":"` + hidden + `"}`)
	p.natsRefused(`{"jwt":"` + hidden + `","nkey":"` + hidden + `","sig":"` + hidden + `"}`)
	all := p.audited()
	if len(all) != 1+5+1+3 {
		t.Errorf("%d lines: %+v", len(all), all)
	}
	for _, l := range all[1:] {
		if l.Event != "login" || l.Result != "denied" {
			t.Errorf("%+v", l)
		}
	}
	text, _ := os.ReadFile(filepath.Join(p.DataDir(), "audit.log"))
	for name, in := range map[string]string{"the audit log": string(text), "the log": p.log.String()} {
		for line := range strings.Lines(in) {
			if strings.Contains(line, hidden) {
				t.Errorf("in %s: %s", name, line)
			}
		}
	}
}

// natsRefused connects with that CONNECT, and waits for the refusal.
func (p *peopled) natsRefused(options string) {
	p.t.Helper()
	nc, err := net.Dial("tcp", p.Addrs().NATS)
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Write([]byte("CONNECT " + options + "\r\nPING\r\n")); err != nil {
		p.t.Fatal(err)
	}
	got, buffer := "", make([]byte, 4096)
	for !strings.Contains(got, "-ERR") {
		n, err := nc.Read(buffer)
		if got += string(buffer[:n]); err != nil {
			p.t.Fatalf("%q, %v", got, err)
		}
	}
}

// A new file of users leaves a line with the names of those who have changed, and a broken one why.
func TestAuditOfUsers(t *testing.T) {
	p := openPeopled(t)
	p.write(strings.Replace(p.anna, "name: anna", "name: carla", 1))
	p.known.users.Refresh()
	l := auditLine{Event: "server", Dialect: "server", Action: "users", Operation: "added: carla removed: anna", Target: p.file, Result: "ok"}
	p.wantLine("users", 1, l)
	p.write("  - {name: anna, pasword: x}\n")
	p.known.users.Refresh()
	l.Operation, l.Result, l.Reason = "", "failed", `unknown key`
	p.wantLine("broken users", 1, l)
}

// A server whose audit log cannot be opened does not start, and says why.
func TestAuditThatCannotBeOpened(t *testing.T) {
	c := testConfig(t)
	c.Audit.File = filepath.Join(t.TempDir(), "none", "audit.log")
	if h, err := Open(context.Background(), c, nil); err == nil || !strings.HasPrefix(err.Error(), "audit_log "+c.Audit.File) {
		t.Errorf("%v, %v", h, err)
	}
}

// No message that is sent or received leaves a line, nor does each request that is signed: of a
// connection the first one does.
func TestAuditOfNoMessages(t *testing.T) {
	p := openPeopled(t)
	s, err := p.stomp("anna", usersPassword)
	if err != nil {
		t.Fatal(err)
	}
	defer s.MustDisconnect()
	sub, err := s.Subscribe("/queue/a", stomp.AckClientIndividual)
	if err != nil {
		t.Fatal(err)
	}
	c, url := p.sqs("AKANNA", usersSecret), aws.String("http://"+p.Addrs().SQS+"/000000000000/b")
	if _, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("b")}); err != nil {
		t.Fatal(err)
	}
	before := -1
	for range 20 {
		if err := s.Send("/queue/a", "text/plain", []byte("x"), stomp.SendOpt.Receipt); err != nil {
			t.Fatal(err)
		}
		if err := s.Ack(<-sub.C); err != nil {
			t.Fatal(err)
		}
		if _, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url}); err != nil {
			t.Fatal(err)
		}
		if before < 0 {
			before = len(p.audited())
		}
	}
	seen := make(map[string]bool)
	for i, l := range p.audited() {
		if i >= before && (l.Event != "login" || seen[l.Remote]) { // the client may open further connections
			t.Errorf("%+v", l)
		}
		seen[l.Remote] = true
	}
	if len(seen) >= 20 {
		t.Errorf("%d connections: that a request is no login is not seen", len(seen))
	}
}

// With audit_failure: refuse nobody logs in while that cannot be recorded, each dialect says why
// in its own form, and everybody can again once it is possible.
func TestAuditThatFailsRefuses(t *testing.T) {
	p := openPeopled(t)
	closeHouse(t, p.House)
	c := testConfig(t)
	c.UsersFile, c.Audit.OnFailure = p.file, config.AuditRefuse
	p.House = openHouse(t, c)
	path := filepath.Join(p.DataDir(), "audit.log")
	if err := errors.Join(os.Rename(path, path+".1"), os.Mkdir(path, 0o700)); err != nil { // to which nothing can be appended
		t.Fatal(err)
	}
	logins := map[string]func() error{
		"audit log cannot be written":             func() error { c, err := p.stomp("anna", usersPassword); return ended(c, err) },
		"nats: audit log cannot be written":       func() error { return p.natsOnce(nats.UserInfo("anna", usersPassword)) },
		"ServiceUnavailable":                      func() error { return p.listQueues("AKANNA", usersSecret) },
		"logins cannot be recorded at the moment": func() error { return ignoreNotFound(p.moves("anna", usersPassword, "a")) },
	}
	for want, login := range logins {
		if err := login(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := p.stomp("anna", "wrong"); err == nil || !strings.Contains(err.Error(), "access refused") {
		t.Errorf("a wrong password: %v", err)
	}
	if _, metrics := get(t, p.House, "/metrics"); !strings.Contains(metrics, "sluice_audit_failing 1\n") {
		t.Error("the metrics say nothing")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for _, login := range logins {
		if err := login(); err != nil {
			t.Error(err)
		}
	}
	// Those that were refused are in it, too, and it says so.
	results := make(map[string]int)
	for _, l := range p.audited() {
		if l.Event == "login" {
			results[l.Result]++
		}
	}
	if results["failed"] != 4 || results["denied"] != 1 || results["ok"] != 4 {
		t.Errorf("%v: %+v", results, p.audited())
	}
}

// ended disconnects a client that has come in.
func ended(c *stomp.Conn, err error) error {
	if err == nil {
		err = c.Disconnect()
	}
	return err
}
