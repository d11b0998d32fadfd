package panics_test

import (
	"bytes"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/panics"
)

func guard() (*panics.Guard, *panics.Count, *bytes.Buffer) {
	var out bytes.Buffer
	count := new(panics.Count)
	return panics.New(slog.New(slog.NewTextHandler(&out, nil)), count), count, &out
}

func explode() error { panic("boom") }

func TestRun(t *testing.T) {
	g, count, out := guard()
	other := errors.New("other")
	if err := g.Run(func() error { return other }); err != other || count.Load() != 0 || out.Len() != 0 {
		t.Errorf("without a panic: %v, %d, %s", err, count.Load(), out)
	}
	if err := g.Run(explode); err != panics.Err || count.Load() != 1 {
		t.Errorf("%v, counted %d", err, count.Load())
	}
	if s := out.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, "boom") || !strings.Contains(s, "panics_test.explode") {
		t.Errorf("logged:\n%s", s)
	}
}

// somebody is who a Guard is of.
type somebody int

func (x somebody) LogValue() slog.Value { return slog.GroupValue(slog.Int("number", int(x))) }

// A Guard of somebody counts with the others, and says whose the panic was.
func TestOf(t *testing.T) {
	g, count, out := guard()
	if err := g.Of(somebody(7)).Run(explode); err != panics.Err || count.Load() != 1 || !strings.Contains(out.String(), "number") || !strings.Contains(out.String(), "7") {
		t.Errorf("%v, counted %d, logged %s", err, count.Load(), out)
	}
}

// What ends something may find it in a bad way.
func TestEndPanics(t *testing.T) {
	g, count, _ := guard()
	ended := false
	func() {
		defer g.Catch(func() { ended = true; panic("again") })
		panic("first")
	}()
	if !ended || count.Load() != 2 {
		t.Errorf("ended: %v, counted %d", ended, count.Load())
	}
}

func TestHandler(t *testing.T) {
	g, count, out := guard()
	s := httptest.NewServer(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}
		panic("boom")
	})))
	defer s.Close()
	r, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusInternalServerError || !r.Close || count.Load() != 1 || !strings.Contains(out.String(), "boom") {
		t.Errorf("%s, closed %v, counted %d", r.Status, r.Close, count.Load())
	}
	if r, err = s.Client().Get(s.URL + "/begun"); err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if got, err := io.ReadAll(r.Body); string(got) != "half" || err == nil || count.Load() != 2 {
		t.Errorf("%q, %v, counted %d: half an answer is not to look like a whole one", got, err, count.Load())
	}
}

// What net/http catches is counted, whatever else it has to say is not.
func TestHTTPLog(t *testing.T) {
	g, count, out := guard()
	var rest bytes.Buffer
	written := make(chan struct{})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	s.Config.ErrorLog = log.New(g.HTTPLog(&rest), "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(written)
		}
	}
	s.Start()
	defer s.Close()
	if _, err := s.Client().Get(s.URL); err == nil {
		t.Fatal("an answer")
	}
	<-written
	if count.Load() != 1 || rest.Len() != 0 || !strings.Contains(out.String(), "boom") || !strings.Contains(out.String(), "panics_test.TestHTTPLog") {
		t.Errorf("counted %d, logged %s and besides %s", count.Load(), out, &rest)
	}
	s.Config.ErrorLog.Print("http: Accept error")
	if count.Load() != 1 || rest.String() != "http: Accept error\n" {
		t.Errorf("counted %d, besides %q", count.Load(), &rest)
	}
}
