package nats_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
)

// upgrade are the headers that ask for a WebSocket.
const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"

// web serves WebSockets, too, and returns where.
func (h *house) web() (address string) {
	h.t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(h.t)
	served := make(chan error, 1)
	// ends with the gateway.
	go func() { served <- h.gateway.ServeWebSocket(l) }()
	h.t.Cleanup(func() {
		h.shutdown()
		if err := <-served; err != nil {
			h.t.Errorf("ServeWebSocket: %v", err)
		}
	})
	return l.Addr().String()
}

// dialURL connects an unmodified client library.
func dialURL(t *testing.T, url string, options ...client.Option) *client.Conn {
	t.Helper()
	nc := must(client.Connect(url, append(patient(), options...)...))(t)
	t.Cleanup(nc.Close)
	return nc
}

// An unmodified client does through a WebSocket what it does without: core NATS with
// those who have none, a message of the full size, and JetStream.
func TestWebSocket(t *testing.T) {
	h := start(t)
	useWeb(t, h, dialURL(t, "ws://"+h.web()))
}

func TestWebSocketInTLS(t *testing.T) {
	cert, pool := certificate(t)
	h := open(t, newBroker(t), nats.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	address := h.web()
	trust := client.Secure(&tls.Config{RootCAs: pool})
	useWeb(t, h, dialURL(t, "wss://"+address, trust), trust)
	if _, err := client.Connect("ws://"+address, patient()...); err == nil {
		t.Error("a WebSocket without TLS was opened where there is a certificate")
	}
}

func useWeb(t *testing.T, h *house, nc *client.Conn, options ...client.Option) {
	t.Helper()
	must(nc.Subscribe("echo", func(m *client.Msg) { m.Respond(m.Data) }))(t)
	flush(t, nc)
	big := strings.Repeat("\xff\x00€x", 1<<20/6)
	m := must(h.dial(options...).RequestWithContext(within(t), "echo", []byte(big)))(t)
	if string(m.Data) != big {
		t.Errorf("%d bytes came back", len(m.Data))
	}
	js := must(jetstream.New(nc))(t)
	s := must(js.CreateStream(within(t), jetstream.StreamConfig{Name: "S", Retention: jetstream.WorkQueuePolicy}))(t)
	must(js.Publish(within(t), "S", []byte("kept")))(t)
	got := next(t, h.consumer(s, jetstream.ConsumerConfig{}))
	if string(got.Data()) != "kept" {
		t.Errorf("got %q", got.Data())
	}
	if err := got.DoubleAck(within(t)); err != nil {
		t.Error(err)
	}
}

func TestWebSocketsThatAreNone(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Origins: []string{"https://app.example"}})
	address := h.web()
	for name, tt := range map[string]struct {
		say, want string
	}{
		"no upgrade":       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 "},
		"POST":             {"POST / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 "},
		"a foreign origin": {"GET / HTTP/1.1\r\nHost: x\r\n" + upgrade + "Origin: https://evil.example\r\n\r\n", "HTTP/1.1 403 "},
		"NATS":             {"CONNECT {}\r\nPING\r\n", "HTTP/1.1 400 "},
		"long":             {"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 17<<10) + "\r\n\r\n", "HTTP/1.1 431 "},
		"a known origin":   {"GET /any/path HTTP/1.1\r\nHost: x\r\n" + upgrade + "Origin: https://app.example\r\n\r\n", "HTTP/1.1 101 "},
	} {
		t.Run(name, func(t *testing.T) {
			nc := must(net.Dial("tcp", address))(t)
			defer nc.Close()
			nc.SetDeadline(time.Now().Add(patience))
			fmt.Fprint(nc, tt.say)
			got := make([]byte, len(tt.want))
			if _, err := io.ReadFull(nc, got); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	useWeb(t, h, dialURL(t, "ws://"+address, client.WebSocketConnectionHeaders(http.Header{"Origin": {"https://app.example"}})))
}

// What is no NATS inside of a WebSocket is answered as elsewhere, and the close frame follows.
func TestBadInputInAWebSocket(t *testing.T) {
	h := start(t)
	nc := h.rawWeb()
	// Two binary frames of one message, masked with nothing: a line in two pieces.
	fmt.Fprint(nc, "\x02\x82\x00\x00\x00\x00FR", "\x80\x84\x00\x00\x00\x00OB\r\n")
	all := string(must(io.ReadAll(nc))(t))
	if !strings.Contains(all, "\x82\x7e") || !strings.Contains(all, "INFO {") {
		t.Errorf("no INFO in a binary message: %q", all)
	}
	if want := "\x82\x23-ERR 'Unknown Protocol Operation'\r\n\x88\x02\x03\xe8"; !strings.HasSuffix(all, want) {
		t.Errorf("the end is %q, want %q", all[max(0, len(all)-60):], want)
	}
}

// rawWeb opens a WebSocket by hand, and reads nothing of the answer.
func (h *house) rawWeb() net.Conn {
	h.t.Helper()
	nc := must(net.Dial("tcp", h.web()))(h.t)
	h.t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(nc, "GET / HTTP/1.1\r\nHost: x\r\n"+upgrade+"\r\n")
	return nc
}

// unmasked is a binary message of less than 126 bytes, masked with zeros.
func unmasked(text string) string {
	return string([]byte{0x82, 0x80 | byte(len(text)), 0, 0, 0, 0}) + text
}

// TestSlowConsumerInAWebSocket: as TestSlowConsumerIsCutOff.
func TestSlowConsumerInAWebSocket(t *testing.T) {
	var said sayings
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{Pending: 1 << 20}, Log: slog.New(slog.NewTextHandler(&said, nil))})
	slow := h.rawWeb()
	fmt.Fprint(slow, unmasked("CONNECT {\"verbose\":false}\r\nSUB flood 1\r\nPING\r\n"))
	h.flood(t, slow, unmasked("PING\r\n"))
	waitFor(t, func() bool { return said.has("slow NATS client cut off") })
}

// sayings keep a log.
type sayings struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sayings) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *sayings) has(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), words)
}

// The close frame of a server that goes has the code 1001, by which pages know it.
func TestWebSocketOfAServerThatGoes(t *testing.T) {
	h := start(t)
	nc := h.rawWeb()
	fmt.Fprint(nc, unmasked("CONNECT {\"verbose\":false}\r\nSUB a 1\r\n"))
	there := make(chan struct{})
	// Ends when the server has hung up.
	go func() {
		defer close(there)
		all, err := io.ReadAll(nc)
		if err != nil || !bytes.HasSuffix(all, []byte("\x88\x02\x03\xe9")) {
			t.Errorf("the end is %q, %v", all[max(0, len(all)-60):], err)
		}
	}()
	quick := h.dial()
	waitFor(t, func() bool { // it is in
		_, err := quick.Request("a", nil, time.Millisecond)
		return !errors.Is(err, client.ErrNoResponders)
	})
	h.shutdown()
	receive(t, there)
}

func TestTLSFirst(t *testing.T) {
	cert, pool := certificate(t)
	h := open(t, newBroker(t), nats.Options{TLSFirst: true, TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	trust := client.Secure(&tls.Config{RootCAs: pool})
	nc := dialURL(t, "tls://"+h.address, trust, client.TLSHandshakeFirst())
	if flush(t, nc); !nc.TLSRequired() {
		t.Error("without TLS")
	}
	if _, err := client.Connect("nats://"+h.address, append(patient(), client.Timeout(50*time.Millisecond))...); err == nil {
		t.Error("a client that waits for INFO was served")
	}
}

// TestLameDuckServesOn: clients that know that the server goes have the time to settle
// what they hold, are answered, and the server goes when they have gone.
func TestLameDuckServesOn(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{LameDuck: time.Hour})
	lameDuck := make(chan struct{})
	nc := h.dial(client.LameDuckModeHandler(func(*client.Conn) { close(lameDuck) }))
	js := must(jetstream.New(nc))(t)
	s := must(js.CreateStream(within(t), jetstream.StreamConfig{Name: "S", Retention: jetstream.WorkQueuePolicy}))(t)
	must(js.Publish(within(t), "S", []byte("held")))(t)
	m := next(t, h.consumer(s, jetstream.ConsumerConfig{}))
	done := make(chan error, 1)
	// Ends when the client has gone.
	go func() { done <- h.gateway.Shutdown(context.Background()) }()
	receive(t, lameDuck)
	if err := m.DoubleAck(within(t)); err != nil {
		t.Errorf("what was held could not be settled: %v", err)
	}
	must(js.Publish(within(t), "S", []byte("late")))(t)
	if _, err := client.Connect("nats://"+h.address, patient()...); err == nil {
		t.Error("a new client was let in")
	}
	select {
	case err := <-done:
		t.Errorf("the server did not wait: %v", err)
	default:
	}
	if err := nc.Drain(); err != nil {
		t.Error(err)
	}
	if err := receive(t, done); err != nil {
		t.Error(err)
	}
	if st := h.stats(); st.Len() != 1 || st.Leased != 0 {
		t.Errorf("%+v", st)
	}
}
