package coretest

import (
	"sync"
	"sync/atomic"

	"github.com/anishathalye/porcupine"
)

// History is what clients asked at once and were told: operations that each began and
// ended at some moment. A model says whether they could have been done one after the
// other, each between its two moments. It may be used from any goroutine.
type History struct {
	now atomic.Int64
	mu  sync.Mutex // over what follows
	all []porcupine.Operation
}

// Answer says how an operation ended.
type Answer uint8

// The ways for an operation to end.
const (
	Done   Answer = iota + 1
	Refuse        // as stale
	Lost          // nobody knows whether it was done
)

// Began returns the moment at which an operation begins.
func (h *History) Began() int64 { return h.now.Add(1) }

// Add records an operation that ends now.
func (h *History) Add(client int, began int64, in, out any) {
	ended := h.now.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, porcupine.Operation{ClientId: client, Input: in, Call: began, Output: out, Return: ended})
}

// Operations returns a copy of what was recorded.
func (h *History) Operations() []porcupine.Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]porcupine.Operation(nil), h.all...)
}

// partition splits a history by key; what has the key "" belongs to each part.
func partition(history []porcupine.Operation, key func(porcupine.Operation) string) [][]porcupine.Operation {
	parts := make(map[string][]porcupine.Operation)
	for _, op := range history {
		if k := key(op); k != "" {
			parts[k] = nil
		}
	}
	for _, op := range history {
		for k := range parts {
			if own := key(op); own == k || own == "" {
				parts[k] = append(parts[k], op)
			}
		}
	}
	all := make([][]porcupine.Operation, 0, len(parts))
	for _, part := range parts {
		all = append(all, part)
	}
	return all
}
