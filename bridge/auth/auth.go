// Package auth says who a client is and what it may do.
//
// [Identities] knows users by what they can show: passwords, of which it has hashes;
// access keys, whose secrets are kept here while a gateway gives the proof that a client knows
// one; tokens; and public keys. What a user may do is a [Grant]. Identities can be
// replaced as a whole while clients are connected ([Identities.Replace]). A server
// without identities runs with [Open]. Nothing in this package prints a secret.
//
// DESIGN.md says why it is so.
package auth
