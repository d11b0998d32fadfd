package sqs

import (
	"sync"

	"github.com/sluicemq/sluice/protocols/sqs/policy"
)

// policies remembers policies that have been read, so that a request costs no reading. It
// is used by all calls.
type policies struct {
	mu      sync.RWMutex
	byQueue map[string]readPolicy
}

// readPolicy is a policy and the text that it was read from: one that has been replaced is
// not taken.
type readPolicy struct {
	text   string
	policy *policy.Policy
	err    error
}

// of returns the policy of a queue, which has that text now.
func (p *policies) of(queue, text string) (*policy.Policy, error) {
	p.mu.RLock()
	x, ok := p.byQueue[queue]
	p.mu.RUnlock()
	if !ok || x.text != text {
		x = readPolicy{text: text}
		x.policy, x.err = policy.Parse(text)
		p.put(queue, x)
	}
	return x.policy, x.err
}

func (p *policies) put(queue string, x readPolicy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byQueue == nil || len(p.byQueue) >= maxPolicies {
		p.byQueue = make(map[string]readPolicy) // those of queues that are gone among them
	}
	p.byQueue[queue] = x
}
