// Package push has push consumers of a running house serve unmodified NATS clients; see the
// tests. python/judge.py is a client of nats-py.
package push
