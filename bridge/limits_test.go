package bridge

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// The defaults of the configuration are those of the gateway.
func TestDefaultSTOMPLimits(t *testing.T) {
	c := config.Default()
	want := stomp.Limits{
		Frame:        frame.Limits{Headers: 100, HeaderBytes: 64 << 10, Body: 1 << 20},
		ConnectBytes: 16 << 10, LoginTimeout: 10 * time.Second, HeartBeat: 500 * time.Millisecond, WriteTimeout: time.Minute,
		Connections: 10_000, Address: 1_000, BodyMemory: 64 << 20, TransactionMemory: 64 << 20, OutboxMemory: 64 << 20,
		Subscriptions: 1_000, Prefetch: 100, MaxPrefetch: 5_000, Unsettled: 8_000,
		Transactions: 16, TransactionOps: 8_000, TransactionBytes: 6 << 20,
	}
	if got := stompLimits(&c.STOMPLimits); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// So are those of the others.
func TestDefaultLimitsOfOtherListeners(t *testing.T) {
	c := config.Default()
	if got, want := natsLimits(&c.NATSLimits, &c.Memory), (nats.Limits{
		AuthTimeout: 2 * time.Second, LoginSize: 16 << 10, ControlLine: 4096, Payload: 1 << 20, Subscriptions: 10_000, Pending: 64 << 20, WriteDeadline: 10 * time.Second, AllPending: 256 << 20,
	}); got != want {
		t.Errorf("NATS: %+v, want %+v", got, want)
	}
	if got, want := sqsLimits(&c.SQSLimits), (sqs.Limits{
		HeaderBytes: 32 << 10, BodyBytes: 8 << 20, PendingBytes: 256 << 20,
		HeaderTimeout: 10 * time.Second, BodyTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}); got != want {
		t.Errorf("SQS: %+v, want %+v", got, want)
	}
	if got, want := adminLimits(&c.AdminLimits), (admin.Limits{
		HeaderBytes: 16 << 10, BodyBytes: 64 << 10, HeaderTimeout: 5 * time.Second, RequestTimeout: 30 * time.Second, LoginTimeout: 5 * time.Second,
	}); got != want {
		t.Errorf("admin: %+v, want %+v", got, want)
	}
	if got, want := userLimits(&c.UserLimits), (quota.Limits{
		Connections: 5_000, Subscriptions: 50_000, Transactions: 1_000, Queues: 10_000, Consumers: 10_000,
	}); got != want {
		t.Errorf("users: %+v, want %+v", got, want)
	}
}

// connectTo opens a connection, says something, and reads to the end of the stream.
func connectTo(t *testing.T, addr, says string) string {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, says); err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(nc) // it may be reset
	return string(b)
}

// stay opens a connection, says something, and keeps it once a line has come.
func stay(t *testing.T, addr, says string) {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if _, err := io.WriteString(nc, says); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(nc).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
}

// The limits of the configuration hold; those on connections for all addresses of a dialect together, and
// /metrics tells of them.
func TestConnectionsOfAHouse(t *testing.T) {
	const connect = "CONNECT\naccept-version:1.2\nhost:x\n\n\x00"
	const list = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 2\r\n\r\n{}"
	c := testConfig(t)
	c.STOMPFurther = []config.STOMPListener{{Addr: "127.0.0.1:0", Dialect: config.STOMPArtemis}}
	c.STOMPLimits.Connections, c.Connections.NATS, c.Connections.SQS = 1, 1, 1
	h := openHouse(t, c)
	stay(t, h.Addrs().STOMP, connect)
	stay(t, h.Addrs().NATS, "")
	stay(t, h.Addrs().SQS, list)
	for _, addr := range []string{h.Addrs().STOMP, h.STOMPListeners()[0]} {
		if got := connectTo(t, addr, ""); !strings.Contains(got, "The limit is 1 connections. The setting is stomp_max_connections.") {
			t.Errorf("STOMP at %s: %q", addr, got)
		}
	}
	if got := connectTo(t, h.Addrs().NATS, ""); !strings.Contains(got, "maximum connections exceeded") {
		t.Errorf("NATS: %q", got)
	}
	if got := connectTo(t, h.Addrs().SQS, list); got != "" {
		t.Errorf("SQS: %q", got)
	}
	_, metrics := get(t, h, "/metrics")
	for _, want := range []string{
		`sluice_connections{gateway="stomp"} 1`, `sluice_connections{gateway="nats"} 1`, `sluice_connections{gateway="sqs"} 1`,
		`sluice_connections_refused_total{gateway="stomp",reason="connections"} 2`,
		`sluice_connections_refused_total{gateway="stomp",reason="address"} 0`,
		`sluice_connections_refused_total{gateway="nats",reason="connections"} 1`,
		`sluice_connections_refused_total{gateway="sqs",reason="connections"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s in /metrics", want)
		}
	}
}
