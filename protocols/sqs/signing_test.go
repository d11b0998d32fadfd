package sqs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
)

// signer signs requests with the code of the AWS SDK for Go.
type signer struct {
	key, secret, token string
	at                 time.Time
}

func akid() signer { return signer{key: "AKID", secret: "SECRET", at: time.Now()} }

func (s signer) credentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret, SessionToken: s.token}
}

// sign puts a signature into the header.
func (s signer) sign(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	err := v4.NewSigner().SignHTTP(context.Background(), s.credentials(), r, hashOf(t, r), "sqs", "eu-west-3", s.at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// presign puts one into the address. Headers that the SDK would put there too, X-Amz-Target
// among them, stay headers.
func (s signer) presign(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	address, header, err := v4.NewSigner().PresignHTTP(context.Background(), s.credentials(), r, hashOf(t, r), "sqs", "eu-west-3", s.at,
		func(o *v4.SignerOptions) { o.DisableHeaderHoisting = true })
	if err != nil {
		t.Fatal(err)
	}
	if r.URL, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k != "Host" && k != "Content-Length" {
			r.Header[k] = v
		}
	}
	return r
}

func hashOf(t testing.TB, r *http.Request) string {
	t.Helper()
	sum := sha256.New()
	if r.GetBody != nil {
		b, err := r.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(sum, b); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func jsonRequest(t testing.TB, action, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", "http://sqs.test/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	r.Header.Set("X-Amzn-Query-Mode", "true")
	return r
}

func queryRequest(t testing.TB, method, path, form string) *http.Request {
	t.Helper()
	address, body := "http://sqs.test"+path, form
	if method == "GET" {
		address, body = address+"?"+form, ""
	}
	r, err := http.NewRequest(method, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// signed is post with a good signature, in query mode.
func (h *house) signed(action, body string) (*http.Response, string) {
	h.t.Helper()
	return h.do(akid().sign(h.t, jsonRequest(h.t, action, body)))
}

// secretOf makes a secret of a text.
func secretOf(t testing.TB, text string) *auth.Secret {
	t.Helper()
	t.Setenv("SQS_TEST_SECRET", text)
	s, err := auth.EnvSecret("SQS_TEST_SECRET")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oneKey knows AKID, whose secret is SECRET.
func oneKey(t testing.TB) protocols.Authenticator {
	return auth.New([]auth.Key{{ID: "AKID", User: "anna", Secret: secretOf(t, "SECRET")}})
}

func setBody(r *http.Request, body string) {
	r.Body = io.NopCloser(strings.NewReader(body))
	r.GetBody = nil
	r.ContentLength = int64(len(body))
}
