package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/sluicemq/sluice/queuecore"
)

// phase is how far the house has come.
type phase uint8

const (
	starting phase = iota
	serving
	draining
)

// health knows the phase of the house and, from serving on, its broker.
type health struct {
	mu     sync.Mutex
	phase  phase
	broker *queuecore.Broker
}

func (h *health) set(p phase, b *queuecore.Broker) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phase = p
	if b != nil {
		h.broker = b
	}
}

func (h *health) get() (phase, *queuecore.Broker) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.phase, h.broker
}

// reason says why sends cannot be confirmed, or nothing.
func (h *health) reason() string {
	p, b := h.get()
	switch p {
	case starting:
		return "starting"
	case draining:
		return "draining"
	}
	err := b.Err()
	switch {
	case err == nil:
		return ""
	case errors.Is(err, queuecore.ErrNoSpace):
		return fmt.Sprintf("sends are refused until the disk has room, receives and acks go on: %v", err)
	}
	return err.Error()
}

// SetReady says that the gateways are served from b.
func (s *Server) SetReady(b *queuecore.Broker) { s.health.set(serving, b) }

// SetDraining says that the house is being taken down.
func (s *Server) SetDraining() { s.health.set(draining, nil) }

// answer is the body of /livez and /readyz.
type answer struct {
	Status string `json:"status"`           // "ok" or "unavailable"
	Reason string `json:"reason,omitempty"` // why it is unavailable
}

func livez(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, answer{Status: "ok"})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if reason := s.health.reason(); reason != "" {
		reply(w, http.StatusServiceUnavailable, answer{Status: "unavailable", Reason: reason})
		return
	}
	reply(w, http.StatusOK, answer{Status: "ok"})
}

func reply(w http.ResponseWriter, code int, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(a) // the client is gone, and nobody else wants it
}
