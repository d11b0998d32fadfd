package nats

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
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
	key, err := userKey(o.NKey)
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

// userPrefix is the first byte of what spells a user's public key; it makes the text
// begin with "U" (github.com/nats-io/nkeys, "strkey.go").
const userPrefix = 20 << 3

var errNoUserKey = errors.New("nkey is no public key of a user")

// userKey reads a user's public key: in base32 without padding the prefix, the key, and
// the CRC-16 of both, its low byte first.
func userKey(text string) (ed25519.PublicKey, error) {
	if len(text) > 64 {
		return nil, errNoUserKey
	}
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(b) != 1+ed25519.PublicKeySize+2 || b[0] != userPrefix {
		return nil, errNoUserKey
	}
	key, sum := b[:len(b)-2], b[len(b)-2:]
	if binary.LittleEndian.Uint16(sum) != crc16(key) {
		return nil, errNoUserKey
	}
	return key[1:], nil
}

// crc16 is that of XMODEM: the polynomial 0x1021, begun with 0.
func crc16(b []byte) (crc uint16) {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			high := crc&0x8000 != 0
			if crc <<= 1; high {
				crc ^= 0x1021
			}
		}
	}
	return crc
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
