// Package router finds the subscriptions that a subject reaches.
//
// Literal patterns stand in a map, patterns with wildcards in a tree of tokens.
// There is no cache: most subjects of a busy server are reply inboxes that are
// used once, and finding one costs a look-up for the whole subject and one for
// each token down to its wildcard, without an allocation.
package router
