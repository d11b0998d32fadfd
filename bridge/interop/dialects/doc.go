// Package dialects has the tests of STOMP as clients of other brokers speak it: stomp.py, used as
// it is used with each of them, and a house with a listener for each.
package dialects
