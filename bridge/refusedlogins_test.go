package bridge

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// A login that fails leaves one line at the level INFO in each dialect: from where, whose, and why. Of many on one connection
// of SQS, where the others have one at the most, the first has it.
func TestFailedLoginsAreLoggedAlike(t *testing.T) {
	p := openPeopled(t)
	if _, err := p.stomp("stranger", "wrong"); err == nil {
		t.Fatal("STOMP let a stranger in")
	}
	if _, err := p.nats(nats.UserInfo("stranger", "wrong")); err == nil {
		t.Fatal("NATS let a stranger in")
	}
	tr := &http.Transport{MaxConnsPerHost: 1}
	defer tr.CloseIdleConnections()
	for range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.Addrs().SQS+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
		r.Header.Set("X-Amz-Date", "20260101T000000Z")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=stranger/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature="+strings.Repeat("0", 64))
		answer, err := (&http.Client{Transport: tr}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, answer.Body) // or the next one comes by another connection
		if answer.Body.Close(); err != nil || answer.StatusCode < 400 {
			t.Fatalf("SQS: %s, %v", answer.Status, err)
		}
	}
	tr.CloseIdleConnections()
	if err := p.Close(t.Context()); err != nil { // then all of it is in the log
		t.Fatal(err)
	}
	for dialect, who := range map[string]string{"stomp": `user \"stranger\"`, "nats": `user \"stranger\"`, "sqs": `access key \"stranger\"`} {
		var found []string
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, "gateway="+dialect) && strings.Contains(line, who) && strings.Contains(line, "level=INFO") {
				found = append(found, line)
			}
		}
		if len(found) != 1 || !strings.Contains(found[0], "remote=127.0.0.1:") || strings.Contains(found[0], "wrong") {
			t.Errorf("%s: %q", dialect, found)
		}
	}
}

// What somebody has put into the place of a signature, his secret perhaps, is not in the log.
func TestFailedLoginsDoNotLogWhatWasShown(t *testing.T) {
	p := openPeopled(t)
	for _, shown := range []string{"AWS4-HMAC-SHA256 hush-123", "AWS4-HMAC-SHA256 hush-123=x, Signature=y", "AWS4-HMAC-SHA256 Credential=hush-123, SignedHeaders=host, Signature=y"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.Addrs().SQS+"/?Action=ListQueues", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", shown)
		r.Close = true
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode < 400 {
			t.Fatal(answer.Status)
		}
	}
	if err := p.Close(t.Context()); err != nil { // then all of it is in the log
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "level=INFO") && strings.Contains(line, "request refused") {
			n++
		}
		if strings.Contains(line, "level=INFO") && strings.Contains(line, "hush-123") {
			t.Error(line)
		}
	}
	if n != 3 {
		t.Errorf("%d lines", n)
	}
}
