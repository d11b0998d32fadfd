package admin

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"
)

// inTurn has h answer maxScrapes requests at a time. Others wait for their turn, in the order in which they have
// come, so that clients who ask without end cannot keep somebody else out. A client who does not read its answer
// holds up nobody, and has little time for it.
func inTurn(h http.Handler) http.Handler {
	turns := semaphore.NewWeighted(maxScrapes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := &buffer{ResponseWriter: w, status: http.StatusOK}
		if err := answerInTurn(turns, h, b, r); err != nil {
			refuse(w, http.StatusServiceUnavailable, "too many ask for metrics at the same time; try again")
			return
		}
		// A connection that cannot take a deadline is a test's.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
		w.WriteHeader(b.status)
		_, _ = w.Write(b.body.Bytes()) // the client is gone, and nobody else wants it
	})
}

func answerInTurn(turns *semaphore.Weighted, h http.Handler, w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), turnTimeout)
	defer cancel()
	if err := turns.Acquire(ctx, 1); err != nil {
		return err
	}
	defer turns.Release(1)
	h.ServeHTTP(w, r)
	return nil
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
