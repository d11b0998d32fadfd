package quota

import (
	"sync"
	"time"
)

// bucket fills by so many tokens a second, up to those of one second. It lends more than it
// has: a large message passes, and what follows waits.
type bucket struct {
	rate float64 // a second

	mu     sync.Mutex // over what follows
	tokens float64    // below 0: what is owed
	at     time.Time  // of tokens
}

func newBucket(perSecond int) *bucket {
	if perSecond <= 0 {
		return nil
	}
	return &bucket{rate: float64(perSecond), tokens: float64(perSecond)}
}

// fill brings tokens up to now, if they are not further: whoever looked at the clock first may
// come second. b.mu is held.
func (b *bucket) fill(now time.Time) {
	passed := now.Sub(b.at).Seconds()
	if passed <= 0 {
		return
	}
	if !b.at.IsZero() {
		b.tokens = min(b.rate, b.tokens+passed*b.rate)
	}
	b.at = now
}

// spend takes n and returns how long it will be until nothing is owed.
func (b *bucket) spend(n int, now time.Time) time.Duration {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	b.tokens -= float64(n)
	return b.owed()
}

// due returns how long it will be until nothing is owed.
func (b *bucket) due(now time.Time) time.Duration {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	return b.owed()
}

// owed is due of the tokens there are. b.mu is held.
func (b *bucket) owed() time.Duration {
	if b.tokens >= 0 {
		return 0
	}
	return time.Duration(-b.tokens / b.rate * float64(time.Second))
}

// Paced reports whether the user has a rate. Where not, Spend and Afford need not be called.
func (u *User) Paced() bool { return u != nil && (u.requests != nil || u.bytes != nil) }

// Spend counts one request of so many bytes, and returns how long the connection should not
// be read so that the user stays within his rates. It is counted as slowed then.
func (u *User) Spend(bytes int) time.Duration {
	if !u.Paced() {
		return 0
	}
	now := u.book.Now()
	requests, volume := u.requests.spend(1, now), u.bytes.spend(bytes, now)
	if requests > 0 {
		u.book.Tally.Add(SettingRequests)
	}
	if volume > 0 {
		u.book.Tally.Add(SettingBytes)
	}
	return max(requests, volume)
}

// Afford counts one request of so many bytes, or returns an *Over and counts the refusal
// alone: while the user owes nothing, it passes.
func (u *User) Afford(bytes int) error {
	if !u.Paced() {
		return nil
	}
	now := u.book.Now()
	if wait := u.requests.afford(now); wait > 0 {
		return u.over(&Over{Setting: SettingRequests, Limit: u.limits.Requests, What: "requests a second", Wait: wait})
	}
	if wait := u.bytes.due(now); wait > 0 {
		return u.over(&Over{Setting: SettingBytes, Limit: u.limits.Bytes, What: "bytes a second", Wait: wait})
	}
	u.requests.spend(1, now)
	u.bytes.spend(bytes, now)
	return nil
}

// afford is how long it will be until there is a token.
func (b *bucket) afford(now time.Time) time.Duration {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	if b.tokens >= 1 {
		return 0
	}
	return time.Duration((1 - b.tokens) / b.rate * float64(time.Second))
}
