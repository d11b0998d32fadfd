package sqs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signedText is a request that the SDK for Go has signed, as it goes over the wire.
func signedText(t *testing.T, path, query, value, body string, presigned bool) string {
	t.Helper()
	r, err := http.NewRequest("POST", "http://sqs.test/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.URL = &url.URL{Scheme: "http", Host: "sqs.test", Path: "/" + strings.TrimLeft(path, "/"), RawQuery: query}
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	r.Header.Set("X-Other", value)
	sum := sha256.Sum256([]byte(body))
	who := aws.Credentials{AccessKeyID: exampleKey, SecretAccessKey: exampleSecret}
	if !presigned {
		err = v4.NewSigner().SignHTTP(context.Background(), who, r, hex.EncodeToString(sum[:]), "sqs", "eu-west-3", exampleTime())
	} else {
		var address string
		address, _, err = v4.NewSigner().PresignHTTP(context.Background(), who, r, hex.EncodeToString(sum[:]), "sqs", "eu-west-3", exampleTime(),
			func(o *v4.SignerOptions) { o.DisableHeaderHoisting = true })
		if err == nil {
			r.URL, err = url.Parse(address)
		}
	}
	if err != nil {
		t.Skip(err) // nothing that the SDK would send
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Skip(err)
	}
	return b.String()
}

// unsendable reports whether no client of HTTP sends a character in a header. RFC 9110, 5.5.
func unsendable(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// FuzzSigned holds that what the SDK for Go signs is taken, in either form, whatever path, parameters, header
// and body it has; and that it is not when any of them, or the secret, is another.
func FuzzSigned(f *testing.F) {
	f.Add("0/q", "Action=SendMessage&b=2&a=%20%2B", "a  b", "{}", false)
	f.Add("a b/é", "x=~-._&X-Amz-Expires=60", " c ", "", true)
	f.Add("", "", "", "\x00\xff", true)
	f.Add("0/%2F%25", "=&a=&=b&a&a=1&a=0&%c3%a9", "\té", "Action=SendMessage", false)
	f.Fuzz(func(t *testing.T, path, query, value, body string, presigned bool) {
		values, err := url.ParseQuery(query)
		if err != nil || len(values) > maxParams || strings.ContainsFunc(value, unsendable) || len(path)+len(query) > 4096 {
			return
		}
		for name := range values {
			if strings.HasPrefix(strings.ToLower(name), "x-amz-") || name == "AWSAccessKeyId" {
				return
			}
		}
		// The SDK signs what it sends: parameters encoded in the one way that the standard names.
		query = strings.ReplaceAll(values.Encode(), "+", "%20")
		text := signedText(t, path, query, value, body, presigned)
		p := received(t, exampleGateway(), text)
		if !p.holds(exampleSecret) {
			t.Fatalf("%v in\n%q", p.err, text)
		}
		for _, changed := range []string{
			strings.Replace(text, "AmazonSQS.SendMessage", "AmazonSQS.DeleteQueue", 1),
			strings.Replace(text, " HTTP/1.1", "&added=1 HTTP/1.1", 1),
			strings.Replace(text, "POST /", "POST /other", 1),
			strings.Replace(text, "Host: sqs.test", "Host: sqs.other", 1),
		} {
			if presigned || !strings.Contains(changed, "&added") || strings.Contains(changed, "?") {
				q := received(t, exampleGateway(), changed)
				if q.holds(exampleSecret) {
					t.Fatalf("still taken:\n%q", changed)
				}
			}
		}
		other := received(t, exampleGateway(), text)
		if other.body = append(other.body, 'x'); other.holds(exampleSecret) {
			t.Fatalf("taken with another body:\n%q", text)
		}
		if again := received(t, exampleGateway(), text); again.holds(exampleSecret + "x") {
			t.Fatalf("taken with another secret:\n%q", text)
		}
	})
}
