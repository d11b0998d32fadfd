package hostile_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	natsgate "github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/payload/payloadtest"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// What may panic of a connection, of a user and of payloads.
const (
	onWrite    = "write"         // what the writer's goroutine calls
	onSocket   = "socket"        // what the crew calls
	onDeadline = "read deadline" // what timers call
	explode    = "explode"       // a user, and how queues begin that none may touch
	revocable  = "revocable"     // a user
)

// traps are the connections of which something panics, by the address of the client.
type traps struct {
	mu    sync.Mutex
	armed map[string]string
}

func (t *traps) arm(client net.Conn, what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed[client.LocalAddr().String()] = what
}

func (t *traps) spring(client net.Addr, what string) {
	t.mu.Lock()
	is := t.armed[client.String()] == what
	if is && what == onWrite {
		delete(t.armed, client.String()) // net/http tries it again where nobody can catch it
	}
	t.mu.Unlock()
	if is {
		panic(what + " explodes")
	}
}

// listener gives out connections with traps, as sockets or as what cannot be written in part.
type listener struct {
	net.Listener
	traps   *traps
	sockets bool
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &trapped{nc, l.traps}
	if l.sockets {
		return &socket{c}, nil
	}
	return c, nil
}

type trapped struct {
	net.Conn
	traps *traps
}

func (c *trapped) Write(p []byte) (int, error) {
	c.traps.spring(c.RemoteAddr(), onWrite)
	return c.Conn.Write(p)
}

func (c *trapped) SetReadDeadline(t time.Time) error {
	c.traps.spring(c.RemoteAddr(), onDeadline)
	return c.Conn.SetReadDeadline(t)
}

type socket struct{ *trapped }

func (c *socket) SyscallConn() (syscall.RawConn, error) {
	raw, err := c.Conn.(syscall.Conn).SyscallConn()
	return &rawConn{raw, c.trapped}, err
}

type rawConn struct {
	syscall.RawConn
	c *trapped
}

func (r *rawConn) Write(f func(uintptr) bool) error {
	r.c.traps.spring(r.c.RemoteAddr(), onSocket)
	return r.RawConn.Write(f)
}

// people are the authenticator: everybody is who he says he is.
type people struct{ valid context.Context }

func (p people) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	name := c.User + c.AccessKey
	switch name {
	case explode:
		panic("who explodes")
	case revocable:
		return transient{person(name), p.valid}, nil
	}
	return person(name), nil
}

type person string

func (p person) Name() string { return string(p) }
func (p person) May(_ protocols.Action, d queuecore.Destination) bool {
	if strings.HasPrefix(d.Name, explode) {
		panic("may explodes")
	}
	return true
}

type transient struct {
	person
	valid context.Context
}

func (t transient) Valid() context.Context { return t.valid }

// bombs are payloads of which one operation may panic.
type bombs struct {
	payloadtest.Payloads
	on atomic.Value // of string
}

func (b *bombs) spring(operation string) {
	if b.on.Load() == operation {
		panic(operation + " explodes")
	}
}

func (b *bombs) Fetch(ctx context.Context, bucket, key string) ([]byte, error) {
	b.spring("fetch")
	return b.Payloads.Fetch(ctx, bucket, key)
}

func (b *bombs) Store(ctx context.Context, key, content string) error {
	b.spring("store")
	return b.Payloads.Store(ctx, key, content)
}

func (b *bombs) Remove(bucket, key string) {
	b.spring("remove")
	b.Payloads.Remove(bucket, key)
}

// rig is the gateways of a house, without the house, for whose parts others can stand in.
type rig struct {
	*testing.T
	broker   *queuecore.Broker
	traps    *traps
	payloads *bombs
	revoke   context.CancelFunc
	logged   *panicLog

	addrs   map[string]string // of "stomp", "nats", "sqs" and "admin"; "plain" before it: no sockets
	web     *http.Client
	dialed  chan net.Conn // by web
	armDial string        // what panics of those
	good    *nats.Conn
}

// panicLog tells of the panics that are logged.
type panicLog struct {
	slog.Handler
	all chan slog.Record
}

func (l *panicLog) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "panic") {
		l.all <- r
	}
	return nil
}
func (l *panicLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *panicLog) WithAttrs([]slog.Attr) slog.Handler       { return l }

func newRig(t *testing.T) *rig {
	b, err := queuecore.Open(context.Background(), memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		T: t, broker: b, traps: &traps{armed: make(map[string]string)}, payloads: &bombs{}, addrs: make(map[string]string),
		logged: &panicLog{slog.DiscardHandler, make(chan slog.Record, 100)}, dialed: make(chan net.Conn, 100),
	}
	r.payloads.Removes = true
	r.payloads.on.Store("")
	valid, revoke := context.WithCancel(context.Background())
	r.revoke = revoke
	t.Cleanup(func() {
		revoke()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	r.serve(people{valid})
	r.clients()
	return r
}

// serve opens the gateways and the admin server.
func (r *rig) serve(auth people) {
	log := slog.New(r.logged)
	counts := map[string]*panics.Count{"stomp": {}, "nats": {}, "sqs": {}, "admin": {}}
	for name, g := range map[string]protocols.Gateway{
		"stomp": stomp.New(r.broker, stomp.Options{Auth: auth, Log: log, Payloads: r.payloads, Panics: counts["stomp"]}),
		"nats":  natsgate.New(r.broker, natsgate.Options{Auth: auth, Log: log, Payloads: r.payloads, Panics: counts["nats"]}),
		"sqs":   sqs.New(r.broker, sqs.Options{Auth: auth, Log: log, Payloads: r.payloads, Panics: counts["sqs"]}),
	} {
		r.listen(name, true, g.Serve, nil)
		r.listen("plain "+name, false, g.Serve, g.Shutdown)
	}
	s := admin.New(admin.Options{Log: log, MaxQueues: 100, Auth: auth, Panics: counts, Payloads: func() protocols.PayloadCounts {
		r.payloads.spring("count")
		return protocols.PayloadCounts{}
	}})
	s.SetReady(r.broker)
	r.listen("admin", true, s.Serve, s.Shutdown)
}

// listen serves one port until the end of the test; shutdown is called when it is not nil.
func (r *rig) listen(name string, sockets bool, serve func(net.Listener) error, shutdown func(context.Context) error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	r.addrs[name] = l.Addr().String()
	served := make(chan error, 1)
	// Ends with shutdown, or that of the gateway's other port.
	go func() { served <- serve(&listener{l, r.traps, sockets}) }()
	r.Cleanup(func() {
		if err := <-served; err != nil {
			r.Error(err)
		}
	})
	if shutdown != nil {
		r.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := shutdown(ctx); err != nil {
				r.Error(name, err)
			}
		})
	}
}

// patience is for what must happen, on the slowest machine.
const patience = time.Minute

func (r *rig) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r.Cleanup(cancel)
	return ctx
}

// clients makes what all tests use.
func (r *rig) clients() {
	d := &net.Dialer{}
	t := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := d.DialContext(ctx, network, addr)
		if err == nil {
			r.traps.arm(nc, r.armDial)
			r.dialed <- nc
		}
		return nc, err
	}}
	r.web = &http.Client{Transport: t, Timeout: patience}
	r.Cleanup(t.CloseIdleConnections)
	r.good = r.nats("nats", "good")
}

func (r *rig) nats(port, user string) *nats.Conn {
	r.Helper()
	nc, err := nats.Connect("nats://"+user+":x@"+r.addrs[port], nats.NoReconnect(), nats.Timeout(patience))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(nc.Close)
	return nc
}

// sqs is the SDK as a user, which tries once.
func (r *rig) sqs(user string) *awssqs.Client {
	return awssqs.New(awssqs.Options{
		BaseEndpoint: aws.String("http://" + r.addrs["sqs"]), Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: r.web,
		Credentials: credentials.NewStaticCredentialsProvider(user, "secret", ""),
	})
}

// peer is a client whose bytes the test writes.
type peer struct {
	net.Conn
	*bufio.Reader
	t     *testing.T
	ackID string // of the last message that got has seen
}

func (p *peer) Read(b []byte) (int, error) { return p.Reader.Read(b) }

func (r *rig) dial(port string) *peer {
	r.Helper()
	nc, err := net.Dial("tcp", r.addrs[port])
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		r.Fatal(err)
	}
	return &peer{Conn: nc, Reader: bufio.NewReader(nc), t: r.T}
}

func (p *peer) say(format string, a ...any) {
	p.t.Helper()
	if _, err := fmt.Fprintf(p.Conn, format, a...); err != nil {
		p.t.Fatal(err)
	}
}

// until reads on until something has come, in units that end with end.
func (p *peer) until(end byte, want string) string {
	p.t.Helper()
	for {
		s, err := p.ReadString(end)
		if err != nil {
			p.t.Fatalf("%v while waiting for %q, after %q", err, want, s)
		}
		if strings.Contains(s, want) {
			return s
		}
	}
}

// ends waits for the server to end the connection.
func (p *peer) ends() {
	p.t.Helper()
	if _, err := io.Copy(io.Discard, p.Reader); err != nil && strings.Contains(err.Error(), "timeout") {
		p.t.Error("the connection goes on")
	}
}

// stomp logs in.
func (r *rig) stomp(port, user string) *peer {
	r.Helper()
	p := r.dial(port)
	p.say("CONNECT\naccept-version:1.2\nhost:x\nlogin:%s\npasscode:x\n\n\x00", user)
	p.until(0, "CONNECTED")
	return p
}

// subscribe waits until it has, and holds a message.
func (p *peer) hold(r *rig, queue string) {
	p.t.Helper()
	p.say("SUBSCRIBE\nid:0\ndestination:/queue/%s\nack:client-individual\nreceipt:sub\n\n\x00", queue)
	p.until(0, "RECEIPT")
	r.send(queue, "held")
	p.got("held")
}

// got waits for a MESSAGE with this body.
func (p *peer) got(body string) {
	p.t.Helper()
	s := p.until(0, "\n\n"+body)
	_, rest, _ := strings.Cut(s, "\nack:")
	p.ackID, _, _ = strings.Cut(rest, "\n")
}

// send puts a message into a queue.
func (r *rig) send(queue, body string) {
	r.Helper()
	r.sendMessage(&queuecore.Message{Destination: queuecore.QueueNamed(queue), Body: []byte(body)})
}

// point sends a pointer to a payload.
func (r *rig) point(queue string) {
	r.Helper()
	r.payloads.Put("k", "payload")
	r.sendMessage(&queuecore.Message{
		Destination: queuecore.QueueNamed(queue), Body: []byte(mapping.Pointer{Bucket: "b", Key: "k"}.String()),
		Properties: queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("7")}},
	})
}

func (r *rig) sendMessage(m *queuecore.Message) {
	r.Helper()
	ctx := r.within()
	if _, err := r.broker.EnsureQueue(ctx, m.Destination.Name, queuecore.QueueConfig{}); err != nil {
		r.Fatal(err)
	}
	if _, err := r.broker.Send(ctx, m); err != nil {
		r.Fatal(err)
	}
}
