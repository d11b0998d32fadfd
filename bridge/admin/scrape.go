package admin

import (
	"bytes"
	"net/http"
	"time"
)

// buffered answers with what h has written in full, so that a client who does not read its answer keeps
// none of the places that h has, and has little time for it.
func buffered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := &buffer{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(b, r)
		// A connection that cannot take a deadline is a test's.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
		w.WriteHeader(b.status)
		_, _ = w.Write(b.body.Bytes()) // the client is gone, and nobody else wants it
	})
}

// buffer is a ResponseWriter that keeps the body.
type buffer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (b *buffer) WriteHeader(status int) { b.status = status }

// Write implements http.ResponseWriter.
func (b *buffer) Write(p []byte) (int, error) { return b.body.Write(p) }
