package sqs

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"
	"sync"
)

// signingKey is what a secret becomes for one day, region and service: hashes that
// are keyed with it, ready to be used again. It is used by all calls.
type signingKey struct {
	bytes [sha256.Size]byte
	macs  sync.Pool // of *mac
}

// mac is a keyed hash, with the memory that it takes to sign.
type mac struct {
	hash.Hash
	text, sum []byte
}

// scope is what a signing key is good for, and whose it is.
type scope struct{ key, date, region, service string }

func (s *signature) scope() scope { return scope{s.key, s.date, s.region, s.service} }

// signingKeys remembers signing keys, which cost four times as much to make as to
// use. It is used by all calls.
type signingKeys struct {
	mu   sync.RWMutex
	keys map[scope]derived
}

// derived is a signing key and the secret that it comes from, so that the key of a
// secret that has been replaced is not taken.
type derived struct {
	secret string
	key    *signingKey
}

// get returns the signing key of a secret, and whether it was remembered.
func (k *signingKeys) get(s scope, secret string) (*signingKey, bool) {
	k.mu.RLock()
	d, ok := k.keys[s]
	k.mu.RUnlock()
	if ok && d.secret == secret {
		return d.key, true
	}
	return derive(s, secret), false
}

// put remembers a key that a request was signed with. Only these: anybody can
// name a region, and would push out the keys that are in use.
func (k *signingKeys) put(s scope, secret string, key *signingKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys) >= maxSigningKeys {
		k.keys = make(map[scope]derived) // those of past days among them
	}
	// The parts of s are parts of a whole header.
	s = scope{strings.Clone(s.key), strings.Clone(s.date), strings.Clone(s.region), strings.Clone(s.service)}
	k.keys[s] = derived{secret, key}
}

// derive makes a signing key.
// AWS Signature Version 4, "Derive a signing key".
func derive(s scope, secret string) *signingKey {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, terminator} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	k := &signingKey{bytes: [sha256.Size]byte(key)}
	k.macs.New = func() any { return &mac{Hash: hmac.New(sha256.New, k.bytes[:])} }
	return k
}
