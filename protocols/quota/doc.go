// Package quota bounds what one user may have and ask for, in all dialects and over all
// connections together: a [Book] has a page for each [User], which gateways that are given
// the same Book share.
//
// Two kinds of limits are kept. Of what a user has (connections, subscriptions, open transactions,
// queues that he made) one too many is refused. Of what he asks for in a second
// (requests, bytes) a gateway slows him down, or refuses it where its dialect knows how to try again.
//
// Clients without a name, as all are where nobody has to say who he is, are nobody's: what they have is
// bounded by address and in all alone; what they ask for in a second is bounded for all of them as one.
package quota
