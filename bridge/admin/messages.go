package admin

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Messages is the answer of GET /v1/messages: some of what stands in a queue, in order
// and in whatever state. There may be none although there are some further on.
type Messages struct {
	Messages []Message `json:"messages"`
	Next     uint64    `json:"next,omitempty"` // seq to go on from; 0: that is all
}

// Message is a message as it is shown.
type Message struct {
	Seq           uint64         `json:"seq"`
	ID            string         `json:"id"`
	State         string         `json:"state"` // ready, delayed, leased or parked
	Attempts      int            `json:"attempts"`
	Sent          time.Time      `json:"sent"`
	Priority      int            `json:"priority"`
	Group         string         `json:"group,omitempty"`
	Type          string         `json:"type,omitempty"`
	CorrelationID string         `json:"correlation_id,omitempty"`
	Properties    map[string]any `json:"properties,omitempty"` // bytes in base64
	Dead          *Dead          `json:"dead,omitempty"`       // of a dead letter
	Size          int            `json:"size"`                 // of the body, in bytes
	Body          string         `json:"body,omitempty"`       // the beginning of a text
	Bytes         []byte         `json:"bytes,omitempty"`      // of another body
}

// Dead says where a dead letter came from.
type Dead struct {
	Queue    string `json:"queue"`
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
}

func (s *Server) messages(r *http.Request, b *queuecore.Broker) (any, error) {
	if err := may(r, r.FormValue("queue"), protocols.Inspect); err != nil {
		return nil, err
	}
	x, err := compile(r.FormValue("selector"))
	if err != nil {
		return nil, err
	}
	from, err := numberOf(r, "from", 0, 1<<63)
	if err != nil {
		return nil, err
	}
	limit, err := numberOf(r, "limit", defaultMessages, maxMessages)
	if err != nil {
		return nil, err
	}
	found, next, err := b.BrowseSelected(r.Context(), r.FormValue("queue"), x, from, int(limit))
	if err != nil {
		return nil, err
	}
	out := Messages{Messages: []Message{}, Next: next}
	for i := range found {
		out.Messages = append(out.Messages, shownMessage(&found[i]))
	}
	return out, nil
}

// numberOf reads a number of the query, of at most most.
func numberOf(r *http.Request, name string, missing, most uint64) (uint64, error) {
	text := r.FormValue(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		return 0, fmt.Errorf("%s is %.40q: it must be a number of at most %d: %w", name, text, most, queuecore.ErrInvalid)
	}
	return n, nil
}

func shownMessage(x *queuecore.Browsed) Message {
	m := Message{
		Seq: x.Seq, ID: x.ID.String(), State: stateName(x.State), Attempts: x.Attempt, Sent: x.SentAt, Priority: x.Priority.Level(),
		Group: x.Group, Type: x.Type, CorrelationID: x.CorrelationID, Size: len(x.Body),
	}
	for i := range x.Properties {
		if m.Properties == nil {
			m.Properties = make(map[string]any, len(x.Properties))
		}
		m.Properties[x.Properties[i].Name] = shownValue(x.Properties[i].Value)
	}
	if x.Dead != nil {
		m.Dead = &Dead{x.Dead.Queue, x.Dead.Reason, x.Dead.Attempts}
	}
	if body := x.Body[:min(len(x.Body), maxShownBody)]; utf8.Valid(x.Body) {
		m.Body = strings.ToValidUTF8(string(body), "") // the last character may be cut
	} else {
		m.Bytes = body
	}
	return m
}

// shownValue is a property's value as JSON has it; what is no number there is spelled.
func shownValue(v any) any {
	switch v := v.(type) {
	case float32, float64, queuecore.Decimal:
		return fmt.Sprint(v)
	default:
		return v
	}
}

func stateName(s queuecore.State) string {
	switch s {
	case queuecore.Ready:
		return "ready"
	case queuecore.Delayed:
		return "delayed"
	case queuecore.Leased:
		return "leased"
	}
	return "parked"
}
