package jetstream

import (
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

func (e *Engine) streamInfo(r *request) (any, error) {
	var in struct {
		Offset         int    `json:"offset"`
		DeletedDetails bool   `json:"deleted_details"`
		SubjectsFilter string `json:"subjects_filter"`
	}
	if err := r.decode(&in, true); err != nil {
		return nil, err
	}
	s, err := r.client.look(r.args[0])
	if err != nil {
		return nil, err
	}
	if in.SubjectsFilter != "" && !r.client.mayRead(s.destination()) {
		return nil, denied("show the subjects of stream %s", r.args[0])
	}
	si, err := e.info(s)
	if err != nil {
		return nil, err
	}
	if in.DeletedDetails {
		if si.State.Deleted, err = e.deleted(s, &si.State); err != nil {
			return nil, err
		}
	}
	if in.SubjectsFilter == "" {
		return pagedStream{streamInfo: si}, nil
	}
	return e.withSubjects(s, si, in.SubjectsFilter, in.Offset)
}

// pagedStream is what STREAM.INFO answers: the page is one of the stream's subjects.
type pagedStream struct {
	*streamInfo
	page
}

// lastTime is when the newest message was sent, if it is still there.
func (e *Engine) lastTime(s *stream, last uint64) time.Time {
	found, err := e.broker.Browse(e.ctx, s.queue.Name, last, 1)
	if err != nil || len(found) == 0 {
		return time.Time{}
	}
	return found[0].SentAt.UTC()
}

// asDelivery makes the dictionary read an entry as if it were handed out.
func asDelivery(s *stream, x *queuecore.Browsed) *queuecore.Delivery {
	return &queuecore.Delivery{Message: x.Message, Queue: s.queue.Name, Attempt: x.Attempt, Dead: x.Dead}
}

func subjectOf(s *stream, x *queuecore.Browsed) string {
	return mapping.NATS{}.Subject(asDelivery(s, x))
}

// listRequest is what STREAM.NAMES and STREAM.LIST bring.
type listRequest struct {
	Offset  int    `json:"offset"`
	Subject string `json:"subject"`
}

// selected returns the streams that a list is about.
func (e *Engine) selected(r *request) (listRequest, []*stream, error) {
	var in listRequest
	if err := r.decode(&in, true); err != nil {
		return in, nil, err
	}
	all := e.streams(r.client.sees)
	if in.Subject == "" {
		return in, all, nil
	}
	var some []*stream
	for _, s := range all {
		for _, subject := range s.config.Subjects {
			if router.Collide(subject, in.Subject) {
				some = append(some, s)
				break
			}
		}
	}
	return in, some, nil
}

func (e *Engine) streamNames(r *request) (any, error) {
	in, all, err := e.selected(r)
	if err != nil {
		return nil, err
	}
	p, some := cut(all, in.Offset, namesPage)
	names := make([]string, len(some))
	for i, s := range some {
		names[i] = s.name
	}
	return struct {
		page
		Streams []string `json:"streams"`
	}{p, names}, nil
}

func (e *Engine) streamList(r *request) (any, error) {
	in, all, err := e.selected(r)
	if err != nil {
		return nil, err
	}
	p, some := cut(all, in.Offset, listPage)
	infos := make([]*streamInfo, 0, len(some))
	for _, s := range some {
		if si, err := e.info(s); err == nil { // or it was deleted meanwhile
			infos = append(infos, si)
		}
	}
	return struct {
		page
		Streams []*streamInfo `json:"streams"`
	}{p, infos}, nil
}
