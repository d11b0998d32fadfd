// Package nats has client libraries of NATS as their makers ship them, in Go, Java, Python and
// JavaScript, judge a running house and a real nats-server alike; see the tests. Where the two answer
// differently by design, differs_test.go says so.
package nats
