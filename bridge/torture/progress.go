package torture

import (
	"context"
	"fmt"
	"time"
)

// tellEvery is how often progress is told.
const tellEvery = 5 * time.Second

// tell tells of progress until stop is called, which returns when it has ended.
func (r *rig) tell(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	// Ends when stop is called.
	go func() {
		defer close(ended)
		ticker := time.NewTicker(tellEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.tellOnce()
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-ended }
}

func (r *rig) tellOnce() {
	c := r.ledger.Counts()
	broken, _ := r.ledger.Broken()
	took := time.Since(r.began)
	_, _ = fmt.Fprintf(r.Progress, "%4.0f s: %d kills, %d sends (%.0f/s), %d acks, %v waiting, %d again, broken %v\n", // for people
		took.Seconds(), r.kills.Load(), c.Sent, float64(c.Sent)/took.Seconds(), c.Acked, r.ledger.Waiting(), c.Again.Sum(), broken)
}
