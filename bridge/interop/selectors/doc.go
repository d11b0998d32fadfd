// Package selectors has consumers of three dialects, each with a selector of its own, share
// one queue of a running house; see the tests. python/judge.py is a consumer of nats-py.
package selectors
