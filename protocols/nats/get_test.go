package nats_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

// publish sends the subject's own name to each subject, and returns the sequences.
func publish(t testing.TB, js jetstream.JetStream, subjects ...string) (seqs []uint64) {
	t.Helper()
	for _, subject := range subjects {
		seqs = append(seqs, must(js.Publish(within(t), subject, []byte(subject)))(t).Sequence)
	}
	return seqs
}

// left returns the sequences that a stream holds.
func (h *house) left(queue string) (seqs []uint64) {
	h.t.Helper()
	for i, from := 0, uint64(0); ; i++ {
		page := must(h.broker.Browse(within(h.t), queue, from, queuecore.MaxReceive))(h.t)
		if len(page) == 0 {
			return seqs
		}
		for i := range page {
			seqs = append(seqs, page[i].Seq)
		}
		from = page[len(page)-1].Seq + 1
	}
}

func TestMessagesBySubject(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	seqs := publish(t, js, "s.a", "s.b", "s.a", "s.c")
	for subject, want := range map[string]uint64{"s.a": seqs[2], "s.b": seqs[1], "s.*": seqs[3], ">": seqs[3]} {
		m, err := s.GetLastMsgForSubject(ctx, subject)
		if err != nil || m.Sequence != want {
			t.Errorf("last of %s: %+v, %v", subject, m, err)
		}
	}
	if _, err := s.GetLastMsgForSubject(ctx, "s.none"); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("last of nothing: %v", err)
	}
	for from, want := range map[uint64]uint64{0: seqs[0], seqs[0]: seqs[0], seqs[0] + 1: seqs[2]} {
		m, err := s.GetMsg(ctx, from, jetstream.WithGetMsgSubject("s.a"))
		if err != nil || m.Sequence != want {
			t.Errorf("next of s.a from %d: %+v, %v", from, m, err)
		}
	}
	if _, err := s.GetMsg(ctx, seqs[2]+1, jetstream.WithGetMsgSubject("s.a")); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("next after the last: %v", err)
	}
}

// The last of a subject is found wherever it stands in a long stream.
func TestLastOfASubjectFarBack(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	want := publish(t, js, "s.a", "s.rare")[1]
	var sends []*queuecore.Message
	for range 2 * queuecore.MaxReceive {
		sends = append(sends, &queuecore.Message{Destination: queuecore.TopicNamed("s.a")})
	}
	for part := range slices.Chunk(sends, queuecore.MaxTxOps) {
		must(h.broker.Commit(within(t), queuecore.Tx{Sends: part}))(t)
	}
	m, err := s.GetLastMsgForSubject(within(t), "s.rare")
	if err != nil || m.Sequence != want {
		t.Errorf("%+v, %v", m, err)
	}
}

// get asks STREAM.MSG.GET as no option of the client library does.
func (h *house) get(in string) (seq uint64, code int) {
	h.t.Helper()
	var out struct {
		Message struct {
			Seq  uint64 `json:"seq"`
			Hdrs []byte `json:"hdrs"`
		} `json:"message"`
		Error struct {
			Code int `json:"err_code"`
		} `json:"error"`
	}
	m := must(h.dial().Request("$JS.API.STREAM.MSG.GET.S", []byte(in), patience))(h.t)
	if err := json.Unmarshal(m.Data, &out); err != nil {
		h.t.Fatal(err)
	}
	return out.Message.Seq, out.Error.Code
}

func TestMessagesByTime(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, topic := range []string{"s.a", "s.b", "s.a"} {
		m := &queuecore.Message{Destination: queuecore.TopicNamed(topic), SentAt: base.Add(time.Duration(i) * time.Hour)}
		must(h.broker.Send(within(t), m))(t)
	}
	first := publish(t, js, "s.c")[0] - 3
	at := func(d time.Duration) string { return base.Add(d).Format(time.RFC3339) }
	for in, want := range map[string]uint64{
		fmt.Sprintf(`{"start_time":%q}`, at(-time.Hour)):                       first,
		fmt.Sprintf(`{"start_time":%q}`, at(time.Hour)):                        first + 1,
		fmt.Sprintf(`{"start_time":%q,"next_by_subj":"s.a"}`, at(time.Hour)):   first + 2,
		fmt.Sprintf(`{"start_time":%q,"next_by_subj":"s.*"}`, at(3*time.Hour)): first + 3,
	} {
		if seq, code := h.get(in); seq != want || code != 0 {
			t.Errorf("%s: message %d, error %d; want message %d", in, seq, code, want)
		}
	}
	if _, code := h.get(`{"start_time":"2999-01-01T00:00:00Z"}`); code != 10037 {
		t.Errorf("in a time to come: %d", code)
	}
}

// What nats-server refuses to look for is refused by its number.
func TestMessagesThatCannotBeLookedFor(t *testing.T) {
	h := start(t)
	h.stream(jetstream.StreamConfig{Name: "S"})
	for _, in := range []string{
		`{}`, `{"seq":1,"last_by_subj":"S"}`, `{"last_by_subj":"S","next_by_subj":"S"}`, `{"seq":1,"start_time":"2026-01-01T00:00:00Z"}`,
		`{"last_by_subj":"S","start_time":"2026-01-01T00:00:00Z"}`, `{"seq":1,"batch":2}`, `{"seq":1,"max_bytes":2}`,
	} {
		if _, code := h.get(in); code != 10003 {
			t.Errorf("%s: %d", in, code)
		}
	}
}

func TestPurgeOfSome(t *testing.T) {
	subjects := []string{"s.a", "s.b", "s.a", "s.b", "s.a"}
	for name, x := range map[string]struct {
		options []jetstream.StreamPurgeOpt
		want    []int // of the five, those that stay
	}{
		"subject":             {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject("s.a")}, []int{1, 3}},
		"wildcard":            {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject("s.*")}, nil},
		"another subject":     {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject("t")}, []int{0, 1, 2, 3, 4}},
		"keep":                {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeKeep(2)}, []int{3, 4}},
		"keep of a subject":   {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject("s.a"), jetstream.WithPurgeKeep(1)}, []int{1, 3, 4}},
		"keep more":           {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeKeep(9)}, []int{0, 1, 2, 3, 4}},
		"up to":               {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSequence(3)}, []int{2, 3, 4}},
		"up to, of a subject": {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSequence(4), jetstream.WithPurgeSubject("s.b")}, []int{0, 2, 3, 4}},
		"up to the first":     {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSequence(1)}, []int{0, 1, 2, 3, 4}},
		"up to all":           {[]jetstream.StreamPurgeOpt{jetstream.WithPurgeSequence(99)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
			seqs := publish(t, js, subjects...)
			o := h.consumer(s, jetstream.ConsumerConfig{})
			fetch(t, o, 1) // leased messages go too
			if err := s.Purge(within(t), x.options...); err != nil {
				t.Fatal(err)
			}
			var want []uint64
			for _, i := range x.want {
				want = append(want, seqs[i])
			}
			if got := h.left("S"); !slices.Equal(got, want) {
				t.Errorf("left %d, want %d", got, want)
			}
			if last := must(s.Info(within(t)))(t).State.LastSeq; last != seqs[4] {
				t.Errorf("last sequence %d, want %d", last, seqs[4])
			}
		})
	}
}

// A purge of some takes more than one page.
func TestPurgeOfManyPages(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	var sends []*queuecore.Message
	for i := range 2*queuecore.MaxReceive + 10 {
		sends = append(sends, &queuecore.Message{Destination: queuecore.TopicNamed(fmt.Sprintf("s.%d", i%10))})
	}
	for part := range slices.Chunk(sends, queuecore.MaxTxOps) {
		must(h.broker.Commit(within(t), queuecore.Tx{Sends: part}))(t)
	}
	all := h.left("S")
	if err := s.Purge(within(t), jetstream.WithPurgeKeep(5)); err != nil {
		t.Fatal(err)
	}
	if got := h.left("S"); !slices.Equal(got, all[len(all)-5:]) {
		t.Errorf("left %d", got)
	}
}

func TestPurgeByTwoBounds(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S"})
	publish(t, js, "S")
	m := must(h.dial().Request("$JS.API.STREAM.PURGE.S", []byte(`{"seq":1,"keep":1}`), patience))(t)
	var out struct {
		Error jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &out); err != nil || out.Error.ErrorCode != 10003 {
		t.Errorf("%s", m.Data)
	}
}

func TestStreamDetails(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	seqs := publish(t, js, "s.a", "s.b", "s.a", "s.c", "s.d")
	for _, i := range []int{1, 4} {
		if err := s.DeleteMsg(ctx, seqs[i]); err != nil {
			t.Fatal(err)
		}
	}
	state := must(s.Info(ctx, jetstream.WithDeletedDetails(true), jetstream.WithSubjectFilter("s.a")))(t).State
	if !slices.Equal(state.Deleted, []uint64{seqs[1], seqs[4]}) || state.NumDeleted != 2 {
		t.Errorf("deleted: %d, %d", state.Deleted, state.NumDeleted)
	}
	if !maps.Equal(state.Subjects, map[string]uint64{"s.a": 2}) || state.NumSubjects != 2 {
		t.Errorf("subjects: %v of %d", state.Subjects, state.NumSubjects)
	}
	var page struct {
		Total, Offset, Limit int
		State                struct{ Subjects map[string]int }
	}
	m := must(h.dial().Request("$JS.API.STREAM.INFO.S", []byte(`{"subjects_filter":">","offset":1}`), patience))(t)
	if err := json.Unmarshal(m.Data, &page); err != nil {
		t.Fatal(err)
	}
	if page.Total != 2 || page.Offset != 1 || page.Limit != 100_000 || !maps.Equal(page.State.Subjects, map[string]int{"s.c": 1}) {
		t.Errorf("second page: %+v", page)
	}
}

// What a consumer says it was delivered is never behind what it says is settled, also when
// the server has been started anew, or the messages went another way.
func TestDeliveredIsNotBehindTheAckFloor(t *testing.T) {
	b := newBroker(t)
	h := open(t, b, nats.Options{})
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	seqs := publish(t, js, "S", "S", "S")
	for _, m := range fetch(t, h.consumer(s, jetstream.ConsumerConfig{}), 2) {
		if err := m.DoubleAck(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	h.shutdown()
	h = open(t, b, nats.Options{})
	js = must(jetstream.New(h.dial()))(t)
	info := must(must(js.Consumer(within(t), "S", "work"))(t).Info(within(t)))(t)
	if info.AckFloor.Stream != seqs[1] || info.Delivered.Stream != seqs[1] || info.NumPending != 1 {
		t.Errorf("%+v", info)
	}
	if err := must(js.Stream(within(t), "S"))(t).Purge(within(t)); err != nil {
		t.Fatal(err)
	}
	info = must(must(js.Consumer(within(t), "S", "work"))(t).Info(within(t)))(t)
	if info.AckFloor.Stream != seqs[2] || info.Delivered.Stream != seqs[2] || info.NumPending != 0 {
		t.Errorf("after a purge: %+v", info)
	}
}
