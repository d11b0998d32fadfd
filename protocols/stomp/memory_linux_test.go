//go:build !race

package stomp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp"
)

// crowdSize is how many hostile clients there are of each kind.
const crowdSize = 1000

// meter is a listener that knows how much the gateway has read.
type meter struct {
	net.Listener
	read    atomic.Int64
	writing atomic.Int64 // connections whose client does not take what is being written to it
}

func (m *meter) Accept() (net.Conn, error) {
	nc, err := m.Listener.Accept()
	if err != nil {
		return nil, err
	}
	x := &metered{nc.(*net.TCPConn), m}
	return x, errors.Join(x.SetWriteBuffer(4<<10), x.SetReadBuffer(unreadBytes)) // what the system takes is not what this is about
}

// unreadBytes is what the system takes of what is sent to who does not read. With more, a thousand
// of those would have it throw away what comes for other programs.
const unreadBytes = 32 << 10

type metered struct {
	*net.TCPConn
	meter *meter
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.TCPConn.Read(p)
	m.meter.read.Add(int64(n))
	return n, err
}

func (m *metered) Write(p []byte) (int, error) {
	m.meter.writing.Add(1)
	defer m.meter.writing.Add(-1)
	return m.TCPConn.Write(p)
}

// measured is a house whose clients come over the loopback, and whose memory is looked at.
type measured struct {
	*house
	t     *testing.T
	meter *meter
	empty uint64
}

func measure(t *testing.T, options ...houseOption) *measured {
	t.Helper()
	h := newHouse(t, options...)
	h.gateway.Bounds().BeGenerous() // who has his part keeps it until memory is looked at
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	m := &measured{house: h, t: t, meter: &meter{Listener: l}}
	h.serve(m.meter)
	m.connect("1.2").sync()
	m.empty = memory()
	return m
}

// memory is what the process has taken of the system's for its heap and its stacks, and has not given
// back, after garbage is collected.
func memory() uint64 {
	runtime.GC() // what pools keep takes two
	debug.FreeOSMemory()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapInuse + s.StackInuse
}

// dial opens a connection that nobody reads from.
func (m *measured) dial() net.Conn {
	m.t.Helper()
	nc, err := net.Dial("tcp", m.meter.Addr().String())
	must(m.t, err)
	must(m.t, nc.(*net.TCPConn).SetWriteBuffer(unreadBytes))
	m.t.Cleanup(func() { nc.Close() })
	return nc
}

// crowd dials the crowd, has f talk for each, and waits until the gateway has read what they
// say; f returns how much that is.
func (m *measured) crowd(f func(nc net.Conn) int) []net.Conn {
	m.t.Helper()
	before, want := m.meter.read.Load(), int64(0)
	all := make([]net.Conn, crowdSize)
	for i := range all {
		all[i] = m.dial()
		want += int64(f(all[i]))
	}
	m.until("all has been read", func() bool { return m.meter.read.Load()-before >= want })
	return all
}

// until waits for what will be so, unless there is a bug.
func (m *measured) until(what string, is func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("not so after five minutes: %s", what)
		}
	}
}

// stuck reports whether the gateway waits for the crowd to read. The sockets of a few may have taken all that
// there was for them: how much they take is the system's.
func (m *measured) stuck() bool { return m.meter.writing.Load() >= crowdSize*9/10 }

// grown checks by how much memory has grown, and that somebody else is served.
func (m *measured) grown(name string, most uint64) {
	m.t.Helper()
	now := memory()
	good := m.connect("1.2")
	good.put("/queue/good", "served", "a:b")
	good.sync()
	grown := max(now, m.empty) - m.empty
	m.t.Logf("%-42s %5.1f MiB, %5.1f KiB each", name, float64(grown)/(1<<20), float64(grown)/crowdSize/1024)
	if grown > most {
		m.t.Errorf("%s: memory has grown by %d bytes, want at most %d", name, grown, most)
	}
}

// end closes connections and the gateway, and checks that nothing is left.
func (m *measured) end(all []net.Conn) {
	m.t.Helper()
	for _, nc := range all {
		nc.Close()
	}
	must(m.t, m.gateway.Shutdown(context.Background()))
	b := m.gateway.Bounds()
	bodies, transactions := b.Lent()
	if open := b.Door().Counts().Open; bodies != 0 || transactions != 0 || b.Outgoing() != 0 || open != 0 {
		m.t.Errorf("left: %d and %d bytes lent, %d on their way, %d connections", bodies, transactions, b.Outgoing(), open)
	}
}

func say(t *testing.T, s string) func(net.Conn) int {
	return func(nc net.Conn) int {
		n, err := io.WriteString(nc, s)
		must(t, err)
		return n
	}
}

// Clients that have not logged in take next to nothing, whatever they do, and however many of them there are. The
// time for the login is long here, so that none is gone before memory is looked at.
func TestMemoryOfStrangers(t *testing.T) {
	for _, tt := range []struct{ name, says string }{
		{"nothing", ""},
		{"half a CONNECT", "CONNECT\naccept-version:1.2\nhost:x\nlog"},
		{"half a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("x", 200)},
		{"half a request for a WebSocket", wsRequest[:len(wsRequest)-2]},
		{"a request for a WebSocket, long and half", wsRequest[:len(wsRequest)-2] + "X: " + strings.Repeat("x", 15<<10)},
		{"a WebSocket without CONNECT", wsRequest},
		{"a CONNECT that promises 4 GiB", "CONNECT\naccept-version:1.2\ncontent-length:4294967296\n\n"},
		{"a CONNECT that promises 16 KiB", "CONNECT\naccept-version:1.2\ncontent-length:16384\n\n"},
		{"a header line without an end", "CONNECT\na:" + strings.Repeat("x", 16<<10-12)},
		{"99 header lines, all but 16 KiB", "CONNECT\n" + strings.Repeat("a:"+strings.Repeat("x", 160)+"\n", 99)},
		{"16 KiB of headers and 16 KiB of body", "CONNECT\na:" + strings.Repeat("x", 16<<10-12) + "\n\n" + strings.Repeat("x", 16<<10)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := measure(t, withTLS(t), withLimits(stomp.Limits{LoginTimeout: time.Hour}))
			m.crowd(say(t, tt.says))
			m.grown(tt.name, 64<<20)
		})
	}
	t.Run("all of them, a byte now and then", func(t *testing.T) {
		m := measure(t, withTLS(t), withLimits(stomp.Limits{LoginTimeout: time.Hour}))
		starts := []string{"CONNECT\na:b", "\x16\x03\x01\x02\x00", "GET / HTTP/1.1\r\nHost: "}
		i := 0
		all := m.crowd(func(nc net.Conn) int {
			i++
			return say(t, starts[i%len(starts)])(nc)
		})
		for range 20 {
			before := m.meter.read.Load()
			for _, nc := range all {
				say(t, "x")(nc)
			}
			m.until("a byte of each has been read", func() bool { return m.meter.read.Load()-before >= crowdSize })
		}
		m.grown("a byte now and then", 64<<20)
	})
}

// login logs a client in without a goroutine that reads for it.
func login(t *testing.T, nc net.Conn) int {
	t.Helper()
	_, err := io.WriteString(nc, connect12)
	must(t, err)
	readRaw(t, nc, 1)
	return len(connect12)
}

// Clients that have logged in and send half a frame share what there is for that; who is not
// among those that have it is not read from.
func TestMemoryOfHalfFrames(t *testing.T) {
	const half = 512 << 10
	for _, tt := range []struct {
		name, begin string
		bytes       int // of x behind it
		each        int // that one client has of the budget of 32 MiB
		most        uint64
	}{
		{"a promise of 1 MiB", "SEND\ndestination:/queue/a\ncontent-length:1048576\n\n", 0, 0, 40 << 20},
		{"16 KiB of 1 MiB", "SEND\ndestination:/queue/a\ncontent-length:1048576\n\n", 16 << 10, 0, 64 << 20},
		{"half of 1 MiB", "SEND\ndestination:/queue/a\ncontent-length:1048576\n\n", half, 1 << 20, 96 << 20},
		{"half of an unknown length", "SEND\ndestination:/queue/a\n\n", half, 1 << 20, 96 << 20},
		{"all but one byte of the header", "SEND\na:", 64<<10 - 10, 64 << 10, 96 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := measure(t, withLimits(stomp.Limits{BodyMemory: 32 << 20}))
			text := []byte(tt.begin + strings.Repeat("x", tt.bytes))
			var writers sync.WaitGroup
			all := m.crowd(func(nc net.Conn) int {
				n := login(t, nc)
				// Ends when the test closes the connection, at the latest.
				writers.Go(func() { _, _ = nc.Write(text) })
				return n
			})
			if tt.each == 0 {
				want := int64(crowdSize * (len(connect12) + len(text)))
				m.until("all has been read", func() bool { return m.meter.read.Load() >= want })
			} else {
				in := 32 << 20 / tt.each
				m.until("the others wait", func() bool {
					lent, _ := m.gateway.Bounds().Lent()
					waiting, _ := m.gateway.Bounds().Claims()
					return lent == 32<<20 && waiting == crowdSize-in
				})
			}
			m.grown(tt.name, tt.most)
			m.end(all)
			writers.Wait()
		})
	}
}

// Open transactions share what there is for them.
func TestMemoryOfTransactions(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int
	}{{"large messages", 500 << 10}, {"small messages", 10}} {
		t.Run(tt.name, func(t *testing.T) {
			m := measure(t, withLimits(stomp.Limits{TransactionMemory: 32 << 20}))
			send := "SEND\ndestination:/queue/a\ntransaction:t\n\n" + strings.Repeat("x", tt.size) + "\x00"
			frames := min(7900, 6<<20/len(send))
			text := []byte("BEGIN\ntransaction:t\n\n\x00" + strings.Repeat(send, frames))
			var writers sync.WaitGroup
			all := m.crowd(func(nc net.Conn) int {
				n := login(t, nc)
				// Ends when the test closes the connection, at the latest.
				writers.Go(func() { _, _ = nc.Write(text) })
				return n
			})
			m.until("all wait but those that are through", func() bool {
				_, lent := m.gateway.Bounds().Lent()
				frames, waiting := m.gateway.Bounds().Claims() // for the next frame of a transaction, too
				return frames+waiting > crowdSize-100 && lent > 31<<20
			})
			m.grown(tt.name, 200<<20)
			m.end(all)
			writers.Wait()
		})
	}
}

// Clients that subscribe and never read. None is cut off before memory is looked at.
func TestMemoryOfThoseWhoNeverRead(t *testing.T) {
	for size, messages := range map[int]int{1 << 10: 160_000, 128 << 10: 3_600} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			m := measure(t, withLimits(stomp.Limits{WriteTimeout: time.Hour}))
			c := m.connect("1.2")
			body := strings.Repeat("x", size)
			for range messages {
				c.send("SEND\ndestination:/queue/a\n\n" + body + "^@")
			}
			c.sync()
			m.empty = memory()
			all := m.crowd(func(nc net.Conn) int {
				must(t, nc.(*net.TCPConn).SetReadBuffer(4<<10))
				n := login(t, nc)
				return n + say(t, "SUBSCRIBE\nid:0\ndestination:/queue/a\nack:client\nprefetch-count:5000\n\n\x00")(nc)
			})
			m.until("the crowd has what it does not take", func() bool {
				return m.stuck() && m.gateway.Bounds().Outgoing() > crowdSize*16<<10
			})
			t.Logf("%d messages are out", m.stats("a").Leased)
			m.grown(fmt.Sprintf("messages of %d bytes", size), 512<<20)
			m.end(all)
		})
	}
}

// Clients that ask for receipts and never read.
func TestMemoryOfUnreadReceipts(t *testing.T) {
	m := measure(t, withLimits(stomp.Limits{WriteTimeout: time.Hour}))
	id := strings.Repeat("r", 36)
	text := []byte(strings.Repeat("SEND\ndestination:/topic/nobody\nreceipt:"+id+"\n\nx\x00", 2000))
	var writers sync.WaitGroup
	all := m.crowd(func(nc net.Conn) int {
		must(t, nc.(*net.TCPConn).SetReadBuffer(4<<10))
		n := login(t, nc)
		// Ends when the test closes the connection.
		writers.Go(func() { _, _ = nc.Write(text) })
		return n
	})
	m.until("the crowd has what it does not take", func() bool {
		return m.stuck() && m.meter.read.Load() > int64(crowdSize*len(text)/3)
	})
	m.grown("receipts", 256<<20)
	m.end(all)
	writers.Wait()
}
