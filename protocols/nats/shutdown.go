package nats

import (
	"context"
	"time"
)

// Shutdown stops accepting, tells clients that the server goes (INFO with ldm,
// and "409 Server Shutdown" to those who wait for messages), lets them go for
// Options.LameDuck, in which they are served as before but for pulls, answers what they
// have published, and closes their connections. Leases of deliveries that are
// out stay: acks are good after a restart. When ctx ends first, connections are
// closed at once and ctx's error is returned.
func (g *Gateway) Shutdown(ctx context.Context) error {
	all := g.closeDoors()
	for _, c := range all {
		c.sayGoodbye()
	}
	g.engine.Drain()
	done := make(chan struct{})
	// The goroutine ends when the connections have ended, which is below at the latest.
	go func() {
		g.serving.Wait()
		close(done)
	}()
	g.waitForLeavers(ctx, done)
	for _, c := range all {
		c.stop()
	}
	select {
	case <-done:
	case <-ctx.Done():
		for _, c := range all {
			c.abort()
		}
	}
	if err := g.engine.Shutdown(ctx); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// closeDoors stops accepting, and returns who is in.
func (g *Gateway) closeDoors() (all []*conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closing = true
	for l := range g.listeners {
		l.Close()
	}
	for c := range g.conns {
		all = append(all, c)
	}
	return all
}

// waitForLeavers gives clients the time to go by themselves.
func (g *Gateway) waitForLeavers(ctx context.Context, done <-chan struct{}) {
	patience := g.duck
	if end, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(end)/2)
	}
	if patience <= 0 {
		return
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-t.C:
	}
}
