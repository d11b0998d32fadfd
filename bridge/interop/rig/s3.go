package rig

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// S3 is an S3-compatible server on a loopback port that keeps its objects in memory.
// It takes path-style addresses and any signature. Its methods may be called from any goroutine.
type S3 struct {
	// URL is the endpoint to give to clients.
	URL     string
	server  *httptest.Server
	backend *s3mem.Backend

	mu   sync.Mutex
	keys map[string]bool // access key ids that have signed a request
}

// StartS3 starts a server with these buckets, which are empty. Close ends it.
func StartS3(buckets ...string) (*S3, error) {
	s := &S3{backend: s3mem.New(), keys: make(map[string]bool)}
	for _, b := range buckets {
		if err := s.backend.CreateBucket(b); err != nil {
			return nil, err
		}
	}
	s.server = httptest.NewServer(s.noteKeys(gofakes3.New(s.backend).Server()))
	s.URL = s.server.URL
	return s, nil
}

// noteKeys remembers who asks.
func (s *S3) noteKeys(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
			id, _, _ := strings.Cut(rest, "/")
			s.mu.Lock()
			s.keys[id] = true
			s.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// Signed reports whether a request signed with this access key has come.
func (s *S3) Signed(accessKey string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[accessKey]
}

// Objects returns the keys of what is in a bucket.
func (s *S3) Objects(bucket string) ([]string, error) {
	list, err := s.backend.ListBucket(bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, o := range list.Contents {
		keys = append(keys, o.Key)
	}
	return keys, nil
}

// Close ends the server.
func (s *S3) Close() { s.server.Close() }
