package wire

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
	"errors"
)

// userPrefix is the first byte of what spells a user's public key; it makes the text
// begin with "U" (github.com/nats-io/nkeys, "strkey.go").
const userPrefix = 20 << 3

// userKeyLength is that of the text: 35 bytes in base32.
const userKeyLength = 56

var errNoUserKey = errors.New("nkey is no public key of a user")

// UserKey reads a user's public key, "U" and 55 letters and digits: in base32 without padding the prefix, the key, and
// the CRC-16 of both, its low byte first.
func UserKey(text string) (ed25519.PublicKey, error) {
	if len(text) != userKeyLength { // the decoder passes by line ends
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
