package sqs

import "net/http"

// Handler lets a test hand over requests without a connection.
func (g *Gateway) Handler() http.Handler { return http.HandlerFunc(g.serveHTTP) }

// EndPolls lets long polls end at once from now on, as a shutdown does.
func (g *Gateway) EndPolls() { g.close() }
