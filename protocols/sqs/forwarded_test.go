package sqs

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
)

// calling returns a request to host with these lines of header.
func calling(host string, lines ...string) *http.Request {
	r := &http.Request{Host: host, Header: http.Header{}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9324}
	return r.WithContext(context.WithValue(context.Background(), http.LocalAddrContextKey, net.Addr(local)))
}

// How the client has called the server is what its Host and the proxies before it say,
// as far as that can be true.
func TestCalledAs(t *testing.T) {
	long := strings.Repeat("a", 254)
	for _, c := range []struct {
		want, host string
		lines      []string
	}{
		{"http://sqs.test", "sqs.test", nil},
		{"http://sqs.test:9324", "sqs.test:9324", nil},
		{"http://sqs.test", "sqs.test:80", nil},
		{"http://sqs.test:443", "sqs.test:443", nil},
		{"http://10.0.0.1:9324", "10.0.0.1:9324", nil},
		{"http://[::1]", "[::1]:80", nil},
		{"http://[2001:db8::1]:9324", "[2001:db8::1]:9324", nil},
		{"http://my_queue-1:9324", "my_queue-1:9324", nil},

		{"https://sqs.test", "sqs.test", []string{"X-Forwarded-Proto: https"}},
		{"https://sqs.test", "sqs.test", []string{"X-Forwarded-Proto: HTTPS, http"}},
		{"https://sqs.test", "sqs.test:443", []string{"X-Forwarded-Proto: https"}},
		{"https://sqs.test:80", "sqs.test:80", []string{"X-Forwarded-Proto: https"}},
		{"http://a.example", "sqs.test", []string{"X-Forwarded-Host: a.example"}},
		{"http://a.example", "sqs.test", []string{"X-Forwarded-Host: a.example, b.example"}},
		{"http://a.example", "sqs.test", []string{"X-Forwarded-Host: a.example", "X-Forwarded-Host: b.example"}},
		{"http://[::1]:8080", "sqs.test", []string{"X-Forwarded-Host: [::1]:8080"}},
		{"https://a.example:8443", "sqs.test:9324", []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: a.example", "X-Forwarded-Port: 8443"}},
		{"https://a.example", "sqs.test:9324", []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: a.example", "X-Forwarded-Port: 443"}},
		{"https://a.example:1", "sqs.test", []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: a.example:1", "X-Forwarded-Port: 2"}},
		{"http://sqs.test:8080", "sqs.test", []string{"X-Forwarded-Port: 8080, 80"}},
		{"http://sqs.test:9324", "sqs.test:9324", []string{"X-Forwarded-Port: 8080"}},

		{"https://a.example:8443", "sqs.test", []string{`Forwarded: for=192.0.2.60;proto=https;host="a.example:8443";by=10.0.0.1`}},
		{"https://a.example", "sqs.test", []string{`Forwarded: Proto=HTTPS ; HOST=a.example, proto=http;host=b.example`}},
		{"https://[::1]:1", "sqs.test", []string{`Forwarded: for="_x,;=\"y\"";host="[::1]:1"; proto="https"`}},
		{"https://a.example", "sqs.test", []string{"Forwarded: proto=https", "X-Forwarded-Proto: http", "X-Forwarded-Host: a.example"}},
		{"http://a.example", "sqs.test", []string{"Forwarded: host=a.example", "X-Forwarded-Host: b.example"}},
		{"http://sqs.test", "sqs.test", []string{"Forwarded: for=1.2.3.4, host=b.example"}},
		{"http://sqs.test", "sqs.test", []string{`Forwarded: host="a.example`}},
		{"http://sqs.test", "sqs.test", []string{"Forwarded: host"}},
		{"http://sqs.test", "sqs.test", []string{`Forwarded: host="\`}},
		{"http://sqs.test", "sqs.test", []string{"Forwarded: proto=javascript;host=javascript:alert(1)"}},

		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Proto: ftp"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Proto: javascript", "X-Forwarded-Host: javascript:alert(1)"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: javascript:"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: evil/<script>"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: a b"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: user@a.example"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: a.example\r\nX: y"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: a.example:0"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: a.example:65536"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: ::1"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: [::1"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: [fe80::1%25eth0]"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: [1.2.3.4]"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: .."}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Host: " + long}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Port: 8080;x"}},
		{"http://sqs.test", "sqs.test", []string{"X-Forwarded-Port: -1"}},

		// Without a host, or with one that is none, what the client has connected to.
		{"http://127.0.0.1:9324", "", nil},
		{"http://127.0.0.1:9324", "(evil)", nil},
		{"http://127.0.0.1:9324", "a:b:c", nil},
		{"https://a.example", "", []string{"X-Forwarded-Host: a.example", "X-Forwarded-Proto: https"}},
	} {
		scheme, host := calledAs(calling(c.host, c.lines...))
		if got := scheme + "://" + host; got != c.want {
			t.Errorf("%q, %q: got %s, want %s", c.host, c.lines, got, c.want)
		}
	}
	r := calling("sqs.test")
	r.TLS = &tls.ConnectionState{}
	if scheme, _ := calledAs(r); scheme != "https" {
		t.Errorf("with TLS: got %s", scheme)
	}
}
