package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/bucket"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// service answers as S3 does, or as the test has it answer, and notes what it is asked.
type service struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string // method and path
	keys    []string // access key ids
	objects map[string]string
	answer  http.HandlerFunc // nil: from objects
}

func startService(t *testing.T) *service {
	t.Helper()
	s := &service{objects: make(map[string]string)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.EscapedPath())
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	id, _, _ := strings.Cut(credential, "/")
	s.keys = append(s.keys, id)
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	s.object(w, r)
}

func (s *service) object(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodPut:
		s.objects[r.URL.Path] = string(body)
	case http.MethodDelete:
		delete(s.objects, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	default:
		content, ok := s.objects[r.URL.Path]
		if !ok {
			refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		_, _ = io.WriteString(w, content)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>no</Message></Error>")
}

func (s *service) put(path, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[path] = content
}

func (s *service) has(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.objects[path]
	return ok
}

func (s *service) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func open(t *testing.T, s *service, change func(*bucket.Options)) *bucket.Bucket {
	t.Helper()
	o := bucket.Options{
		Endpoint: s.URL, Region: "us-east-1", PathStyle: true, Name: "own", Read: []string{"read"},
		AccessKey: "AKID", Secret: func() (string, bool) { return "hush", true },
		MaxBytes: 1000, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	b := bucket.New(o)
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// What is stored can be read in the bucket, and what lies in one that is read is fetched as it is.
func TestStoreAndFetch(t *testing.T) {
	s := startService(t)
	b := open(t, s, nil)
	if err := b.Store(t.Context(), "sluice/a.1", "content"); err != nil || !s.has("/own/sluice/a.1") {
		t.Fatal(err)
	}
	binary := "\x00\xff\r\n" + strings.Repeat("x", 996)
	s.put("/read/k ä+%/x", binary)
	got, err := b.Fetch(t.Context(), "read", "k ä+%/x")
	if err != nil || string(got) != binary {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if c := b.Counts(); c.Stored != 1 || c.Fetched != 1 {
		t.Errorf("%+v", c)
	}
}

// What lies elsewhere is never asked for, whoever points to it.
func TestNotServed(t *testing.T) {
	s := startService(t)
	b := open(t, s, nil)
	for _, x := range [][2]string{
		{"other", "k"}, {"", "k"}, {"own/..", "k"}, {"arn:aws:s3:::own", "k"}, {"OWN", "k"},
		{"own", ""}, {"own", "../other/k"}, {"own", "a/../../other/k"}, {"own", ".."}, {"own", "./k"}, {"own", `..\other\k`},
		{"own", "a\x00b"}, {"own", "a\nb"}, {"own", "\xff"}, {"own", strings.Repeat("k", 1025)},
		{"own", "sluice/a.1"}, {"own", "/sluice/a.1"}, {"own", "sluice//a.1"}, {"own", "//sluice//a.1"}, {"own", `\sluice\a.1`},
	} {
		_, err := b.Fetch(t.Context(), x[0], x[1])
		var no protocols.NotServed
		if !errors.As(err, &no) || no == "" {
			t.Errorf("%q: %v", x, err)
		}
	}
	if asked := s.requests(); len(asked) != 0 {
		t.Errorf("asked for %q", asked)
	}
	if c := b.Counts(); c.NotServed != 20 || c.FetchFailed != 0 {
		t.Errorf("%+v", c)
	}
}

// An object over the limit is not served, whether the service says its length or not.
func TestTooLarge(t *testing.T) {
	for _, flush := range []bool{false, true} {
		s := startService(t)
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			if flush {
				w.(http.Flusher).Flush() // chunks: no length
			}
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1001))
		}
		b := open(t, s, nil)
		_, err := b.Fetch(t.Context(), "own", "k")
		var no protocols.NotServed
		if !errors.As(err, &no) || !strings.Contains(string(no), "larger than the 1000 bytes") {
			t.Errorf("%v", err)
		}
	}
}

// What the service refuses may pass, and is asked for once.
func TestFetchFails(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"missing":   func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "NoSuchKey") },
		"forbidden": func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusForbidden, "AccessDenied") },
		"broken": func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusInternalServerError, "InternalError")
		},
		"slow down": func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusServiceUnavailable, "SlowDown") },
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("x"))
		},
		"nonsense":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"hanging up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"lots of XML": func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotFound, strings.Repeat("x", 1<<20))
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			s := startService(t)
			s.answer = answer
			b := open(t, s, nil)
			_, err := b.Fetch(t.Context(), "own", "k")
			var no protocols.NotServed
			if err == nil || errors.As(err, &no) {
				t.Errorf("%v", err)
			}
			if c := b.Counts(); c.FetchFailed != 1 || len(s.requests()) != 1 {
				t.Errorf("%+v, %q", c, s.requests())
			}
		})
	}
}

// What is asked of one host is not told to another.
func TestNoRedirects(t *testing.T) {
	s, other := startService(t), startService(t)
	other.put("/own/k", "from elsewhere")
	for _, status := range []int{301, 302, 303, 307, 308} {
		s.answer = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/own/k", status) }
		if _, err := open(t, s, nil).Fetch(t.Context(), "own", "k"); err == nil {
			t.Errorf("%d was followed", status)
		}
	}
	if asked := other.requests(); len(asked) != 0 {
		t.Errorf("asked for %q", asked)
	}
}

// A service that does not answer is given up.
func TestPatience(t *testing.T) {
	s := startService(t)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) }) // before the service is closed, which waits for its handlers
	s.answer = func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-end:
		}
	}
	b := open(t, s, func(o *bucket.Options) { o.Timeout = time.Millisecond })
	if _, err := b.Fetch(t.Context(), "own", "k"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if err := b.Store(t.Context(), "k", "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if c := b.Counts(); c.FetchFailed != 1 || c.StoreFailed != 1 {
		t.Errorf("%+v", c)
	}
}

// Who does not want it any more is no failure.
func TestGoingAway(t *testing.T) {
	s := startService(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.answer = func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}
	b := open(t, s, nil)
	if _, err := b.Fetch(ctx, "own", "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if c := b.Counts(); c != (protocols.PayloadCounts{}) {
		t.Errorf("%+v", c)
	}
}

// No more than sixteen are in memory at a time, however many are wanted.
func TestTurns(t *testing.T) {
	const wanted, turns = 40, 16
	s := startService(t)
	arrived, letGo := make(chan struct{}, wanted), make(chan struct{})
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-letGo
	}
	b := open(t, s, nil)
	var all sync.WaitGroup
	for range wanted {
		// Ends when the service is let go.
		all.Go(func() {
			if _, err := b.Fetch(t.Context(), "own", "k"); err != nil {
				t.Error(err)
			}
		})
	}
	for range turns {
		<-arrived
	}
	if n := len(arrived); n != 0 {
		t.Errorf("%d more", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Fetch(ctx, "own", "k"); !errors.Is(err, context.Canceled) { // it waits for its turn
		t.Errorf("%v", err)
	}
	close(letGo)
	all.Wait()
	if n := len(s.requests()); n != wanted {
		t.Errorf("%d requests", n)
	}
}

// A secret that is replaced counts, and one that is gone signs nothing.
func TestSecretIsAskedFor(t *testing.T) {
	s := startService(t)
	s.put("/own/k", "x")
	there, asked := true, 0
	b := open(t, s, func(o *bucket.Options) {
		o.Secret = func() (string, bool) { asked++; return "hush", there }
	})
	if _, err := b.Fetch(t.Context(), "own", "k"); err != nil || asked == 0 || s.keys[0] != "AKID" {
		t.Errorf("%v, %d, %q", err, asked, s.keys)
	}
	there = false
	if _, err := b.Fetch(t.Context(), "own", "k"); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v", err)
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
