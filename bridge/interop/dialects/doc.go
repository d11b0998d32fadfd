// Package dialects has the tests of STOMP as clients of other brokers speak it: clients of seven languages, used as
// they are used with each of them, and a house with a listener for each.
package dialects
