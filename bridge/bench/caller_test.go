package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The SDK for Go signs the same request in the same way.
func TestSignature(t *testing.T) {
	const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	now := time.Date(2026, 11, 27, 9, 8, 7, 0, time.UTC)
	q := queueNamed(newSigner("127.0.0.1:9324", secret, now), benchQueue)
	for action, body := range map[string][]byte{
		"SendMessage":      q.send(nil, 1024, 1),
		"SendMessageBatch": q.batch(nil, batchSize, 128, 1),
		"ListQueues":       []byte("{}"),
	} {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(q.append(nil, action, body, now))))
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(sent, body) {
			t.Fatalf("the body is %q, %v", sent, err)
		}
		got := r.Header.Get("Authorization")
		r.Header.Del("Authorization")
		sum := sha256.Sum256(sent)
		err = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, r,
			hex.EncodeToString(sum[:]), "sqs", "us-east-1", now)
		if want := r.Header.Get("Authorization"); err != nil || got != want || want == "" {
			t.Errorf("%s: signed\n%s, the SDK\n%s (%v)", action, got, want, err)
		}
	}
}

// No two messages are the same, and each has the size that was asked for.
func TestMessagesDiffer(t *testing.T) {
	q := queueNamed(newSigner("x", "s", time.Now()), "q"+fifoSuffix)
	seen := make(map[string]bool)
	for range 100 {
		_, rest, _ := strings.Cut(string(q.send(nil, 64, 3)), `"MessageBody":"`)
		body, rest, _ := strings.Cut(rest, `"`)
		if len(body) != 64 || seen[body] || !strings.HasPrefix(rest, `,"MessageGroupId":"`) {
			t.Fatalf("%q, and then %q", body, rest)
		}
		seen[body] = true
	}
}

func TestReadHead(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: x\r\nContent-Length: 12\r\nDate: y\r\n\r\n"
	for _, c := range []struct {
		text       string
		head, size int
		ok         bool
	}{
		{"", 0, 0, true},
		{answer[:len(answer)-1], 0, 0, true},
		{answer, len(answer), 12, true},
		{answer + "{", len(answer), 12, true},
		{strings.Replace(answer, "200 OK", "400 Bad Request", 1), 0, 0, false},
		{strings.Replace(answer, "Content-Length", "Content-Lies", 1), 0, 0, false},
		{strings.Replace(answer, "12", "x", 1), len(answer) - 1, 0, false},
	} {
		head, size, err := readHead([]byte(c.text))
		if (err == nil) != c.ok || c.ok && (head != c.head || size != c.size) {
			t.Errorf("%q: %d, %d, %v", c.text, head, size, err)
		}
	}
}
