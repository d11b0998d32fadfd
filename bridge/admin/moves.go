package admin

import (
	"fmt"
	"net/http"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// MoveRequest is the body of POST /v1/moves.
type MoveRequest struct {
	From     string `json:"from"`
	To       string `json:"to,omitempty"`       // "": each message goes to where it came from as a dead letter
	Selector string `json:"selector,omitempty"` // of JMS; "": everything
	Rate     int    `json:"rate,omitempty"`     // messages a second; 0: no bound
}

// Move is a move as it is shown; queuecore.Move, field by field.
type Move struct {
	ID       string     `json:"id"`
	From     string     `json:"from"`
	To       string     `json:"to,omitempty"`
	Selector string     `json:"selector,omitempty"` // as StartMove takes it
	Rate     int        `json:"rate,omitempty"`
	Status   string     `json:"status"` // running, done, canceled or failed
	Reason   string     `json:"reason,omitempty"`
	At       string     `json:"at,omitempty"` // the queue that reason is about
	Moved    int        `json:"moved"`
	Total    *int       `json:"total"` // ready at the start; null: how many of them match is not known
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended,omitempty"`
}

// Moves is the answer of GET /v1/moves: the latest first, ten at the most.
type Moves struct {
	Moves []Move `json:"moves"`
}

func (s *Server) startMove(r *http.Request, b *queuecore.Broker) (any, error) {
	var in MoveRequest
	if err := read(r, &in); err != nil {
		return nil, err
	}
	witnessMove(r, &in)
	if err := mayMove(r, &in); err != nil {
		return nil, err
	}
	x, err := compile(in.Selector)
	if err != nil {
		return nil, err
	}
	v, err := b.StartMoveOf(r.Context(), in.From, in.To, x, in.Rate)
	if err != nil {
		return nil, err
	}
	s.log.Info("move started", "id", v.ID, "from", v.Source, "to", v.Destination, "selector", spelled(v.Selector), "rate", v.Rate)
	return shown(&v), nil
}

func (s *Server) moves(r *http.Request, b *queuecore.Broker) (any, error) {
	if err := may(r, r.FormValue("queue")); err != nil {
		return nil, err
	}
	all, err := b.Moves(r.Context(), r.FormValue("queue"))
	if err != nil {
		return nil, err
	}
	out := Moves{Moves: []Move{}}
	for i := range all {
		out.Moves = append(out.Moves, shown(&all[i]))
	}
	return out, nil
}

// cancelMove ends the move of that id from the queue that the query names.
func (s *Server) cancelMove(r *http.Request, b *queuecore.Broker) (any, error) {
	id, queue := r.PathValue("id"), r.FormValue("queue")
	if err := may(r, queue, protocols.Redrive); err != nil {
		return nil, err
	}
	all, err := b.Moves(r.Context(), queue)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ID.String() != id {
			continue
		}
		v, err := b.CancelMove(r.Context(), queue, all[i].ID)
		if err != nil {
			return nil, err
		}
		s.log.Info("move canceled", "id", id, "from", queue, "moved", v.Moved)
		return shown(&v), nil
	}
	return nil, fmt.Errorf("move %s of the messages of queue %q: %w", id, queue, queuecore.ErrNotFound)
}

func shown(v *queuecore.Move) Move {
	m := Move{
		ID: v.ID.String(), From: v.Source, To: v.Destination, Selector: spelled(v.Selector), Rate: v.Rate, Status: string(v.Status),
		Reason: string(v.Reason), At: v.At, Moved: v.Moved, Started: v.Started,
	}
	if v.Selector == "" {
		m.Total = &v.Total
	}
	if !v.Ended.IsZero() {
		m.Ended = &v.Ended
	}
	return m
}
