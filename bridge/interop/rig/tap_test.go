package rig

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTap(t *testing.T) {
	host := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host <- r.Host
		_, _ = io.Copy(w, r.Body)
	}))
	defer server.Close()
	var seen []string
	tap, err := OpenTap(server.Listener.Addr().String(), func(r *http.Request, body []byte) {
		seen = append(seen, r.Method+" "+r.URL.Path+" "+string(body))
	})
	if err != nil {
		t.Fatal(err)
	}
	var web http.Client
	for _, text := range []string{"one", "two"} {
		res, err := web.Post("http://"+tap.Addr()+"/"+text, "text/plain", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		echo, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || string(echo) != text || <-host != tap.Addr() {
			t.Errorf("%s came back as %q: %v", text, echo, err)
		}
	}
	tap.Close()
	if got := strings.Join(seen, ", "); got != "POST /one one, POST /two two" {
		t.Errorf("seen %q", got)
	}
	if _, err := web.Get("http://" + tap.Addr()); err == nil {
		t.Error("a closed tap answers")
	}
}

// What is no HTTP passes all the same.
func TestTapPassesAnything(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// Ends when the client has closed its half.
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(c, c)
			_ = c.Close()
		}
	}()
	tap, err := OpenTap(l.Addr().String(), func(*http.Request, []byte) { t.Error("a request was seen") })
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	c, err := net.Dial("tcp", tap.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text := strings.Repeat("no HTTP\n", 10_000)
	// Ends when all is written, or the connection closed.
	go func() { _, _ = io.WriteString(c, text); _ = c.(*net.TCPConn).CloseWrite() }()
	echo, err := io.ReadAll(c)
	if err != nil || string(echo) != text {
		t.Errorf("%d of %d bytes came back: %v", len(echo), len(text), err)
	}
}
