package nats

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/nats-io/nkeys"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// nonceBytes is how much of a nonce is random: what nats-server takes.
const nonceBytes = 11

// newNonce returns what a client has to sign to show that it has a key.
func newNonce() string {
	var b [nonceBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ownsKey returns the user's public key in o, "U…", when the client has signed the nonce
// of this connection with its other half, and "" when it names no key. A key that
// is named and not shown to be the client's is an error, whatever else is in o.
func (c *conn) ownsKey(o *wire.Options) (string, error) {
	if o.NKey == "" || c.nonce == "" {
		return "", nil
	}
	if !nkeys.IsValidPublicUserKey(o.NKey) {
		return "", errors.New("nkey is no public key of a user")
	}
	signature, err := signatureOf(o.Signature)
	if err != nil {
		return "", err
	}
	key, err := nkeys.FromPublicKey(o.NKey)
	if err != nil {
		return "", err
	}
	if err := key.Verify([]byte(c.nonce), signature); err != nil {
		return "", fmt.Errorf("nkey %s: sig is not of the nonce in INFO: %w", o.NKey, err)
	}
	return o.NKey, nil
}

// signatureOf reads a signature in either base64: some libraries write the one of URLs.
func signatureOf(text string) ([]byte, error) {
	if b, err := base64.RawURLEncoding.DecodeString(text); err == nil {
		return b, nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("sig is no base64: %w", err)
	}
	return b, nil
}
