package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Failure is the body of an answer that is none: what is wrong, in a sentence.
type Failure struct {
	Error string `json:"error"`
}

// routesOfQueues adds what looks after queues.
func (s *Server) routesOfQueues(mux *http.ServeMux) {
	for pattern, ask := range map[string]func(*http.Request, *queuecore.Broker) (any, error){
		"POST /v1/moves":        s.startMove,
		"GET /v1/moves":         s.moves,
		"DELETE /v1/moves/{id}": s.cancelMove,
		"GET /v1/messages":      s.messages,
	} {
		mux.HandleFunc(pattern, s.witnessing(s.guarded(s.asking(ask))))
	}
}

// asking answers with what ask returns.
func (s *Server) asking(ask func(*http.Request, *queuecore.Broker) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		phase, b := s.health.get()
		if phase != serving {
			refuse(w, http.StatusServiceUnavailable, s.health.reason())
			return
		}
		r, ok := s.login(w, r)
		if !ok {
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, int64(s.limits.BodyBytes))
		x, err := ask(r, b)
		witnessed(r, err)
		if err != nil {
			s.count(err)
			refuse(w, statusOf(err), err.Error())
			return
		}
		write(w, http.StatusOK, x)
	}
}

// statusOf puts the core's errors into statuses.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.Is(err, protocols.ErrDenied):
		return http.StatusForbidden
	case errors.Is(err, queuecore.ErrInvalid), errors.Is(err, queuecore.ErrRelay):
		return http.StatusBadRequest
	case errors.Is(err, queuecore.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, queuecore.ErrExists):
		return http.StatusConflict
	case errors.Is(err, protocols.ErrUnrecorded), errors.Is(err, queuecore.ErrLimit), errors.Is(err, queuecore.ErrClosed), errors.Is(err, queuecore.ErrUnavailable), errors.Is(err, queuecore.ErrNoSpace):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// count counts the limit that a request was refused by, if it was one.
func (s *Server) count(err error) {
	switch statusOf(err) {
	case http.StatusRequestEntityTooLarge:
		s.tally.Add(settingBody)
	case http.StatusRequestTimeout:
		s.tally.Add(settingRequestTimeout)
	}
}

func refuse(w http.ResponseWriter, code int, why string) { write(w, code, Failure{why}) }

func write(w http.ResponseWriter, code int, x any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(x) // the client is gone, and nobody else wants it
}

// read reads the body of a request, which has no fields but those of x.
func read(r *http.Request, x any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	var tooLarge *http.MaxBytesError
	err := d.Decode(x)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return fmt.Errorf("the body of the request has more than %d bytes (the setting is %s): %w", tooLarge.Limit, settingBody, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("the body of the request did not come in time (the setting is %s): %w", settingRequestTimeout, err)
	}
	return fmt.Errorf("the body of the request: %w: %w", queuecore.ErrInvalid, err)
}

// compile reads a selector as those of the gateways are read: strings are numbers where
// those are wanted, and '-' and '.' are part of names.
func compile(text string) (*queuecore.Selector, error) {
	return queuecore.CompileSelector(text, queuecore.SelectorOptions{Convert: true, Hyphens: true})
}

// spelled returns the text of a compiled selector without the options that compile sets anyway.
func spelled(text string) string {
	const probe = "TRUE"
	if x, err := compile(probe); err == nil {
		return strings.TrimPrefix(text, strings.TrimSuffix(x.String(), probe))
	}
	return text
}
