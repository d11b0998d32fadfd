package sqs

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// The key of AWS's own examples, and when they were signed.
const (
	exampleKey    = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	exampleStamp  = "20150830T123600Z"
)

func exampleTime() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

// received returns the proof in a request as it comes over the wire.
func received(t testing.TB, g *Gateway, text string) *proof {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := &proof{call: &call{Gateway: g, r: r}, body: body}
	p.signature, p.err = parseSignature(r)
	return p
}

func exampleGateway() *Gateway { return New(nil, Options{Now: exampleTime}) }

// The signatures of AWS's test suite for Signature Version 4, and of the example
// in its documentation. They are for other services, so the scope is not looked at.
func TestExamples(t *testing.T) {
	const stamp = "X-Amz-Date: " + exampleStamp + "\n"
	for _, c := range []struct {
		name, service, request, headers, mac string
	}{
		{
			"documentation", "iam",
			"GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nHost: iam.amazonaws.com\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n" + stamp,
			"content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		},
		{
			"get-vanilla", "service", "GET / HTTP/1.1\nHost: example.amazonaws.com\n" + stamp,
			"host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		{
			"get-slash", "service", "GET // HTTP/1.1\nHost: example.amazonaws.com\n" + stamp,
			"host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		{
			"get-relative", "service", "GET /example/.. HTTP/1.1\nHost: example.amazonaws.com\n" + stamp,
			"host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		{
			"get-vanilla-query-order-key-case", "service", "GET /?Param2=value2&Param1=value1 HTTP/1.1\nHost: example.amazonaws.com\n" + stamp,
			"host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
		},
		{
			"get-unreserved", "service",
			"GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz HTTP/1.1\nHost: example.amazonaws.com\n" + stamp,
			"host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
		},
		{
			"get-header-key-duplicate", "service",
			"GET / HTTP/1.1\nHost: example.amazonaws.com\nMy-Header1: value2\nMy-Header1: value2\nMy-Header1: value1\n" + stamp,
			"host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
		},
		{
			"get-header-value-trim", "service",
			"GET / HTTP/1.1\nHost: example.amazonaws.com\nMy-Header1:  value1\nMy-Header2:  \"a   b   c\"\n" + stamp,
			"host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
		},
		{
			"post-vanilla", "service", "POST / HTTP/1.1\nHost: example.amazonaws.com\n" + stamp,
			"host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
		},
	} {
		authorization := fmt.Sprintf("Authorization: AWS4-HMAC-SHA256 Credential=%s/20150830/us-east-1/%s/aws4_request, SignedHeaders=%s, Signature=%s\n",
			exampleKey, c.service, c.headers, c.mac)
		p := received(t, exampleGateway(), c.request+authorization+"\n")
		payload, _ := payloadHash(p.r.Header, p.body)
		if p.err != nil || !p.matches(exampleSecret, &payload) {
			t.Errorf("%s: %v", c.name, p.err)
		}
		if p.matches(exampleSecret+"x", &payload) {
			t.Errorf("%s: any secret will do", c.name)
		}
	}
}

// AWS documentation, "Derive a signing key", the example.
func TestSigningKey(t *testing.T) {
	key := derive(scope{exampleKey, "20150830", "us-east-1", "iam"}, exampleSecret)
	if got := hex.EncodeToString(key.bytes[:]); got != "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9" {
		t.Error(got)
	}
}

// Signing keys are remembered, but not past their secret, and not without end.
func TestSigningKeysAreBounded(t *testing.T) {
	var k signingKeys
	s := scope{exampleKey, "20150830", "us-east-1", "sqs"}
	key, cached := k.get(s, "a")
	if cached {
		t.Error("cached from the start")
	}
	k.put(s, "a", key)
	if again, cached := k.get(s, "a"); !cached || again != key {
		t.Error("not remembered")
	}
	if other, cached := k.get(s, "b"); cached || other.bytes != derive(s, "b").bytes {
		t.Error("remembered for another secret")
	}
	for i := range 3 * maxSigningKeys {
		s.region = fmt.Sprint(i)
		k.put(s, "a", key)
		if len(k.keys) > maxSigningKeys {
			t.Fatal(len(k.keys))
		}
	}
}

// What is wrong with the form of a signature is told before anybody asks for the key.
func TestMalformedSignatures(t *testing.T) {
	const (
		good     = "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
		scopeTo  = "X-Amz-Credential=A/20150830/us-east-1/sqs/aws4_request"
		address  = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&" + scopeTo + "&X-Amz-Date=" + exampleStamp + "&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
		withDate = "X-Amz-Date: " + exampleStamp
	)
	replaced := func(s, old, with string) string { return strings.Replace(s, old, with, 1) }
	for _, c := range []struct{ path, authorization, header, code, text string }{
		{"/", "", "", "MissingAuthenticationToken", "Request is missing Authentication Token"},
		{"/", "Basic QTpC", "", "MissingAuthenticationToken", ""},
		{"/?AWSAccessKeyId=A&Signature=x", "", "", "IncompleteSignature", "Signature version 4 is the only"},
		{"/?a=%zz", good, withDate, "IncompleteSignature", "syntax error"},
		{"/?" + strings.Repeat("a&", maxParams+1), good, withDate, "IncompleteSignature", "syntax error"},
		{"/", good, withDate + "\nAuthorization: x", "IncompleteSignature", "more than one Authorization"},
		{"/", "AWS4-ECDSA-P256-SHA256 Credential=A", withDate, "IncompleteSignature", "'AWS4-ECDSA-P256-SHA256'"},
		{"/", "AWS A:mac", withDate, "IncompleteSignature", "Unsupported AWS"},
		{"/", "AWS4-HMAC-SHA256", withDate, "IncompleteSignature", "missing equal-sign"},
		{"/", "AWS4-HMAC-SHA256 x=y", withDate, "IncompleteSignature", "'x' is unknown"},
		{"/", replaced(good, "Signature=00", "Signature="), withDate, "IncompleteSignature", "requires 'Signature' parameter"},
		{"/", replaced(good, "SignedHeaders=host;x-amz-date, ", ""), withDate, "IncompleteSignature", "requires 'SignedHeaders' parameter"},
		{"/", replaced(good, "Credential=A", "Credential="), withDate, "IncompleteSignature", "Credential must have exactly 5"},
		{"/", replaced(good, "Credential=A/20150830/us-east-1/sqs/aws4_request, ", ""), withDate, "IncompleteSignature", "requires 'Credential' parameter"},
		{"/", good + ", Signature=00", withDate, "IncompleteSignature", "'Signature' is unknown, or more than once"},
		{"/", replaced(good, "A/", ""), withDate, "IncompleteSignature", "Credential must have exactly 5"},
		{"/", replaced(good, "A/", "/"), withDate, "IncompleteSignature", "Credential must have exactly 5"},
		{"/", replaced(good, "A/", strings.Repeat("A", 300)+"/"), withDate, "IncompleteSignature", "Credential must have exactly 5"},
		{"/", replaced(good, "host", strings.Repeat("h;", 200)), withDate, "IncompleteSignature", "more than 100 names"},
		{"/", good, "", "IncompleteSignature", "either a 'X-Amz-Date' or a 'Date' header"},
		{"/", good, "X-Amz-Date: today", "IncompleteSignature", "ISO-8601 'basic format'. Got 'today'"},
		{"/", good, "X-Amz-Date: 20150830T123600.5Z", "IncompleteSignature", "ISO-8601"},
		{"/", good, "Date: yesterday", "IncompleteSignature", "ISO-8601"},
		{replaced(address, "AWS4-HMAC-SHA256", "none"), "", "", "IncompleteSignature", "Unsupported AWS 'algorithm': 'none'"},
		{replaced(address, scopeTo+"&", ""), "", "", "IncompleteSignature", "must include 'X-Amz-Credential'"},
		{address + "&" + scopeTo, "", "", "IncompleteSignature", "must include 'X-Amz-Credential' once"},
		{address + "&X-Amz-Expires=604801", "", "", "IncompleteSignature", "from 1 to 604800"},
		{address + "&X-Amz-Expires=0", "", "", "IncompleteSignature", "from 1 to 604800"},
		{address + "&X-Amz-Expires=-1", "", "", "IncompleteSignature", "from 1 to 604800"},
		{address + "&X-Amz-Expires=1&X-Amz-Expires=1", "", "", "IncompleteSignature", "from 1 to 604800"},
		{"/?X-Amz-Signature=00", "", "", "IncompleteSignature", "must include 'X-Amz-Algorithm'"},
	} {
		p := received(t, exampleGateway(), "GET "+c.path+" HTTP/1.1\nHost: x\n"+headerLine("Authorization", c.authorization)+c.header+"\n\n")
		checkRefusal(t, fmt.Sprintf("%.100s %.100s %.40s", c.path, c.authorization, c.header), p.err, c.code, c.text)
	}
	for _, ok := range []string{good, strings.ReplaceAll(good, ", ", ","), strings.ReplaceAll(good, ", ", " , ")} {
		if p := received(t, exampleGateway(), "GET / HTTP/1.1\nHost: x\nAuthorization: "+ok+"\n"+withDate+"\n\n"); p.err != nil {
			t.Errorf("%s: %v", ok, p.err)
		}
	}
}

func headerLine(name, value string) string {
	if value == "" {
		return ""
	}
	return name + ": " + value + "\n"
}

func checkRefusal(t *testing.T, name string, err error, code, text string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code.Query() != code || !strings.Contains(e.Message, text) {
		t.Errorf("%s: got %v, want %s %s", name, err, code, text)
	}
}

// Scope and clock, which need no signature to be refused.
func TestScopeAndClock(t *testing.T) {
	const good = "A/20150830/us-east-1/sqs/aws4_request"
	at := func(d time.Duration) string { return exampleTime().Add(d).Format(stampForm) }
	const wrong = "The request signature we calculated does not match the signature you provided."
	for _, c := range []struct{ credential, stamp, headers, header, text string }{
		{good, exampleStamp, "host", "", wrong},
		{"A/20150830/us-east-1/s3/aws4_request", exampleStamp, "host", "", "Credential should be scoped to correct service: 'sqs'."},
		{"A/20150830/us-east-1/sqs/aws5_request", exampleStamp, "host", "", "Credential should be scoped with a valid terminator: 'aws4_request'."},
		{"A/20150830//sqs/aws4_request", exampleStamp, "host", "", "Credential should be scoped to a valid region."},
		{"A/20150829/us-east-1/sqs/aws4_request", exampleStamp, "host", "", "'20150829' != '20150830', from '20150830T123600Z'."},
		{good, at(15 * time.Minute), "host", "", wrong},
		{good, at(-15 * time.Minute), "host", "", wrong},
		{good, at(-15*time.Minute - time.Second), "host", "", "Signature expired: 20150830T122059Z is now earlier than 20150830T122100Z (20150830T123600Z - 15 min.)"},
		{good, at(15*time.Minute + time.Second), "host", "", "Signature not yet current: 20150830T125101Z is still later than 20150830T125100Z (20150830T123600Z + 15 min.)"},
		{good, exampleStamp, "x-amz-date", "", "'Host' or ':authority' must be a 'SignedHeader'"},
		{good, exampleStamp, "host", "X-Amz-Target: AmazonSQS.X", "'x-amz-target' must be a 'SignedHeader'"},
		{good, exampleStamp, "host", "X-Amz-Security-Token: x", "'x-amz-security-token' must be a 'SignedHeader'"},
		{good, exampleStamp, "host", "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD", wrong},
	} {
		p := received(t, exampleGateway(), fmt.Sprintf("GET / HTTP/1.1\nHost: x\nX-Amz-Date: %s\nAuthorization: AWS4-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=00\n%s\n\n",
			c.stamp, c.credential, c.headers, c.header))
		if p.holds(exampleSecret) {
			t.Errorf("%+v: holds", c)
		}
		checkRefusal(t, fmt.Sprintf("%+v", c), p.err, "SignatureDoesNotMatch", c.text)
	}
}

// FuzzSigV4 holds that no header and no address breaks the parser or the
// arithmetic, and that none is a proof by chance.
func FuzzSigV4(f *testing.F) {
	const credential = "A/20150830/us-east-1/sqs/aws4_request"
	f.Add("AWS4-HMAC-SHA256 Credential="+credential+", SignedHeaders=host;x-amz-date, Signature=00", exampleStamp, "a=b&c", "host: x")
	f.Add("", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+credential+"&X-Amz-Date="+exampleStamp+"&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00", "")
	f.Add("AWS4-HMAC-SHA256 =,Credential=////,SignedHeaders=;;,Signature=%", "Sun, 30 Aug 2015 12:36:00 GMT", "%=+&&=&%41", " \t")
	f.Fuzz(func(t *testing.T, authorization, date, query, other string) {
		r, err := http.NewRequest("POST", "http://sqs.test/a/../b", bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		for name, v := range map[string]string{"Authorization": authorization, "X-Amz-Date": date, "Date": date, "X-Amz-Content-Sha256": other, "X": other} {
			if v != "" {
				r.Header.Set(name, v)
			}
		}
		p := &proof{call: &call{Gateway: exampleGateway(), r: r}}
		p.signature, p.err = parseSignature(r)
		parsed := p.err == nil
		if p.holds(exampleSecret) {
			t.Fatalf("%q proves something", authorization)
		}
		if parsed {
			// Past the clock and the scope too.
			p.matches(exampleSecret, &hexSum{})
		}
	})
}

// BenchmarkVerify is what a signature costs, from the header to the comparison: a
// SendMessage as the SDK for Go signs it.
func BenchmarkVerify(b *testing.B) {
	const text = "POST / HTTP/1.1\nHost: 127.0.0.1:9324\nContent-Type: application/x-amz-json-1.0\nContent-Length: 163\n" +
		"X-Amz-Date: " + exampleStamp + "\nX-Amz-Target: AmazonSQS.SendMessage\nX-Amzn-Query-Mode: true\nAmz-Sdk-Request: attempt=1; max=3\n" +
		"Amz-Sdk-Invocation-Id: 0e2a5b29-0f9c-4d8f-8a57-6f0ea1f1d3a7\nAuthorization: AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/sqs/aws4_request, " +
		"SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode, Signature=MAC\n\n"
	g, body := exampleGateway(), strings.Repeat("x", 163)
	p := received(b, g, text+body)
	payload, _ := payloadHash(p.r.Header, p.body)
	key := derive(p.scope(), exampleSecret)
	mac := p.calculate(key, p.appendCanonical(nil, p.r, p.r.Host, "/", &payload))
	p.r.Header.Set("Authorization", strings.Replace(p.r.Header.Get("Authorization"), "=MAC", "="+string(mac[:]), 1))
	b.ReportAllocs()
	for b.Loop() {
		p.signature, p.err = parseSignature(p.r)
		if !p.holds(exampleSecret) {
			b.Fatal(p.err)
		}
	}
}

// Dots that are added to a signed path do not lead to another queue.
func TestDotsLeadNowhere(t *testing.T) {
	for _, signed := range []string{"/", "/0/q", "/0/q/"} {
		for _, added := range []string{"/.", "/..", "/x/..", "//", "/./", "/0/other/..", "/0/other/../q", "/../0/q", "/0/q/.", "/0/other/../..", "/0/q/../other"} {
			if !slices.Contains(paths(added), signed) {
				continue // found out
			}
			if name := queueOfPath(added); name != "" && name != "." && name != ".." && name != queueOfPath(signed) {
				t.Errorf("%s is taken for %s, and leads to %q", added, signed, name)
			}
		}
	}
}
