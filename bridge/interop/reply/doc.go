// Package reply has requesters and responders of different dialects, all with clients as they
// are published: what a requester calls its reply destination is something that a
// responder of another dialect can send to as it stands.
package reply
