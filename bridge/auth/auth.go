// Package auth says who a client is and what it may do.
//
// [Identities] knows users by what they can show, for now access keys: the
// secret is kept here, and a gateway gives the proof that a client knows it. What a
// user may do is a [Grant]. A server without identities runs with [Open].
package auth
