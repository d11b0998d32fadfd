package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The bounds of argon2id. OWASP's "Password Storage Cheat Sheet" has 7 MiB five times as the
// least memory, and 12 MiB three times, 19 MiB twice and 46 MiB once for the same work. The
// most is what one login may cost: a quarter of a GiB at a time, and about a second.
const (
	minArgonMemory = 7 << 10   // KiB
	minArgonWork   = 35 << 10  // KiB times passes
	maxArgonMemory = 256 << 10 // KiB
	maxArgonWork   = 1 << 20   // KiB times passes
	maxArgonLanes  = 16
	minArgonSalt   = 8 // bytes, as RFC 9106 3.1 has it; 16 are recommended
	maxArgonSalt   = 64
	minArgonSum    = 16
	maxArgonSum    = 64
)

// argon is a hash by argon2id (RFC 9106), version 1.3.
type argon struct {
	memory, passes uint32 // KiB; number
	lanes          uint8
	salt, sum      []byte
}

// newArgon hashes a password with 19 MiB and two passes, as OWASP recommends.
func newArgon(password string) *argon {
	a := &argon{memory: 19 << 10, passes: 2, lanes: 1, salt: make([]byte, 16), sum: make([]byte, 32)}
	_, _ = rand.Read(a.salt) // never fails
	a.sum = a.of(password)
	return a
}

func (a *argon) of(password string) []byte {
	return argon2.IDKey([]byte(password), a.salt, a.passes, a.memory, a.lanes, uint32(len(a.sum)))
}

func (a *argon) matches(password string) bool {
	return subtle.ConstantTimeCompare(a.of(password), a.sum) == 1
}

// String is the PHC form, which the reference implementation writes.
func (a *argon) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, a.memory, a.passes, a.lanes, b.EncodeToString(a.salt), b.EncodeToString(a.sum))
}

// parseArgon reads $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$SUM.
func parseArgon(text string) (*argon, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[2] != "v=19" {
		return nil, errors.New("it is not of the form $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH")
	}
	a := &argon{}
	if err := a.parseCost(parts[3]); err != nil {
		return nil, err
	}
	var err error
	if a.salt, err = argonBytes("salt", parts[4], minArgonSalt, maxArgonSalt); err != nil {
		return nil, err
	}
	a.sum, err = argonBytes("hash", parts[5], minArgonSum, maxArgonSum)
	return a, err
}

func (a *argon) parseCost(text string) error {
	fields := strings.Split(text, ",")
	if len(fields) != 3 {
		return errors.New("argon2id wants its cost as m=KIB,t=PASSES,p=LANES")
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(fields[i], name)
		v, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return errors.New("argon2id wants its cost as m=KIB,t=PASSES,p=LANES")
		}
		n[i] = v
	}
	memory, passes, lanes := n[0], n[1], n[2]
	switch work := memory * passes; {
	case memory < minArgonMemory || work < minArgonWork:
		return fmt.Errorf("argon2id with m=%d,t=%d is weak: m must be at least %d KiB and m times t at least %d", memory, passes, minArgonMemory, minArgonWork)
	case memory > maxArgonMemory || work > maxArgonWork:
		return fmt.Errorf("argon2id with m=%d,t=%d makes a login cost too much: m may be %d KiB and m times t %d", memory, passes, maxArgonMemory, maxArgonWork)
	case lanes < 1 || lanes > maxArgonLanes:
		return fmt.Errorf("argon2id with p=%d: it must be 1 to %d", lanes, maxArgonLanes)
	}
	a.memory, a.passes, a.lanes = uint32(memory), uint32(passes), uint8(lanes)
	return nil
}

func argonBytes(what, text string, low, high int) ([]byte, error) {
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(b) < low || len(b) > high {
		return nil, fmt.Errorf("the %s of argon2id must be %d to %d bytes in base64 without padding", what, low, high)
	}
	return b, nil
}
