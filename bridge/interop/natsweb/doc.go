// Package natsweb has nats.js as its makers ship it for browsers, over WebSockets, judge a
// running house.
package natsweb
