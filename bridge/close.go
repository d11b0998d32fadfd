package bridge

import (
	"context"
	"sync"
	"time"
)

// adminTimeout is what the last answers of the admin listener get once all else
// is down.
const adminTimeout = time.Second

// Close takes the house down. It may be called twice; the second call returns
// what the first did. ctx bounds the wait for clients: when it ends they are cut off
// and the rest goes on, because a core that is not closed has to be repaired when
// it is opened again. The error is that of the core or its store.
//
// The order, so that whoever is still at work finds what he needs:
//
//  1. /readyz is 503 "draining", so that no new clients are sent here.
//  2. All gateways together stop accepting, tell their clients, give back what
//     these hold and close the connections.
//  3. The core sends no more messages by plans, answers what is under way, closes
//     sessions that are left and then the store, which unlocks the directory. A
//     store that has failed is left as it is.
//  4. What is left of the objects in S3 that acked messages pointed to is removed.
//  5. The admin listener, which could be asked until now, and the audit log.
func (h *House) Close(ctx context.Context) error {
	h.closing.Do(func() { h.closeErr = h.close(ctx) })
	return h.closeErr
}

func (h *House) close(ctx context.Context) error {
	if h.admin != nil {
		h.admin.SetDraining()
	}
	h.tell("draining")
	h.drain(ctx)
	h.known.close()
	err := h.closeCore()
	h.closeBucket(ctx)
	h.closeAdmin(ctx)
	h.closeAudit()
	if h.ports != nil {
		h.ports.close()
	}
	_ = h.serving.Wait() // Wait has told of a listener that broke
	h.tell("closed")
	return err
}

// tell logs a step of a house that was open. One that never was has its error.
func (h *House) tell(step string) {
	if h.opened {
		h.log.Info(step)
	}
}

// drain shuts all gateways at once. None waits for another, so the slowest
// client of one dialect costs the others nothing of ctx.
func (h *House) drain(ctx context.Context) {
	var wg sync.WaitGroup
	for _, g := range h.gateways {
		// Ends with ctx, as Shutdown does.
		wg.Go(func() {
			if err := g.Shutdown(ctx); err != nil {
				h.log.Warn("clients cut off", "gateway", g.name, "err", err)
			}
		})
	}
	wg.Wait()
}

// closeCore leaves a store that has failed as it is. Closing it would write, and
// badger tries that for ever; the next opening reads back what is on disk. The
// directory stays locked until the process ends.
func (h *House) closeCore() error {
	if h.broker == nil {
		return nil
	}
	select {
	case <-h.broker.Failed():
		return nil // Wait or the log has told
	default:
		return h.broker.Close()
	}
}

func (h *House) closeAdmin(ctx context.Context) {
	if h.admin == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), adminTimeout)
	defer cancel()
	if err := h.admin.Shutdown(ctx); err != nil {
		h.log.Warn("clients cut off", "listener", "admin", "err", err)
	}
}
