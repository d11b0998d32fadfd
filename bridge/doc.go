// Package bridge puts the house together: one store, one core, and a gateway for
// each dialect that is wanted.
//
//	cmd ──► bridge ──► protocols/stomp, nats, sqs ──► mapping ──► queuecore ──► store
//	            └────► badgerstore, admin
//
// [Open] builds from the street inwards and serves from the disk outwards;
// [House.Close] takes down in the opposite order. Neither leaves half of it standing.
package bridge
