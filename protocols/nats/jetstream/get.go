package jetstream

import (
	"math"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// storedMessage is a message as STREAM.MSG.GET shows it.
type storedMessage struct {
	Subject string    `json:"subject"`
	Seq     uint64    `json:"seq"`
	Header  []byte    `json:"hdrs,omitempty"`
	Data    []byte    `json:"data,omitempty"`
	Time    time.Time `json:"time"`
}

// getRequest is what STREAM.MSG.GET brings.
type getRequest struct {
	Seq    uint64     `json:"seq"`
	Last   string     `json:"last_by_subj"`
	Next   string     `json:"next_by_subj"`
	Start  *time.Time `json:"start_time"`
	NoHead bool       `json:"no_hdr"`
	// Batches are for DIRECT.GET alone.
	Batch    int `json:"batch"`
	MaxBytes int `json:"max_bytes"`
}

// check refuses what nats-server refuses (2.15, jsMsgGetRequest): seq, last_by_subj and start_time
// exclude each other, and so do the two subjects.
func (in *getRequest) check() error {
	ways := 0
	for _, has := range []bool{in.Seq > 0, in.Last != "", in.Start != nil} {
		if has {
			ways++
		}
	}
	if in.Batch > 0 || in.MaxBytes > 0 || ways > 1 || ways == 0 && in.Next == "" || in.Last != "" && in.Next != "" {
		return errBadRequest
	}
	return nil
}

// getMessage looks at one message, in whatever state, without touching it.
func (e *Engine) getMessage(r *request) (any, error) {
	var in getRequest
	if err := r.decode(&in, false); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	s, err := r.client.open(protocols.Browse, "browse stream", r.args[0])
	if err != nil {
		return nil, err
	}
	of, err := e.subjectsOf(s)
	if err != nil {
		return nil, err
	}
	found, err := e.seek(&of, &in)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errNoMessage
	}
	return foundMessage{shownMessage(&of, found, !in.NoHead), s.destination()}, nil
}

// foundMessage is what STREAM.MSG.GET answers.
type foundMessage struct {
	Message storedMessage `json:"message"`
	of      queuecore.Destination
}

// mayHear keeps the message from others who listen to the subject of the answer.
func (x foundMessage) mayHear(c *Client) bool {
	return c.principal.May(protocols.Browse, x.of) || c.principal.May(protocols.Receive, x.of)
}

func shownMessage(of *subjects, found *queuecore.Browsed, withHeader bool) storedMessage {
	x := asDelivery(of.stream, found)
	headers, body := mapping.NATS{}.Encode(x)
	if target := (mapping.NATS{}).Subject(x); of.of(found) != target {
		headers = append(headers, mapping.Header{Name: schedule, Value: "@at " + x.DeliverAt.UTC().Format(time.RFC3339Nano)},
			mapping.Header{Name: scheduleTarget, Value: target})
	}
	m := storedMessage{Subject: of.of(found), Seq: found.Seq, Data: body, Time: x.SentAt.UTC()}
	if withHeader {
		m.Header = headerBlock(nil, headers)
	}
	return m
}

// seek finds the message that in asks for; nil when there is none.
func (e *Engine) seek(of *subjects, in *getRequest) (*queuecore.Browsed, error) {
	switch {
	case in.Last != "":
		return e.lastOf(of, in.Last)
	case in.Start != nil:
		return e.since(of, *in.Start, in.Next)
	case in.Next != "":
		return e.first(of.stream, in.Seq, math.MaxUint64, func(x *queuecore.Browsed) bool { return of.covered(in.Next, x) })
	}
	return e.first(of.stream, in.Seq, in.Seq+1, func(*queuecore.Browsed) bool { return true })
}

// first returns the first message from a sequence on and before end that is wanted, or nil.
func (e *Engine) first(s *stream, from, end uint64, wanted func(*queuecore.Browsed) bool) (found *queuecore.Browsed, err error) {
	if end == from+1 { // not a page for one message
		page, err := e.broker.Browse(e.ctx, s.queue.Name, from, 1)
		if err != nil || len(page) == 0 || page[0].Seq != from || !wanted(&page[0]) {
			return nil, err
		}
		return &page[0], nil
	}
	err = e.walk(s, from, end, func(x *queuecore.Browsed) bool {
		if wanted(x) {
			found = x
		}
		return found == nil
	})
	return found, err
}

// since returns the first message that was not sent before t, or from there on the first that
// filter covers.
func (e *Engine) since(of *subjects, t time.Time, filter string) (*queuecore.Browsed, error) {
	reached := false
	return e.first(of.stream, 0, math.MaxUint64, func(x *queuecore.Browsed) bool {
		reached = reached || !x.SentAt.Before(t)
		return reached && of.covered(filter, x)
	})
}

// lastOf returns the last message that filter covers, or nil: at once where the stream counts its
// subjects.
func (e *Engine) lastOf(of *subjects, filter string) (*queuecore.Browsed, error) {
	if len(of.schedules) > 0 { // they are counted under their targets
		return e.searchLast(of, filter)
	}
	s := of.stream
	topics, known, err := e.topics(s)
	if err != nil {
		return nil, err
	}
	last := uint64(0)
	for subject, x := range topics {
		if router.Covers(filter, subject) {
			last = max(last, x.Last)
		}
	}
	if known && last > 0 {
		found, err := e.first(s, last, last+1, func(*queuecore.Browsed) bool { return true })
		if found != nil || err != nil {
			return found, err
		}
	} else if known {
		return nil, nil
	}
	return e.searchLast(of, filter)
}

// searchLast is lastOf for other streams. It looks at the end of the queue first, and each
// time it finds nothing at twice as much before that.
func (e *Engine) searchLast(of *subjects, filter string) (*queuecore.Browsed, error) {
	st, err := e.broker.Held(e.ctx, of.stream.queue.Name, 0)
	if err != nil {
		return nil, err
	}
	end := st.LastSeq + 1
	for window := uint64(queuecore.MaxReceive); end > st.FirstSeq; window *= 2 {
		from := max(end-min(window, end), st.FirstSeq)
		var found *queuecore.Browsed
		err := e.walk(of.stream, from, end, func(x *queuecore.Browsed) bool {
			if of.covered(filter, x) {
				found = x
			}
			return true
		})
		if err != nil || found != nil {
			return found, err
		}
		end = from
	}
	return nil, nil
}
