package nats

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"

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
	key, err := wire.UserKey(o.NKey)
	if err != nil {
		return "", err
	}
	signature, err := signatureOf(o.Signature)
	if err != nil {
		return "", err
	}
	if !ed25519.Verify(key, []byte(c.nonce), signature) {
		return "", fmt.Errorf("nkey %s: sig is not of the nonce in INFO", o.NKey)
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
