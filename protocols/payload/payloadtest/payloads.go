// Package payloadtest has payloads in memory, for the tests of gateways.
package payloadtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// ErrDown is what a test may have Fetch and Store fail with.
var ErrDown = errors.New("the service is down")

// Payloads implements protocols.Payloads in memory. Its bucket is "b"; the keys in it
// are all that is served. The zero value is ready; its methods may be called from any goroutine.
type Payloads struct {
	// Removes is what RemovesFetched says. It is set before the first call.
	Removes bool

	mu      sync.Mutex
	objects map[string]string
	failing error
	held    map[string]*hold
	removed chan string
}

// hold is an object that nobody gets until it is let go.
type hold struct {
	asked  chan struct{} // closed with the first who asks
	letGo  chan struct{} // closed when it is let go
	asking sync.Once
}

var _ protocols.Payloads = (*Payloads)(nil)

// Put keeps an object.
func (p *Payloads) Put(key, content string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.objects == nil {
		p.objects = make(map[string]string)
	}
	p.objects[key] = content
}

// Get returns an object, and whether it is there.
func (p *Payloads) Get(key string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.objects[key]
	return s, ok
}

// Len returns the number of objects.
func (p *Payloads) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.objects)
}

// Fail has everything fail with err from now on; nil: nothing.
func (p *Payloads) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failing = err
}

// Hold has Fetch and Store of key wait until the test lets go. asked is closed when somebody asks.
func (p *Payloads) Hold(key string) (asked <-chan struct{}, letGo func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &hold{asked: make(chan struct{}), letGo: make(chan struct{})}
	if p.held == nil {
		p.held = make(map[string]*hold)
	}
	p.held[key] = h
	return h.asked, sync.OnceFunc(func() { close(h.letGo) })
}

// Removed returns a channel that gets the key of every object that is removed.
func (p *Payloads) Removed() <-chan string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removed == nil {
		p.removed = make(chan string, 100)
	}
	return p.removed
}

// Fetch implements protocols.Payloads.
func (p *Payloads) Fetch(ctx context.Context, bucket, key string) ([]byte, error) {
	if bucket != p.Bucket() {
		return nil, protocols.NotServed("not this bucket")
	}
	if err := p.wait(ctx, key); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.objects[key]
	switch {
	case p.failing != nil:
		return nil, p.failing
	case !ok:
		return nil, errors.New("no such object")
	}
	return []byte(s), nil
}

func (p *Payloads) wait(ctx context.Context, key string) error {
	p.mu.Lock()
	h := p.held[key]
	p.mu.Unlock()
	if h == nil {
		return nil
	}
	h.asking.Do(func() { close(h.asked) })
	select {
	case <-h.letGo:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Store implements protocols.Payloads.
func (p *Payloads) Store(ctx context.Context, key, content string) error {
	if err := p.wait(ctx, key); err != nil {
		return err
	}
	p.mu.Lock()
	err := p.failing
	p.mu.Unlock()
	if err == nil {
		p.Put(key, content)
	}
	return err
}

// Remove implements protocols.Payloads. It removes at once.
func (p *Payloads) Remove(bucket, key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if bucket != "" && bucket != p.Bucket() {
		return
	}
	delete(p.objects, key)
	if p.removed != nil {
		p.removed <- key
	}
}

// Bucket implements protocols.Payloads.
func (p *Payloads) Bucket() string { return "b" }

// RemovesFetched implements protocols.Payloads.
func (p *Payloads) RemovesFetched() bool { return p.Removes }

// Patience implements protocols.Payloads. Nothing here keeps to it: a test lets go of
// what it holds.
func (p *Payloads) Patience() time.Duration { return 10 * time.Second }
