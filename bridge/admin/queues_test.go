package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// asks returns a client of s.
func (s *site) asks() *admin.Client {
	return &admin.Client{Addr: strings.TrimPrefix(s.base, "http://"), HTTP: s.client}
}

// colored sends a message with a color.
func colored(t *testing.T, b *queuecore.Broker, queue, color, body string) {
	t.Helper()
	_, err := b.Send(context.Background(), &queuecore.Message{
		Destination: queuecore.QueueNamed(queue), Body: []byte(body), Properties: queuecore.Properties{{Name: "color", Value: color}, {Name: "n", Value: int32(len(body))}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ended waits for the last move from a queue to end.
func ended(t *testing.T, c *admin.Client, queue string) admin.Move {
	t.Helper()
	for {
		all, err := c.Moves(t.Context(), queue)
		if err != nil || len(all) == 0 {
			t.Fatal(all, err)
		}
		if all[0].Status != "running" {
			return all[0]
		}
	}
}

// logged has the lines of a log.
type logged chan string

func (l logged) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// The log has the selector of a move as it was given.
func TestSelectorInTheLog(t *testing.T) {
	log := make(logged, 100)
	s, b := startLogging(t, 10, slog.NewTextHandler(log, nil)), open(t, memstore.New())
	s.SetReady(b)
	create(t, b, "from")
	create(t, b, "to")
	if _, err := s.asks().StartMove(t.Context(), admin.MoveRequest{From: "from", To: "to", Selector: "n > 3"}); err != nil {
		t.Fatal(err)
	}
	if line := <-log; !strings.Contains(line, "move started") || !strings.Contains(line, `selector="n > 3"`) {
		t.Error(line)
	}
}

// A move by a selector takes what matches; the rest is shown as it stands.
func TestMoveAndBrowseBySelector(t *testing.T) {
	s, b := start(t, 10), open(t, memstore.New())
	s.SetReady(b)
	c := s.asks()
	create(t, b, "from")
	create(t, b, "to")
	for i := range 150 {
		colored(t, b, "from", []string{"red", "blue"}[i%2], strings.Repeat("x", i%10))
	}
	begun, err := c.StartMove(t.Context(), admin.MoveRequest{From: "from", To: "to", Selector: "color = 'red' AND n > 3"})
	if err != nil || begun.Status != "running" || begun.Total != nil {
		t.Fatalf("%+v, %v", begun, err)
	}
	v := ended(t, c, "from")
	if v.ID != begun.ID || v.Status != "done" || v.Moved != 45 || v.Total != nil || v.Ended == nil || v.From != "from" || v.To != "to" || v.Selector != "color = 'red' AND n > 3" {
		t.Errorf("%+v", v)
	}
	count := func(queue, selector string, limit int) (n int) {
		last := uint64(0)
		err := c.Browse(t.Context(), queue, selector, limit, func(m *admin.Message) error {
			if n++; m.Seq <= last || m.State != "ready" || m.Size != len(m.Body) || m.Properties["n"] != float64(m.Size) {
				t.Errorf("%+v", m)
			}
			last = m.Seq
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	if n, m := count("to", "", 1000), count("to", "color = 'red' AND n > 3", 1000); n != 45 || m != 45 {
		t.Errorf("moved are %d, of which %d match", n, m)
	}
	if n, m := count("from", "", 1000), count("from", "color = 'blue'", 70); n != 105 || m != 70 {
		t.Errorf("left are %d, of blue shown %d", n, m)
	}
	stop := errors.New("enough")
	if err := c.Browse(t.Context(), "from", "", 10, func(*admin.Message) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// What a dead letter adds is shown, and can be selected by; moves are canceled by their id.
func TestMoveOfDeadLetters(t *testing.T) {
	s, b := start(t, 10), open(t, memstore.New())
	s.SetReady(b)
	c := s.asks()
	create(t, b, "dead")
	for _, name := range []string{"a", "b"} {
		if _, err := b.CreateQueue(t.Context(), name, queuecore.QueueConfig{MaxAttempts: 1, DeadLetter: "dead"}); err != nil {
			t.Fatal(err)
		}
		send(t, b, name, "\xff"+strings.Repeat("é", 3000))
		if err := b.Nack(t.Context(), receive(t, b, name).Receipt, 0); err != nil {
			t.Fatal(err)
		}
	}
	var shown []admin.Message
	err := c.Browse(t.Context(), "dead", "JMS_Sluice_DeadReason = 'attempts' AND JMS_Sluice_DeadQueue = 'b'", 10, func(m *admin.Message) error {
		shown = append(shown, *m)
		return nil
	})
	if err != nil || len(shown) != 1 || *shown[0].Dead != (admin.Dead{Queue: "b", Reason: "attempts", Attempts: 1}) || shown[0].Size != 6001 || len(shown[0].Bytes) != 4096 {
		t.Fatalf("%+v, %v", shown, err)
	}
	if _, err := c.StartMove(t.Context(), admin.MoveRequest{From: "dead", Selector: "JMS_Sluice_DeadQueue = 'b'"}); err != nil {
		t.Fatal(err)
	}
	if v := ended(t, c, "dead"); v.Moved != 1 || string(receive(t, b, "b").Body)[0] != 0xff {
		t.Errorf("%+v", v)
	}
	v, err := c.StartMove(t.Context(), admin.MoveRequest{From: "dead", To: "a", Rate: 1})
	if err != nil || *v.Total != 1 {
		t.Fatal(v, err)
	}
	ended(t, c, "dead")
	for i := range 3 { // one at once, the others later
		send(t, b, "dead", fmt.Sprint(i))
	}
	if v, err = c.StartMove(t.Context(), admin.MoveRequest{From: "dead", To: "a", Rate: 1}); err != nil {
		t.Fatal(err)
	}
	_, again := c.StartMove(t.Context(), admin.MoveRequest{From: "dead", To: "a"})
	canceled, err := c.CancelMove(t.Context(), "dead", v.ID)
	if err != nil || canceled.Status != "canceled" || again == nil || !strings.Contains(again.Error(), "already exists") {
		t.Errorf("%+v, %v; another: %v", canceled, err, again)
	}
	if _, err := c.CancelMove(t.Context(), "dead", v.ID); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("canceled twice: %v", err)
	}
}

// Whatever is wrong is answered with a sentence.
func TestWrongQuestions(t *testing.T) {
	s := start(t, 10)
	c := s.asks()
	if _, err := c.Moves(t.Context(), "q"); err == nil || err.Error() != "starting" {
		t.Errorf("before it is ready: %v", err)
	}
	b := open(t, memstore.New())
	s.SetReady(b)
	create(t, b, "q")
	_, missing := c.StartMove(t.Context(), admin.MoveRequest{From: "none", To: "q"})
	_, noSelector := c.StartMove(t.Context(), admin.MoveRequest{From: "q", Selector: "a = = 1"})
	_, rate := c.StartMove(t.Context(), admin.MoveRequest{From: "q", Rate: -1})
	_, moves := c.Moves(t.Context(), "none")
	_, cancel := c.CancelMove(t.Context(), "q", "x/y")
	browse := c.Browse(t.Context(), "q", "'a' < 1", 1, nil)
	for _, x := range []struct {
		err  error
		want string
	}{
		{missing, `queue "none": not found`}, {noSelector, "at offset 4"}, {rate, "invalid"}, {moves, "not found"}, {cancel, "x/y"}, {browse, "at offset"},
		{(&admin.Client{}).Browse(t.Context(), "q", "", 1, nil), "admin_addr"},
	} {
		if x.err == nil || !strings.Contains(x.err.Error(), x.want) {
			t.Errorf("got %v, want %q", x.err, x.want)
		}
	}
	for path, want := range map[string]string{
		"/v1/messages?queue=q&limit=101": "at most 100", "/v1/messages?queue=q&from=-1": "from is", "/v1/messages": "not found",
	} {
		if code, body := s.get(path); code != 400 && code != 404 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if code, body := s.post(`{"from":"q","sideways":1}`); code != 400 || !strings.Contains(body, "sideways") {
		t.Errorf("%d %s", code, body)
	}
}

// post posts to /v1/moves, with further headers.
func (s *site) post(body string, headers ...string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.base+"/v1/moves", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// Pages in a browser, names that somebody else points here and proxies move nothing.
func TestStrangersMoveNothing(t *testing.T) {
	s, b := start(t, 10), open(t, memstore.New())
	s.SetReady(b)
	create(t, b, "a")
	create(t, b, "b")
	send(t, b, "a", "x")
	for _, x := range []struct {
		headers []string
		code    int
	}{
		{[]string{"Content-Type", "text/plain"}, 415}, {[]string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{[]string{"Origin", "http://evil.test"}, 403}, {[]string{"Origin", "null"}, 403}, {[]string{"Sec-Fetch-Site", "same-origin"}, 403},
		{[]string{"Host", "evil.test"}, 403}, {[]string{"Host", "evil.test:9325"}, 403}, {[]string{"Host", "127.0.0.1.evil.test"}, 403},
		{[]string{"X-Forwarded-For", "192.0.2.1"}, 403}, {[]string{"Forwarded", "for=192.0.2.1"}, 403},
	} {
		code, body := s.post(`{"from":"a","to":"b"}`, x.headers...)
		if code != x.code || !strings.Contains(body, `{"error":"`) {
			t.Errorf("%q: %d %s", x.headers, code, body)
		}
	}
	if moves, err := b.Moves(t.Context(), "a"); err != nil || len(moves) != 0 {
		t.Errorf("%v, %v", moves, err)
	}
	for _, host := range []string{"localhost", "LOCALHOST:9325", "[::1]:9325", "127.1.2.3"} {
		if code, body := s.post(`{"from":"none","to":"b"}`, "Host", host, "Content-Type", "application/json; charset=utf-8"); code != 404 {
			t.Errorf("%s: %d %s", host, code, body)
		}
	}
}
