package rig

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
)

// Lever returns an address by which a judge stops a server and starts it again. It takes "stop"
// and "start", a line each, from one connection after the other, and answers when it is done: "ok",
// or with what went wrong. Nobody pulls it any more when the test ends.
func Lever(t *testing.T, stop, start func() error) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	orders := map[string]func() error{"stop": stop, "start": start}
	var pulls sync.WaitGroup
	// Ends when the listener is closed and the judge, whose connection it may hold, has ended.
	pulls.Go(func() {
		for nc, err := l.Accept(); err == nil; nc, err = l.Accept() {
			obey(nc, orders)
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends the goroutine
		pulls.Wait()
	})
	return l.Addr().String()
}

// obey does what one connection asks for.
func obey(nc net.Conn, orders map[string]func() error) {
	defer nc.Close()
	for in := bufio.NewScanner(nc); in.Scan(); {
		err := errors.New("no such order: " + in.Text())
		if do := orders[in.Text()]; do != nil {
			err = do()
		}
		answer := "ok"
		if err != nil {
			answer = err.Error()
		}
		if _, err := fmt.Fprintln(nc, answer); err != nil {
			return // the judge is gone
		}
	}
}

// FreeAddrs returns addresses that nobody listens on, and no other test gets while this one runs. Their ports are none that systems give to clients:
// while a server is stopped nobody takes them.
func FreeAddrs(t *testing.T, n int) (addrs []string) {
	t.Helper()
	for tries := 0; len(addrs) < n; tries++ {
		if tries > 1000 {
			t.Fatal("no port is free")
		}
		addr := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(17000))
		if take(t, addr) && isFree(addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// take reports whether no other test of this machine has the port, and keeps it from them until the end of
// this one: a socket for UDP, which nobody else needs there, is the sign.
func take(t *testing.T, addr string) bool {
	t.Helper()
	sign, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	t.Cleanup(func() { _ = sign.Close() }) // nothing was written
	return true
}

// isFree reports whether nobody listens. It does not listen itself: a program that this process starts at
// that moment would have the socket for a while after it was closed here.
func isFree(addr string) bool {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	_ = nc.Close() // only the answer counts
	return false
}
