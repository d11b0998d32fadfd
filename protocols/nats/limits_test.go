package nats_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

// raw connects without a library, and reads INFO.
func (h *house) raw() (net.Conn, *bufio.Reader) {
	h.t.Helper()
	nc := must(net.Dial("tcp", h.address))(h.t)
	h.t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReader(nc)
	if _, err := r.ReadString('\n'); err != nil {
		h.t.Fatal(err)
	}
	return nc, r
}

func TestTooManyConnections(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{Connections: 1}})
	first := h.dial()
	play(t, h.address, "S~ INFO .*\nS: -ERR 'maximum connections exceeded'\nS.")
	flush(t, first)
	first.Close()
	waitFor(t, func() bool {
		nc, err := client.Connect("nats://"+h.address, patient()...)
		if err == nil {
			nc.Close()
		}
		return err == nil
	})
}

// Of connections over the limit only so many are told so at a time: those that stay to hear it take
// room, too.
func TestFloodOfConnections(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{Connections: 1}})
	h.dial()
	waitFor(t, func() bool {
		var all [200]net.Conn
		for i := range all {
			all[i] = must(net.Dial("tcp", h.address))(t)
			defer all[i].Close()
			all[i].SetDeadline(time.Now().Add(patience))
		}
		return slices.ContainsFunc(all[:], func(nc net.Conn) bool { n, _ := nc.Read(make([]byte, 1)); return n == 0 })
	})
}

func TestTooManySubscriptions(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{Subscriptions: 1}})
	play(t, h.address, "S~ INFO .*\nC: CONNECT {\"verbose\":false}\nC: SUB a 1\nC: SUB b 2\nS: -ERR 'maximum subscriptions exceeded'\nC: PING\nS: PONG")
}

// TestSlowConsumerIsCutOff: who does not read loses its connection, and nobody
// else waits for it.
func TestSlowConsumerIsCutOff(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{Pending: 1 << 20}})
	slow, _ := h.raw()
	fmt.Fprint(slow, "CONNECT {\"verbose\":false}\r\nSUB flood 1\r\nSUB sign 2\r\nPING\r\n")
	h.flood(t, slow, "PING\r\n")
}

// flood publishes until slow, which says sign again and again and reads nothing, is cut off.
func (h *house) flood(t *testing.T, slow net.Conn, sign string) {
	t.Helper()
	quick := h.dial()
	there := subscribe(t, quick, "flood", "")
	waitFor(t, func() bool { // its subscription is there
		quick.Publish("flood", nil)
		flush(t, quick)
		return len(there) > 0
	})
	body := make([]byte, 64<<10)
	cut := make(chan struct{})
	// The goroutine ends when the server has hung up, or the deadline has come.
	go func() {
		defer close(cut)
		for end := time.Now().Add(patience); time.Now().Before(end); {
			quick.Publish("flood", body)
			quick.FlushTimeout(patience)
			if _, err := slow.Write([]byte(sign)); err != nil {
				return
			}
		}
		t.Error("the slow client was never cut off")
	}()
	for {
		select {
		case <-there:
		case <-cut:
			if err := quick.FlushTimeout(patience); err != nil {
				t.Errorf("the quick client suffered: %v", err)
			}
			return
		}
	}
}

// TestDeliveriesWaitForSlowReaders: messages from a queue stay there when their
// receiver does not read, and it is not cut off.
func TestDeliveriesWaitForSlowReaders(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.consumer(s, jetstream.ConsumerConfig{MaxAckPending: -1})
	const n, size = 60, 512 << 10
	for range n {
		must(js.PublishAsync("S", make([]byte, size)))(t)
	}
	receive(t, js.PublishAsyncComplete())
	slow, r := h.raw()
	fmt.Fprint(slow, "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB in 1\r\n")
	fmt.Fprintf(slow, "PUB $JS.API.CONSUMER.MSG.NEXT.S.work in 12\r\n{\"batch\":%d}\r\n", n)
	waitFor(t, func() bool { st := h.stats(); return st.Leased > 0 && st.Leased < n && st.Waiting == 0 })
	got := 0
	for range n {
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatalf("after %d: %v", got, err)
		}
		if _, err := r.Discard(size + 2); err != nil {
			t.Fatalf("after %d: %v", got, err)
		}
		got++
	}
	if st := h.stats(); st.Leased != n || st.Totals.Redelivered != 0 {
		t.Errorf("%+v", st)
	}
}

// TestAFloodSlowsItsOwnConnectionAlone: a publisher that never reads its acks is
// slowed, and another client is served meanwhile.
func TestAFloodSlowsItsOwnConnectionAlone(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{Pending: 8 << 20, WriteDeadline: time.Minute}})
	must(h.broker.CreateQueue(within(t), "S", queuecore.QueueConfig{MaxMessages: 1}))(t)
	flood, r := h.raw()
	fmt.Fprint(flood, "CONNECT {\"verbose\":false}\r\nSUB in 1\r\n")
	stuck := make(chan struct{})
	// The goroutine ends when the connection is closed below.
	go func() {
		lines := bytes.Repeat([]byte("PUB S in 1\r\nx\r\n"), 1000)
		close(stuck)
		for {
			if _, err := flood.Write(lines); err != nil {
				return
			}
		}
	}()
	receive(t, stuck)
	js := must(jetstream.New(h.dial()))(t)
	for range 20 {
		must(js.Stream(within(t), "S"))(t)
	}
	// Nothing is lost for the flood either: it reads on where it stopped.
	for range 1000 {
		line := must(r.ReadString('\n'))(t)
		var size int
		if _, err := fmt.Sscanf(line, "MSG in 1 %d", &size); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		must(io.CopyN(io.Discard, r, int64(size+2)))(t)
	}
	flood.Close()
}

func TestShutdownAnswersWhatWasPublished(t *testing.T) {
	h := start(t)
	must(h.broker.CreateQueue(within(t), "S", queuecore.QueueConfig{}))(t)
	nc, r := h.raw()
	const n = 1000
	fmt.Fprint(nc, "CONNECT {\"verbose\":false}\r\nSUB in 1\r\n")
	nc.Write(bytes.Repeat([]byte("PUB S in 1\r\nx\r\n"), n))
	waitFor(t, func() bool { return h.stats().Len() > 0 })
	h.shutdown()
	kept, answered := h.stats().Len(), 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		if strings.HasPrefix(line, `{"stream":"S"`) {
			answered++
		}
	}
	if answered != kept {
		t.Errorf("%d messages were kept, %d publishers heard of it", kept, answered)
	}
}

func TestShutdownEndsWhenItsContextDoes(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{WriteDeadline: time.Hour}})
	slow, _ := h.raw()
	fmt.Fprint(slow, "CONNECT {\"verbose\":false}\r\nSUB a 1\r\n")
	nc := h.dial()
	there := subscribe(t, nc, "a", "")
	waitFor(t, func() bool { nc.Publish("a", nil); flush(t, nc); return len(there) > 0 })
	for range 200 { // more than the socket takes: the writer is stuck
		nc.Publish("a", make([]byte, 256<<10))
	}
	flush(t, nc)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.gateway.Shutdown(ctx); err == nil {
		t.Log("everything had ended already")
	}
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	pool := x509.NewCertPool()
	pool.AddCert(must(x509.ParseCertificate(der))(t))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	server := &tls.Config{Certificates: []tls.Certificate{cert}}
	h := open(t, newBroker(t), nats.Options{TLS: server})
	nc := h.dial(client.Secure(&tls.Config{RootCAs: pool}))
	if flush(t, nc); !nc.TLSRequired() {
		t.Error("no TLS")
	}
	if _, err := client.Connect("nats://"+h.address, patient()...); err == nil {
		t.Error("a client that does not know the certificate was served")
	}

	l := must(tls.Listen("tcp", "127.0.0.1:0", server))(t)
	done := make(chan error, 1)
	// Serve ends with the gateway.
	go func() { done <- h.gateway.Serve(l) }()
	first := must(client.Connect("tls://"+l.Addr().String(), append(patient(), client.Secure(&tls.Config{RootCAs: pool}), client.TLSHandshakeFirst())...))(t)
	flush(t, first)
	first.Close()
	h.shutdown()
	if err := receive(t, done); err != nil {
		t.Error(err)
	}
}
