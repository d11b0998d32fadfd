package stomp_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestShutdownTellsClientsAndGivesLeasesBack(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c, silent := h.connect("1.2"), h.dial()
		sendNumbers(c, "/queue/a", 2)
		c.subscribe("0", "/queue/a", "ack:client")
		takeNumbers(c, "0", 2)
		release := disk.shut(t)
		c.send("SEND\ndestination:/queue/a\nreceipt:last\n\n3^@")
		synctest.Wait()
		done := make(chan error)
		go func() { done <- h.gateway.Shutdown(t.Context()) }()
		c.expectQuiet() // what has come in is answered first
		release()
		c.expect("RECEIPT", "receipt-id", "last")
		c.expectError("server is shutting down")
		silent.expectError("server is shutting down")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if s := h.stats("a"); s.Ready != 3 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
		if err := h.gateway.Serve(newPipeListener()); err != nil {
			t.Errorf("Serve after Shutdown: %v", err)
		}
	}, withStore(disk))
}

func TestShutdownCutsWhoDoesNotLeave(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		release := disk.shut(t)
		c.send("SEND\ndestination:/queue/a\nreceipt:1\n\nx^@")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := h.gateway.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
		if f, ok := <-c.frames; ok {
			t.Errorf("got %s", describe(&f))
		}
		release()
	}, withStore(disk))
}

func TestServeReturnsTheListenersError(t *testing.T) {
	h := newHouse(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := h.serve(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve: %v", err)
	}
}
