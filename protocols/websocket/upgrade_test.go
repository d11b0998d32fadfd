package websocket_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/websocket"
)

// ask sends a request and returns the answer and its body.
func ask(t *testing.T, o *websocket.Options, request string) (*http.Response, string, error) {
	t.Helper()
	here, there := net.Pipe()
	defer there.Close()
	done := make(chan error, 1)
	// Ends with the answer, or with the pipe.
	go func() {
		_, err := websocket.Accept(here, o)
		var r *websocket.Refused
		if errors.As(err, &r) {
			_ = here.Close()
		}
		done <- err
	}()
	// Ends when the request is read, or with the pipe.
	go func() { _, _ = io.WriteString(there, request) }()
	answer, err := http.ReadResponse(bufio.NewReader(there), &http.Request{Method: http.MethodGet})
	if err != nil {
		t.Fatal(err)
	}
	body := ""
	if answer.StatusCode != http.StatusSwitchingProtocols {
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		body = string(b)
	}
	err = <-done
	_ = here.Close()
	return answer, body, err
}

func TestUpgrade(t *testing.T) {
	for offered, want := range map[string]string{
		"":                                   "",
		"Sec-WebSocket-Protocol: v1, v2\r\n": "v2",
		"Sec-WebSocket-Protocol: v1\r\n":     "v1",
		"Sec-WebSocket-Protocol: other, v1\r\nSec-WebSocket-Protocol: v2\r\n": "v2",
		"Sec-WebSocket-Protocol: other\r\n":                                   "",
		"Origin: https://good.example\r\n":                                    "",
		"Sec-WebSocket-Extensions: permessage-deflate\r\n":                    "",
	} {
		o := options()
		o.Origins = []string{"https://good.example"}
		a, _, err := ask(t, o, request+offered+"\r\n")
		if err != nil || a.StatusCode != 101 {
			t.Errorf("%q: %d, %v", offered, a.StatusCode, err)
			continue
		}
		// RFC 6455, 1.3, has this key and its answer.
		if got := a.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			t.Errorf("%q: Sec-WebSocket-Accept %q", offered, got)
		}
		if got := a.Header.Get("Sec-WebSocket-Protocol"); got != want || len(a.Header.Values("Sec-WebSocket-Extensions")) > 0 {
			t.Errorf("%q: the protocol is %q, want %q; %v", offered, got, want, a.Header)
		}
	}
}

// A page may connect from the address that it calls, and from a name only if that is known.
func TestOwnOrigin(t *testing.T) {
	for host, origins := range map[string]map[string]int{
		"127.0.0.1:61613":    {"http://127.0.0.1:61613": 101, "https://127.0.0.1:61613": 101, "http://127.0.0.1": 403, "http://localhost:61613": 403},
		"LocalHost:61613":    {"HTTP://localhost:61613": 101, "http://localhost:61614": 403},
		"[::1]":              {"http://[::1]": 101, "http://[::1]:80": 101, "https://[::1]": 101, "https://[::1]:80": 403},
		"10.0.0.1":           {"https://10.0.0.1:443": 101, "http://10.0.0.1:443": 403, "http://": 403, "10.0.0.1": 403, "://": 403},
		"evil.example:61613": {"http://evil.example:61613": 403},
	} {
		for origin, want := range origins {
			request := strings.Replace(request, "Host: example.org", "Host: "+host, 1) + "Origin: " + origin + "\r\n\r\n"
			if a, _, _ := ask(t, options(), request); a.StatusCode != want {
				t.Errorf("%s at %s: %d, want %d", origin, host, a.StatusCode, want)
			}
		}
	}
}

func TestEveryOrigin(t *testing.T) {
	o := options()
	o.Origins = []string{"*"}
	if a, _, err := ask(t, o, request+"Origin: null\r\n\r\n"); err != nil || a.StatusCode != 101 {
		t.Errorf("%d, %v", a.StatusCode, err)
	}
}

func TestRefusals(t *testing.T) {
	without := func(name string) string {
		kept := ""
		for line := range strings.SplitAfterSeq(request, "\r\n") {
			if !strings.HasPrefix(line, name) {
				kept += line
			}
		}
		return kept
	}
	for name, tt := range map[string]struct {
		request string
		status  int
		word    string
	}{
		"nonsense":          {"GET nonsense\r\n\r\n", 400, "no HTTP"},
		"a header of none":  {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "no HTTP"},
		"no host":           {without("Host") + "\r\n", 400, "Host"},
		"HTTP/1.0":          {strings.Replace(request, "HTTP/1.1", "HTTP/1.0", 1) + "\r\n", 400, "HTTP/1.1"},
		"no key":            {without("Sec-WebSocket-Key") + "\r\n", 400, "Sec-WebSocket-Key"},
		"short key":         {without("Sec-WebSocket-Key") + "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n", 400, "16 bytes"},
		"two keys":          {request + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400, "16 bytes"},
		"a body":            {request + "Content-Length: 3\r\n\r\n", 400, "body"},
		"a chunked body":    {request + "Transfer-Encoding: chunked\r\n\r\n", 400, "body"},
		"another path":      {strings.Replace(request, "/ws", "/admin", 1) + "\r\n", 404, "/, /ws"},
		"POST":              {strings.Replace(request, "GET", "POST", 1) + "\r\n", 405, "GET"},
		"OPTIONS":           {strings.Replace(request, "GET", "OPTIONS", 1) + "\r\n", 405, "GET"},
		"a page":            {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "Upgrade: websocket"},
		"HTTP/2 in clear":   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405, "GET"},
		"no Connection":     {without("Connection") + "\r\n", 426, "Upgrade"},
		"an older version":  {without("Sec-WebSocket-Version") + "Sec-WebSocket-Version: 8\r\n\r\n", 426, "13"},
		"another origin":    {request + "Origin: http://evil.example\r\n\r\n", 403, `the origin "http://evil.example" may not connect`},
		"another port":      {request + "Origin: http://example.org:8080\r\n\r\n", 403, "origin"},
		"a name's origin":   {request + "Origin: http://example.org\r\n\r\n", 403, "origin"},
		"a null origin":     {request + "Origin: null\r\n\r\n", 403, "The server's setting the_origins names those that may."},
		"two origins":       {request + "Origin: http://example.org\r\nOrigin: http://evil.example\r\n\r\n", 403, "origin"},
		"a long header":     {request + "X: " + strings.Repeat("x", 4<<10) + "\r\n\r\n", 431, "4096"},
		"endless headers":   {request + strings.Repeat("X-Y: z\r\n", 1<<10), 431, "256 lines"},
		"a header too long": {"GET /" + strings.Repeat("x", 8<<10), 431, "4096"},
	} {
		t.Run(name, func(t *testing.T) {
			a, body, err := ask(t, options(), tt.request)
			var r *websocket.Refused
			if !errors.As(err, &r) || a.StatusCode != tt.status || r.Status != tt.status || !strings.Contains(body, tt.word) {
				t.Errorf("%d %q, %v; want %d and a word of %q", a.StatusCode, body, err, tt.status, tt.word)
			}
			if body != r.Sentence+"\n" || !a.Close {
				t.Errorf("%q is told, %q returned; close: %v", body, r.Sentence, a.Close)
			}
			switch allow, version := a.Header.Get("Allow"), a.Header.Get("Sec-WebSocket-Version"); {
			case tt.status == 405 && allow != "GET", tt.status == 426 && version != "13":
				t.Errorf("headers %v", a.Header)
			}
		})
	}
}

// Half a request is answered when its time is over, and when the client leaves.
func TestHalfARequest(t *testing.T) {
	here, there := pair(t)
	c := &client{t: t, nc: there, r: bufio.NewReader(there)}
	c.write([]byte(request))
	if err := here.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	var r *websocket.Refused
	if _, err := websocket.Accept(here, options()); !errors.As(err, &r) || r.Status != http.StatusRequestTimeout {
		t.Errorf("in time: %v", err)
	}
	if err := here.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := there.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := websocket.Accept(here, options()); !errors.As(err, &r) || r.Status != http.StatusBadRequest {
		t.Errorf("to its end: %v", err)
	}
}
