package auth

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// The bounds of bcrypt's cost, each step of which doubles the time: 10 is what most libraries
// take, 14 is about a second.
const (
	minBcryptCost = 10
	maxBcryptCost = 14
	bcryptLength  = 60
)

// bcrypted is a hash by bcrypt, which looks at the first 72 bytes of a password alone.
type bcrypted []byte

func (b bcrypted) matches(password string) bool {
	return bcrypt.CompareHashAndPassword(b, []byte(password)) == nil
}

// isBcrypt reports whether a text begins as bcrypt's do. $2x$ marks those of a broken program.
func isBcrypt(text string) bool {
	return strings.HasPrefix(text, "$2a$") || strings.HasPrefix(text, "$2b$") || strings.HasPrefix(text, "$2y$")
}

func parseBcrypt(text string) (bcrypted, error) {
	const letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	cost, err := bcrypt.Cost([]byte(text))
	switch {
	case err != nil || len(text) != bcryptLength || strings.Trim(text[7:], letters) != "" || text[6] != '$':
		return nil, errors.New("it is not of the form $2b$12$ and 53 characters")
	case cost < minBcryptCost:
		return nil, fmt.Errorf("bcrypt with a cost of %d is weak: it must be at least %d", cost, minBcryptCost)
	case cost > maxBcryptCost:
		return nil, fmt.Errorf("bcrypt with a cost of %d makes a login cost too much: it may be %d", cost, maxBcryptCost)
	}
	return bcrypted(text), nil
}
