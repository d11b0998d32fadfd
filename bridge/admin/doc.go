// Package admin is the listener for those who run the house: is it alive, is it
// ready, how is it doing.
//
//	GET /livez    200 while the process answers at all
//	GET /readyz   200 while sends can be confirmed, otherwise 503 and why
//	GET /metrics  Prometheus
//
// and for programs on the same machine, which look after queues:
//
//	POST   /v1/moves            {"from","to","selector","rate"}: begins to move messages, or
//	                            without "to" to give dead letters back
//	GET    /v1/moves?queue=     the moves from a queue
//	DELETE /v1/moves/ID?queue=  ends one
//	GET    /v1/messages?queue=&selector=&from=&limit=
//
// Their errors are {"error": "a sentence"}. They answer nobody who comes from another machine,
// through a proxy that leaves a mark, with another host's name or from a browser; and where there are users,
// nobody but one with the action admin, by HTTP Basic or a certificate. In TLS such a user may come from another
// machine, which gets /metrics for any user. A proxy on this machine that lets others in must therefore pass the first three on and no
// more. [Client] asks them.
//
// The listener is served before the store is opened and after it is closed, so
// that a long start and a long stop can be watched. The core keeps the counters; they are
// read when somebody asks.
package admin
