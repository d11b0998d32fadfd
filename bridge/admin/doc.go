// Package admin is the listener for those who run the house: is it alive, is it
// ready, how is it doing.
//
//	GET /livez    200 while the process answers at all
//	GET /readyz   200 while sends can be confirmed, otherwise 503 and why
//	GET /metrics  Prometheus
//
// The listener is served before the store is opened and after it is closed, so
// that a long start and a long stop can be watched. The core keeps the counters; they are
// read when somebody asks.
package admin
