package bench_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/bench"
	"github.com/sluicemq/sluice/bridge/config"
)

// tinySTOMP is enough to run every line once.
func tinySTOMP(t *testing.T, targets ...bench.STOMPTarget) bench.STOMPOptions {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return bench.STOMPOptions{
		Program: program, Dir: t.TempDir(), Targets: targets, Producers: 2, Consumers: 3, Size: 32, Window: 10, Prefetch: 10,
		Messages: 300, Persistent: true, Rounds: 1, Rate: 2000, LatencyFor: 50 * time.Millisecond, SendTarget: 1e-9,
	}
}

func stompTarget(name, addr string) bench.STOMPTarget {
	return bench.STOMPTarget{Name: name, Addr: addr, Host: "/", Version: "1.2", Queue: "/queue/bench"}
}

// houseSTOMP is a whole server in this process.
func houseSTOMP(t *testing.T) (addr string) {
	c := config.Default()
	c.DataDir = t.TempDir()
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "", "", ""
	h, err := bridge.Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h.Addrs().STOMP
}

func TestSTOMPComparesTwoServers(t *testing.T) {
	o := tinySTOMP(t, stompTarget("sluice", ""), stompTarget("other", houseSTOMP(t)))
	if o.Targets[1].PID = os.Getpid(); !hasProc() {
		o.Targets[1].PID = 0
	}
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.STOMP(ctx, r, o) },
		"stomp.sluice.send", "stomp.sluice.get+ack", "stomp.sluice.both", "stomp.sluice.latency.receipt.p50",
		"stomp.sluice.latency.message.p99.9", "stomp.sluice.latency.generator.p99",
		"stomp.other.send", "stomp.other.latency.receipt.max",
		"stomp.send.sluice/other", "stomp.get+ack.sluice/other", "stomp.both.sluice/other", "stomp.latency.message.p99.sluice/other")
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

// Every version of STOMP names what it acks in another way. The queue is empty afterwards: all that was sent was acked.
func TestSTOMPVersions(t *testing.T) {
	addr := houseSTOMP(t)
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		target := stompTarget("v"+version, addr)
		target.Version, target.Queue = version, "/queue/v"+version
		o := tinySTOMP(t, target)
		wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.STOMP(ctx, r, o) }, "stomp.v"+version+".get+ack")
		if body := firstMessage(t, addr, target.Queue); body != "end" {
			t.Errorf("STOMP %s: %q was left in the queue", version, body)
		}
	}
}

// firstMessage sends "end" and returns what the queue gives first.
func firstMessage(t *testing.T, addr, queue string) string {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "CONNECT\naccept-version:1.2\nhost:/\n\n\x00SEND\ndestination:"+queue+"\nreceipt:1\n\nend\x00"+
		"SUBSCRIBE\nid:0\ndestination:"+queue+"\n\n\x00")
	r := bufio.NewReader(conn)
	for err == nil {
		var f string
		if f, err = r.ReadString(0); strings.HasPrefix(strings.TrimLeft(f, "\n"), "MESSAGE\n") {
			_, body, _ := strings.Cut(f, "\n\n")
			return strings.TrimSuffix(body, "\x00")
		}
	}
	t.Fatal(err)
	return ""
}

func TestSTOMPForATime(t *testing.T) {
	o := tinySTOMP(t, stompTarget("sluice", houseSTOMP(t)))
	o.Messages, o.For, o.Rate = 0, 20*time.Millisecond, 0
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.STOMP(ctx, r, o) },
		"stomp.sluice.send", "stomp.sluice.get+ack", "stomp.sluice.both")
}

// scriptedSTOMP answers each frame with what answer makes of it; "" hangs up.
func scriptedSTOMP(t *testing.T, answer func(frame string) string) (addr string) {
	return listener(t, func(conn net.Conn) { answerFrames(conn, answer) })
}

// listener listens, and has serve have each connection, in a goroutine of its own.
func listener(t *testing.T, serve func(net.Conn)) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	// Ends when the listener is closed, and each connection with its client.
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return l.Addr().String()
}

func answerFrames(conn net.Conn, answer func(frame string) string) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		f, err := r.ReadString(0)
		if err != nil {
			return
		}
		a := answer(strings.TrimLeft(f, "\n"))
		if _, err := io.WriteString(conn, a); err != nil || a == "" {
			return
		}
	}
}

const connected12 = "CONNECTED\nversion:1.2\n\n\x00"

// A server that says no, or goes, ends the benchmark with one line that says why.
func TestSTOMPFailures(t *testing.T) {
	refuse := func(command, why string) func(string) string {
		return func(frame string) string {
			if strings.HasPrefix(frame, command+"\n") {
				return why
			}
			if strings.HasPrefix(frame, "SEND\n") {
				_, id, _ := strings.Cut(frame, "receipt:")
				id, _, _ = strings.Cut(id, "\n")
				return "RECEIPT\nreceipt-id:" + id + "\n\n\x00"
			}
			return connected12
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ name, addr, want string }{
		{"a real refusal", houseSTOMP(t), `ERROR: invalid request: destination "/queue/"`},
		{"nobody listens", nobody, "refused"},
		{"no such host", "nowhere.invalid:1", "nowhere.invalid"},
		{"credentials", scriptedSTOMP(t, refuse("CONNECT", "ERROR\nmessage:Bad CONNECT\n\nAccess refused\nfor user 'x'\n\x00")),
			"no CONNECTED: STOMP server 127.0.0.1:*: ERROR: Bad CONNECT: Access refused for user 'x'"},
		{"another version", scriptedSTOMP(t, refuse("CONNECT", "CONNECTED\nversion:1.1\n\n\x00")), `speaks version "1.1", not 1.2`},
		{"another protocol", scriptedSTOMP(t, refuse("CONNECT", "")), "closed the connection"},
		{"send", scriptedSTOMP(t, refuse("SEND", "ERROR\nmessage:disk full\ncontent-length:4\n\nwait\x00")), "ERROR: disk full: wait"},
		{"no receipt", scriptedSTOMP(t, refuse("SEND", connected12)), "wanted a RECEIPT"},
		{"subscribe", scriptedSTOMP(t, refuse("SUBSCRIBE", "ERROR\nmessage:not yours\n\n\x00")), "get+ack: STOMP server 127.0.0.1:*: ERROR: not yours"},
		{"gone while it is read from", scriptedSTOMP(t, refuse("SUBSCRIBE", "")), "get+ack: STOMP server 127.0.0.1:*: it closed the connection"},
	} {
		t.Run(x.name, func(t *testing.T) {
			target := stompTarget("x", x.addr)
			target.Queue = "/queue/" // a real server refuses that
			err := bench.STOMP(t.Context(), bench.NewReport(io.Discard, io.Discard), tinySTOMP(t, target))
			if err == nil || !like(err.Error(), x.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want one line with %q, got %v", x.want, err)
			}
		})
	}
}

// like reports whether text contains the parts of pattern, which stars separate, in their order.
func like(text, pattern string) bool {
	for part := range strings.SplitSeq(pattern, "*") {
		_, rest, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// A benchmark that is told to stop does, however long the server thinks.
func TestSTOMPStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	addr := scriptedSTOMP(t, func(frame string) string {
		if strings.HasPrefix(frame, "SEND\n") {
			cancel(enough)
			return "\n"
		}
		return connected12
	})
	err := bench.STOMP(ctx, bench.NewReport(io.Discard, io.Discard), tinySTOMP(t, stompTarget("x", addr)))
	if !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
}

func TestSTOMPOptionsAreChecked(t *testing.T) {
	for want, change := range map[string]func(*bench.STOMPOptions){
		"server":       func(o *bench.STOMPOptions) { o.Targets = nil },
		"window":       func(o *bench.STOMPOptions) { o.Window = 0 },
		"a time":       func(o *bench.STOMPOptions) { o.Messages = 0 },
		"bytes":        func(o *bench.STOMPOptions) { o.Size = 1 },
		"even load":    func(o *bench.STOMPOptions) { o.LatencyFor = 0 },
		"version":      func(o *bench.STOMPOptions) { o.Targets[0].Version = "2.0" },
		"no header":    func(o *bench.STOMPOptions) { o.Targets[0].Headers = []string{"x"} },
		"is no header": func(o *bench.STOMPOptions) { o.Targets[0].Login = "a\nb:c" },
	} {
		o := tinySTOMP(t, stompTarget("x", "127.0.0.1:1"))
		change(&o)
		err := bench.STOMP(t.Context(), bench.NewReport(io.Discard, io.Discard), o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
