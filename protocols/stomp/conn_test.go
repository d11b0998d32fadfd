package stomp_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/queuecore"
)

func TestLoginTimeout(t *testing.T) {
	for _, part := range []string{"", "\n", "CONNECT\naccept-version:1.2\n"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.dial()
			c.send(part)
			time.Sleep(9 * time.Second)
			c.send("\n") // a sign of life does not make it longer
			c.expectError("login timeout")
		})
	}
}

func TestConnectFrameIsBounded(t *testing.T) {
	for name, start := range map[string]string{
		"header": "CONNECT\nlogin:", "line ends missing": "CONNECT\n" + strings.Repeat("a:b\n", 90) + "x",
		"body": "CONNECT\naccept-version:1.2\n\n", "command": "",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.dial()
				go c.trySend(start + strings.Repeat("X", 100_000))
				c.expectError("more than")
			})
		})
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		a, b := h.connect("1.2"), h.connect("1.2")
		h.dial().expectError("too many connections", "limit is 2")
		_ = a.nc.Close()
		synctest.Wait()
		h.connect("1.2").sync()
		b.sync()
	}, withLimits(stomp.Limits{Connections: 2}))
}

func TestSubscriptionsAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		c.subscribe("1", "/queue/a")
		c.send("UNSUBSCRIBE\nid:0\n\n^@")
		c.subscribe("2", "/queue/a")
		c.send("SUBSCRIBE\nid:3\ndestination:/queue/a\n\n^@")
		c.expectError("too many subscriptions", "limit is 2")
	}, withLimits(stomp.Limits{Subscriptions: 2}))
}

func TestTransactionsAreBounded(t *testing.T) {
	limits := stomp.Limits{Transactions: 2, TransactionOps: 3, TransactionBytes: 100}
	send := "SEND\ndestination:/queue/a\ntransaction:%s\n\n%s^@"
	tests := map[string]struct {
		frames func(c *client)
		error  string
	}{
		"open": {func(c *client) { c.send("BEGIN\ntransaction:3\n\n^@") }, "limit is 2 open"},
		"ops": {func(c *client) {
			for range 4 {
				c.sendf(send, "1", "")
			}
		}, "limit is 3 operations"},
		"bytes of both": {func(c *client) {
			c.sendf(send, "1", strings.Repeat("x", 30))
			c.sendf(send, "2", strings.Repeat("x", 30))
		}, "limit is 100 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect("1.2")
				c.send("BEGIN\ntransaction:1\n\n^@BEGIN\ntransaction:2\n\n^@")
				tt.frames(c)
				c.expectError("transaction", tt.error)
			}, withLimits(limits))
		})
	}
	inBubble(t, func(t *testing.T, h *house) { // what is over gives room
		c := h.connect("1.2")
		for _, end := range []string{"COMMIT", "ABORT", "COMMIT", "ABORT"} {
			c.send("BEGIN\ntransaction:1\n\n^@")
			c.sendf(send, "1", strings.Repeat("x", 50))
			c.send(end + "\ntransaction:1\n\n^@")
		}
		c.sync()
		if n := h.stats("a").Ready; n != 2 {
			t.Errorf("%d messages", n)
		}
	}, withLimits(limits))
}

func TestTransactionsDoNotMix(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.send("BEGIN\ntransaction:1\n\n^@BEGIN\ntransaction:2\n\n^@")
		for i := range 6 {
			c.sendf("SEND\ndestination:/queue/a\ntransaction:%d\n\n%d^@", i%2+1, i)
		}
		c.send("ABORT\ntransaction:2\n\n^@COMMIT\ntransaction:1\nreceipt:1\n\n^@")
		c.expect("RECEIPT")
		c.subscribe("0", "/queue/a")
		for _, body := range []string{"0", "2", "4"} {
			c.expect("MESSAGE", "body", body)
		}
		c.expectQuiet()
	})
}

// A client that takes nothing is cut, and what it held goes to another.
func TestSlowReaderIsCut(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		large := strings.Repeat("x", 500_000)
		for range 5 {
			c.put("/queue/a", large)
		}
		nc := h.pipes.dial()
		defer nc.Close()
		slow := &client{t: t, nc: nc}
		slow.send("CONNECT\naccept-version:1.2\nhost:x\n\n^@")
		readRaw(t, nc, 1)
		slow.send("SUBSCRIBE\nid:0\ndestination:/queue/a\nack:client\n\n^@")
		time.Sleep(59 * time.Second)
		if _, err := io.CopyN(io.Discard, nc, 100_000); err != nil { // it takes some: it has time again
			t.Fatal(err)
		}
		time.Sleep(50 * time.Second)
		if n := h.stats("a").Leased; n == 0 {
			t.Error("the client was cut before its time")
		}
		time.Sleep(20 * time.Second)
		if s := h.stats("a"); s.Leased != 0 || s.Ready != 5 {
			t.Errorf("after the cut: %+v", s)
		}
		if _, err := nc.Read(make([]byte, 1<<20)); err == nil {
			_, err = io.Copy(io.Discard, nc)
			if err != nil {
				t.Errorf("the socket is not closed: %v", err)
			}
		}
		c.sync()
	})
}

// The reader takes no more frames than may wait for the disk, and all come through.
func TestBackPressureOfTheDisk(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		release := disk.shut(t)
		const n = 3000
		written := make(chan int, n)
		go func() {
			for i := range n {
				c.trySend(fmt.Sprintf("SEND\ndestination:/queue/a\nreceipt:%d\n\nx^@", i))
				written <- i
			}
		}()
		c.expectQuiet()
		if len(written) < 1024 || len(written) > 1200 {
			t.Errorf("%d frames were taken while the disk stood still", len(written))
		}
		release()
		for i := range n {
			c.expect("RECEIPT", "receipt-id", fmt.Sprint(i))
		}
	}, withStore(disk))
}

// One client that does not wait for each receipt shares a sync among many sends.
func TestGroupCommitForOneClient(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		release := disk.shut(t)
		before := disk.syncs()
		const n = 1000
		for i := range n {
			c.sendf("SEND\ndestination:/queue/a\nreceipt:%d\n\nx^@", i)
		}
		c.expectQuiet()
		release()
		for i := range n {
			c.expect("RECEIPT", "receipt-id", fmt.Sprint(i))
		}
		if syncs := disk.syncs() - before; syncs > 5 {
			t.Errorf("%d syncs for %d messages", syncs, n)
		}
	}, withStore(disk))
}

// Many ACK frames that come together cost few writes.
func TestAcksAreBatched(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		const n = 100
		sendNumbers(c, "/queue/a", n)
		c.subscribe("0", "/queue/a", "ack:client-individual")
		ids := takeNumbers(c, "0", n)
		var acks strings.Builder
		for _, id := range ids {
			fmt.Fprintf(&acks, "ACK\nid:%s\n\n\x00", id)
		}
		synctest.Wait()
		before := disk.syncs()
		c.send(acks.String())
		synctest.Wait()
		if n := h.stats("a").Len(); n != 0 { // though nothing came after them
			t.Errorf("%d messages left", n)
		}
		if syncs := disk.syncs() - before; syncs > 5 {
			t.Errorf("%d syncs for %d ACK frames", syncs, n)
		}
	}, withStore(disk))
}

// Half of a frame behind an ACK does not hold the ACK up.
func TestAckIsNotHeldUpByHalfAFrame(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		c.subscribe("0", "/queue/a", "ack:client")
		m := c.expect("MESSAGE")
		c.sendf("ACK\nid:%s\n\n^@ACK\nid:", ackID(m))
		synctest.Wait()
		if n := h.stats("a").Len(); n != 0 {
			t.Errorf("%d messages left", n)
		}
	})
}

// A panic ends its own connection and nothing else.
func TestPanicEndsOneConnection(t *testing.T) {
	auth := &users{passwords: map[string]string{"": ""}}
	auth.may = func(_ string, a protocols.Action, d queuecore.Destination) bool {
		if d.Name == "bad" {
			panic("handler")
		}
		return true
	}
	inBubble(t, func(t *testing.T, h *house) {
		other := h.connect("1.2")
		for i, frame := range []string{"SEND\ndestination:/queue/bad\n\nx^@", "SUBSCRIBE\nid:0\ndestination:/queue/bad\n\n^@"} {
			c := h.connect("1.2")
			c.put("/queue/a", "x")
			c.subscribe("good", "/queue/a", "ack:client")
			c.expect("MESSAGE")
			c.send(frame)
			f := c.expectError("internal error")
			if strings.Contains(string(f.Body), "handler") {
				t.Errorf("the client is told %q", f.Body)
			}
			if n := h.log.count(); n != i+1 {
				t.Errorf("%d errors in the log", n)
			}
			if n := h.stats("a").Leased; n != 0 {
				t.Errorf("%d messages still leased", n)
			}
		}
		auth.panics = true
		c := h.dial()
		c.send("CONNECT\n\n^@")
		c.expectError("internal error")
		other.sync()
	}, withAuth(auth))
}

// A store that fails stops the connection that learns of it, with a word.
func TestStoreFailure(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		disk.fail(&os.PathError{Op: "write", Path: "000001.vlog", Err: syscall.ENOSPC})
		c.send("SEND\ndestination:/queue/a\nreceipt:1\n\nx^@")
		f := c.expectError("store is unavailable")
		c.expectPart(&f, "receipt-id", "1")
		h.connect("1.2").expectQuiet()
	}, withStore(disk))
}

func TestAuthenticatorsErrorStaysInside(t *testing.T) {
	auth := &users{err: errors.New("the password file is gone")}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("CONNECT\nlogin:a\npasscode:secret\n\n^@")
		f := c.expectError("internal error")
		if strings.Contains(string(f.Body), "password file") {
			t.Errorf("the client is told %q", f.Body)
		}
		if n := h.log.count(); n != 1 {
			t.Errorf("%d errors in the log", n)
		}
	}, withAuth(auth))
}

func TestRights(t *testing.T) {
	auth := &users{passwords: map[string]string{"a": "", "b": ""}}
	auth.may = func(user string, a protocols.Action, d queuecore.Destination) bool {
		switch a {
		case protocols.Send:
			return strings.HasPrefix(d.Name, user)
		case protocols.Receive:
			return d.Name == "a.in" || d.Kind == queuecore.KindTopic
		}
		return a == protocols.CreateByUse && d.Name == "a.new"
	}
	tests := []struct{ frame, error string }{
		{"SEND\ndestination:/queue/b.in\n\nx^@", `send to the queue "b.in"`},
		{"SEND\ndestination:/topic/b.in\n\nx^@", `send to the topic "b.in"`},
		{"SEND\ndestination:/queue/a.other\n\nx^@", `create the queue "a.other"`},
		{"SUBSCRIBE\nid:0\ndestination:/queue/a.out\n\n^@", `receive from the queue "a.out"`},
		{"SEND\ndestination:/queue/a.in\n\nx^@", ""},
		{"SEND\ndestination:/queue/a.new\n\nx^@", ""},
		{"SUBSCRIBE\nid:0\ndestination:/queue/a.in\n\n^@", ""},
		{"SUBSCRIBE\nid:0\ndestination:/topic/x\n\n^@", ""},
		{"BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/b.in\ntransaction:t\n\nx^@", `send to the queue "b.in"`},
		{"BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/a.other\ntransaction:t\n\nx^@COMMIT\ntransaction:t\n\n^@", `create the queue "a.other"`},
	}
	inBubble(t, func(t *testing.T, h *house) {
		if _, err := h.broker.CreateQueue(t.Context(), "a.in", queuecore.QueueConfig{}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range tests {
			c := h.connect("1.2", "login:a", "passcode:")
			c.send(tt.frame)
			if tt.error == "" {
				c.send("BEGIN\ntransaction:end\nreceipt:end\n\n^@")
				for f := c.next(); f.Command != "RECEIPT"; f = c.next() {
					if f.Command != "MESSAGE" {
						t.Errorf("%q: %s", tt.frame, describe(&f))
					}
				}
				continue
			}
			c.expectError("access refused", tt.error)
		}
	}, withAuth(auth))
}

// The user of a message is the one who was authenticated, whatever the client says.
func TestUserOfAMessage(t *testing.T) {
	auth := &users{passwords: map[string]string{"alice": "secret"}}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "login:alice", "passcode:secret")
		c.put("/queue/a", "x", "JMSXUserID:mallory")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "JMSXUserID", "alice")
	}, withAuth(auth))
}

// A client may close its own half and still get its receipts.
func TestHalfClosedConnection(t *testing.T) {
	h := newHouse(t)
	nc, err := net.Dial("tcp", h.listen())
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, nc)
	c.login("1.2")
	c.send("SEND\ndestination:/queue/a\nreceipt:1\n\nx^@SEND\ndestination:/queue/a\nreceipt:2\n\nx^@")
	if err := nc.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.expect("RECEIPT", "receipt-id", "1")
	c.expect("RECEIPT", "receipt-id", "2")
	c.expectClosed()
}

// A client that is still sending when it is refused can read why: the socket is
// not reset under its feet.
func TestErrorReachesAClientThatIsStillSending(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	for range 10 {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, nc)
		c.login("1.2")
		c.send("SEND\ndestination:/queue/a\ncontent-length:3000000\nreceipt:1\n\n" + strings.Repeat("x", 3_000_000) + "^@")
		c.expectError("too large", "1048576")
	}
}

// Beats go out while a large frame is on its way in, and the other way round.
func TestBeatsDuringTraffic(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "heart-beat:1000,1000")
		c.subscribe("0", "/queue/a", "ack:client")
		for range 100 {
			time.Sleep(1500 * time.Millisecond)
			c.put("/queue/a", "x") // an answer each time, and no silence of two intervals
			c.expect("MESSAGE")
		}
	})
}

// A message from a client of one version reaches those of the others whole,
// though their header lines hold less.
func TestVersionsReadEachOther(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		names := []string{"1.0", "1.1", "1.2"}
		clients := make(map[string]*client)
		for _, v := range names {
			clients[v] = h.connect(v)
			clients[v].subscribe("0", "/topic/a")
		}
		clients["1.2"].send("SEND\ndestination:/topic/a\nplain:a b\nodd\\cname:line\\r\\nline\n\nx^@")
		for _, v := range names {
			f := clients[v].expect("MESSAGE", "plain", "a b", "body", "x")
			if value, ok := f.Header("odd:name"); v != "1.0" && value != "line\r\nline" || v == "1.0" && ok {
				t.Errorf("%s: %s", v, describe(&f))
			}
			clients[v].sync() // the stream is in step
		}
	})
}

// Many clients come and go, fail and disconnect; no message that was answered
// for is lost.
func TestNothingIsLostAmongManyClients(t *testing.T) {
	h := newHouse(t, withNack(mapping.NackRequeues))
	address := h.listen()
	const producers, each, consumers = 4, 200, 6
	dial := func() *client {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Error(err)
			return nil
		}
		c := newClient(t, nc)
		c.trySend("CONNECT\naccept-version:1.2\nhost:x\n\n^@")
		<-c.frames
		return c
	}
	got := make(chan string, 10_000)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i := range consumers {
		all.Add(1)
		go func() {
			defer all.Done()
			for round := 0; ; round++ {
				c := dial()
				c.trySend("SUBSCRIBE\nid:0\ndestination:/queue/a\nack:client-individual\nprefetch-count:7\n\n^@")
				for n := 0; n < 20+i; n++ {
					select {
					case m := <-c.frames:
						if verb := "ACK"; (n+round)%5 > 0 {
							got <- string(m.Body)
							c.trySend(verb + "\nid:" + ackID(m) + "\n\n^@")
						} else {
							c.trySend("NACK\nid:" + ackID(m) + "\n\n^@")
						}
					case <-stop:
						_ = c.nc.Close()
						return
					}
				}
				if round%2 == 0 {
					c.trySend("DISCONNECT\nreceipt:bye\n\n^@")
					for range c.frames { // until the server has closed
					}
				}
				_ = c.nc.Close()
			}
		}()
	}
	for i := range producers {
		all.Add(1)
		go func() {
			defer all.Done()
			c := dial()
			for j := range each {
				c.trySend(fmt.Sprintf("SEND\ndestination:/queue/a\nreceipt:r\n\n%d.%d^@", i, j))
			}
			for range each {
				if f := <-c.frames; f.Command != "RECEIPT" {
					t.Errorf("got %s", describe(&f))
				}
			}
		}()
	}
	seen := make(map[string]bool)
	for len(seen) < producers*each {
		seen[<-got] = true
	}
	close(stop)
	all.Wait()
}

func TestUnnegotiatedErrorIsReadable(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("EHLO example.org\r\n")
		c.expectError("malformed frame", `"EHLO example.org" is not a command`)
	})
}

// CONNECTED tells what has been agreed, and offers nothing to whoever asked for none:
// some clients take the offer for what they will get, or must do.
func TestBeatsAreOfferedAsAgreed(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for asked, want := range map[string]string{"0,0": "0,0", "0,900": "900,0", "60000,0": "0,60000", "100,100": "500,500"} {
			c := h.dial()
			c.send("CONNECT\naccept-version:1.2\nhost:test\nheart-beat:" + asked + "\n\n^@")
			c.expect("CONNECTED", "heart-beat", want)
		}
	})
}
