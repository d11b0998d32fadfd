package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func TestMain(m *testing.M) { leak.Main(m) }

// site is a server under test.
type site struct {
	*admin.Server
	t      *testing.T
	base   string
	client *http.Client
}

// patient are limits of time that no test comes to.
func patient() admin.Limits {
	return admin.Limits{HeaderTimeout: time.Minute, RequestTimeout: time.Minute, LoginTimeout: time.Minute}
}

func start(t *testing.T, maxQueues int) *site {
	t.Helper()
	return startLogging(t, maxQueues, slog.DiscardHandler)
}

func startLogging(t *testing.T, maxQueues int, log slog.Handler) *site {
	t.Helper()
	s := admin.New(admin.Options{
		Limits: patient(), MaxQueues: maxQueues, Version: "1.2.3", Revision: "abc", Log: slog.New(log),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	// Ends with Shutdown.
	go func() { served <- s.Serve(l) }()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return &site{s, t, "http://" + l.Addr().String(), &http.Client{Transport: transport}}
}

func (s *site) get(path string) (int, string) {
	s.t.Helper()
	r, err := s.client.Get(s.base + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

// wantReady asks for /readyz and compares the reason; "" is ready.
func (s *site) wantReady(reason string) {
	s.t.Helper()
	code, body := s.get("/readyz")
	var got struct{ Status, Reason string }
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		s.t.Fatalf("%q: %v", body, err)
	}
	if reason == "" && (code != 200 || got.Status != "ok") || reason != "" && (code != 503 || got.Status != "unavailable") {
		s.t.Errorf("got %d %s", code, body)
	}
	if !strings.Contains(got.Reason, reason) {
		s.t.Errorf("reason %q, want %q", got.Reason, reason)
	}
}

// wantMetrics looks for lines of /metrics.
func (s *site) wantMetrics(lines ...string) {
	s.t.Helper()
	code, body := s.get("/metrics")
	if code != 200 {
		s.t.Fatalf("%d %s", code, body)
	}
	for _, l := range lines {
		if !strings.Contains("\n"+body, "\n"+l+"\n") {
			s.t.Errorf("no line %q in\n%s", l, sluiceLines(body))
		}
	}
}

func sluiceLines(body string) string {
	return strings.Join(regexp.MustCompile(`(?m)^sluice_.*$`).FindAllString(body, -1), "\n")
}

func open(t *testing.T, s store.Store) *queuecore.Broker {
	t.Helper()
	b, err := queuecore.Open(context.Background(), s, &queuecore.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() }) // a test may have broken it
	return b
}

func create(t *testing.T, b *queuecore.Broker, name string) {
	t.Helper()
	if _, err := b.CreateQueue(context.Background(), name, queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
}

func send(t *testing.T, b *queuecore.Broker, queue, body string) {
	t.Helper()
	if _, err := b.Send(context.Background(), &queuecore.Message{Destination: queuecore.QueueNamed(queue), Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, b *queuecore.Broker, queue string) queuecore.Delivery {
	t.Helper()
	ds, err := b.Receive(context.Background(), queue, queuecore.ReceiveOptions{})
	if err != nil || len(ds) != 1 {
		t.Fatalf("%d deliveries, %v", len(ds), err)
	}
	return ds[0]
}

func TestPhases(t *testing.T) {
	s := start(t, 10)
	live := func() {
		t.Helper()
		if code, body := s.get("/livez"); code != 200 || !strings.Contains(body, `"ok"`) {
			t.Errorf("livez: %d %s", code, body)
		}
	}
	live()
	s.wantReady("starting")
	s.wantMetrics("sluice_up 0", `sluice_build_info{goversion="`+runtime.Version()+`",revision="abc",version="1.2.3"} 1`)

	b := open(t, memstore.New())
	s.SetReady(b)
	live()
	s.wantReady("")
	s.wantMetrics("sluice_up 1")

	s.SetDraining()
	live()
	s.wantReady("draining")
	s.wantMetrics("sluice_up 0")

	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	s.wantReady("draining")
	s.wantMetrics("sluice_up 0")
}

func TestClosedBrokerIsNotReady(t *testing.T) {
	s := start(t, 10)
	b := open(t, memstore.New())
	s.SetReady(b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	s.wantReady("broker is closed")
}

// brokenStore refuses every write once it is told to.
type brokenStore struct {
	store.Store
	broken atomic.Bool
}

func (s *brokenStore) Write(b *store.Batch) error {
	if s.broken.Load() {
		return errors.New("input/output error")
	}
	return s.Store.Write(b)
}

func TestFailedStoreIsNotReady(t *testing.T) {
	s := start(t, 10)
	st := &brokenStore{Store: memstore.New()}
	b := open(t, st)
	create(t, b, "q")
	s.SetReady(b)
	s.wantReady("")
	st.broken.Store(true)
	if _, err := b.Send(context.Background(), &queuecore.Message{Destination: queuecore.QueueNamed("q")}); err == nil {
		t.Fatal("the send was confirmed")
	}
	s.wantReady("input/output error")
	s.wantMetrics("sluice_up 0", `sluice_refusing{reason="store_failed"} 1`, `sluice_refusing{reason="disk_full"} 0`)
	if code, _ := s.get("/livez"); code != http.StatusOK {
		t.Errorf("livez: %d", code)
	}
}

// fullStore has no room for new messages once it is told so.
type fullStore struct {
	store.Store
	full atomic.Bool
}

func (s *fullStore) Room() error {
	if s.full.Load() {
		return fmt.Errorf("%w: 3 MiB free, 512 MiB needed", store.ErrNoSpace)
	}
	return nil
}

func TestFullDiskIsNotReady(t *testing.T) {
	s := start(t, 10)
	st := &fullStore{Store: memstore.New()}
	b := open(t, st)
	s.SetReady(b)
	s.wantMetrics("sluice_up 1", `sluice_refusing{reason="store_failed"} 0`, `sluice_refusing{reason="disk_full"} 0`)
	st.full.Store(true)
	for b.Err() == nil { // the broker looks by itself
		runtime.Gosched()
	}
	s.wantReady("sends are refused until the disk has room, receives and acks go on: store is unavailable: disk is nearly full: 3 MiB free, 512 MiB needed")
	s.wantMetrics("sluice_up 0", `sluice_refusing{reason="store_failed"} 0`, `sluice_refusing{reason="disk_full"} 1`)
	if code, _ := s.get("/livez"); code != http.StatusOK {
		t.Errorf("livez: %d", code)
	}
	st.full.Store(false)
	for b.Err() != nil {
		runtime.Gosched()
	}
	s.wantReady("")
}

// What was given back with a delay rests; what was never handed out is delayed.
func TestMetricsOfWhatRests(t *testing.T) {
	s := start(t, 10)
	b := open(t, memstore.New())
	s.SetReady(b)
	create(t, b, "orders")
	send(t, b, "orders", "hello")
	if err := b.Nack(t.Context(), receive(t, b, "orders").Receipt, time.Hour); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m := &queuecore.Message{Destination: queuecore.QueueNamed("orders"), DeliverAt: time.Now().Add(time.Hour)}
		if _, err := b.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	s.wantMetrics(
		`sluice_queue_messages{queue="orders",state="ready"} 0`,
		`sluice_queue_messages{queue="orders",state="resting"} 1`,
		`sluice_queue_messages{queue="orders",state="delayed"} 2`,
	)
}

func TestMetrics(t *testing.T) {
	s := start(t, 10)
	b := open(t, memstore.New())
	s.SetReady(b)
	ctx := context.Background()
	create(t, b, "orders")
	create(t, b, "empty")
	for range 3 {
		send(t, b, "orders", "hello")
	}
	if err := b.Ack(ctx, receive(t, b, "orders").Receipt); err != nil {
		t.Fatal(err)
	}
	if err := b.Nack(ctx, receive(t, b, "orders").Receipt, 0); err != nil {
		t.Fatal(err)
	}
	receive(t, b, "orders")
	s.wantMetrics(
		"sluice_queues 2",
		"sluice_messages_sent_total 3",
		"sluice_messages_duplicate_total 0",
		"sluice_messages_delivered_total 3",
		"sluice_messages_redelivered_total 1",
		"sluice_messages_acked_total 1",
		"sluice_messages_nacked_total 1",
		"sluice_messages_expired_total 0",
		"sluice_messages_dead_lettered_total 0",
		"sluice_messages_dropped_total 0",
		`sluice_queue_messages{queue="orders",state="ready"} 1`,
		`sluice_queue_messages{queue="orders",state="leased"} 1`,
		`sluice_queue_messages{queue="orders",state="delayed"} 0`,
		`sluice_queue_messages{queue="orders",state="parked"} 0`,
		`sluice_queue_messages{queue="empty",state="ready"} 0`,
		`sluice_queue_bytes{queue="empty"} 0`,
		`sluice_queue_oldest_message_age_seconds{queue="empty"} 0`,
		"# TYPE sluice_messages_sent_total counter",
		"# TYPE sluice_queue_messages gauge",
		"# TYPE go_goroutines gauge",
	)
	_, body := s.get("/metrics")
	stats, err := b.Stats(ctx, "orders")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`sluice_queue_bytes{queue="orders"} (\d+)`).FindStringSubmatch(body); m == nil || stats.Bytes == 0 ||
		m[1] != strconv.FormatInt(stats.Bytes, 10) {
		t.Errorf("bytes %v, want %d", m, stats.Bytes)
	}
	if m := regexp.MustCompile(`sluice_queue_oldest_message_age_seconds{queue="orders"} (\S+)`).FindStringSubmatch(body); m == nil || m[1] == "0" {
		t.Errorf("age %v", m)
	}
}

// A queue with fair groups, and no other, says how many are noisy and what the others have.
func TestMetricsOfFairGroups(t *testing.T) {
	s := start(t, 10)
	b := open(t, memstore.New())
	s.SetReady(b)
	create(t, b, "plain")
	if _, err := b.CreateQueue(t.Context(), "fair", queuecore.QueueConfig{FairGroups: true}); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	to := queuecore.QueueNamed("fair")
	tx := queuecore.Tx{Sends: []*queuecore.Message{{Destination: to, Group: "calm", DeliverAt: later}, {Destination: to, Group: "loud", DeliverAt: later}}}
	for range 40 {
		tx.Sends = append(tx.Sends, &queuecore.Message{Destination: to, Group: "loud"})
	}
	for range 3 {
		tx.Sends = append(tx.Sends, &queuecore.Message{Destination: to, Group: "calm"})
	}
	if _, err := b.Commit(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Receive(t.Context(), "fair", queuecore.ReceiveOptions{Max: 32}); err != nil {
		t.Fatal(err)
	}
	s.wantMetrics(
		`sluice_queue_noisy_groups{queue="fair"} 1`,
		`sluice_queue_quiet_messages{queue="fair",state="ready"} 1`,
		`sluice_queue_quiet_messages{queue="fair",state="leased"} 2`,
		`sluice_queue_quiet_messages{queue="fair",state="delayed"} 1`,
	)
	if _, body := s.get("/metrics"); strings.Contains(body, `noisy_groups{queue="plain"}`) {
		t.Error("a plain queue has noisy groups")
	}
}

// A queue that is deleted takes its own series with it, and not what it added to the totals.
func TestTotalsOutliveQueues(t *testing.T) {
	s := start(t, 10)
	b := open(t, memstore.New())
	s.SetReady(b)
	create(t, b, "q")
	send(t, b, "q", "x")
	if err := b.DeleteQueue(context.Background(), "q"); err != nil {
		t.Fatal(err)
	}
	s.wantMetrics("sluice_queues 0", "sluice_messages_sent_total 1")
	if _, body := s.get("/metrics"); strings.Contains(body, `queue="q"`) {
		t.Error(sluiceLines(body))
	}
}

func TestNumberOfQueuesIsBounded(t *testing.T) {
	s := start(t, 2)
	b := open(t, memstore.New())
	s.SetReady(b)
	for _, name := range []string{"d", "b", "c", "a"} {
		create(t, b, name)
	}
	session := b.NewSession()
	defer session.Close()
	if _, err := session.CreateQueue(context.Background(), "0-transient", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	s.wantMetrics("sluice_queues 4", `sluice_queue_bytes{queue="a"} 0`, `sluice_queue_bytes{queue="b"} 0`)
	_, body := s.get("/metrics")
	for _, name := range []string{"c", "d", "0-transient"} {
		if strings.Contains(body, `queue="`+name+`"`) {
			t.Errorf("%s has series", name)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	s := start(t, 10)
	for _, path := range []string{"/", "/queues", "/debug/pprof/", "/livez/x"} {
		if code, _ := s.get(path); code != 404 {
			t.Errorf("%s: %d", path, code)
		}
	}
	for _, path := range []string{"/livez", "/readyz"} {
		r, err := s.client.Post(s.base+path, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, r.StatusCode)
		}
	}
}

// Clients that do not read their metrics keep none of the places that scrapes have.
func TestDeafScrapers(t *testing.T) {
	s := start(t, 1000)
	b := open(t, memstore.New())
	s.SetReady(b)
	for i := range 200 { // so that the answer is more than a socket takes
		if _, err := b.CreateQueue(t.Context(), fmt.Sprint(strings.Repeat("q", 200), i), queuecore.QueueConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, err := fmt.Fprintf(c, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Read(make([]byte, 1)); err != nil { // it is being answered
			t.Fatal(err)
		}
	}
	status, _ := s.get("/metrics")
	for end := time.Now().Add(time.Minute); status == http.StatusServiceUnavailable && time.Now().Before(end); { // a machine may be slow
		status, _ = s.get("/metrics")
	}
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}
