package auth

import (
	"errors"
	"log/slog"
	"strings"
)

// maxPassword bounds a password that a client shows, in bytes.
const maxPassword = 1 << 10

// Password is what a password is checked against: a hash of it, from which it cannot be
// had back. It prints as nothing but what it is.
type Password struct{ hash hash }

// hash is a way to check passwords that costs time and memory on purpose.
type hash interface {
	matches(password string) bool
}

// ParsePassword reads the hash of a password: argon2id in the PHC form, or bcrypt. Hashes
// that are too cheap to be safe are refused, and those that are so dear that logins
// would stop the server. Errors repeat nothing of the text.
func ParsePassword(text string) (*Password, error) {
	var h hash
	var err error
	switch {
	case strings.HasPrefix(text, "$argon2id$"):
		h, err = parseArgon(text)
	case isBcrypt(text):
		h, err = parseBcrypt(text)
	default:
		err = errors.New("it is no hash of a password: want $argon2id$… or $2b$…, as \"sluice user passwd\" makes")
	}
	if err != nil {
		return nil, err
	}
	return &Password{h}, nil
}

// isPassword reports whether anybody may come in by a password. Not by an empty one, nor by one with
// a NUL: to bcrypt one of NULs alone is the empty one, and "a", NUL, "a" is "a".
func isPassword(s string) bool {
	return s != "" && len(s) <= maxPassword && strings.IndexByte(s, 0) < 0
}

// HashPassword returns the text of an argon2id hash with a salt of its own. An empty
// password, one of more than 1,024 bytes, and one with a NUL are errors, since no client gets in with it.
func HashPassword(password string) (string, error) {
	if !isPassword(password) {
		return "", errors.New("a password has 1 to 1024 bytes, none of them NUL")
	}
	return newArgon(password).String(), nil
}

// String says what it is, and nothing of the hash.
func (*Password) String() string { return "password" }

// GoString is String, for %#v.
func (*Password) GoString() string { return "password" }

// LogValue implements slog.LogValuer; see String.
func (p *Password) LogValue() slog.Value { return slog.StringValue(p.String()) }
