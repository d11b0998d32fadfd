package auth

import "crypto/sha256"

// Set is what Identities know: credentials of which each names its user and what it lets
// him do. A user may have several, of every kind but passwords.
type Set struct {
	Logins     []Login     // each with a user of its own
	Keys       []Key       // each with an id of its own
	Tokens     []Token     // each with a sum of its own
	PublicKeys []PublicKey // each with a key of its own

	Certificates []Certificate // each with a name of its own
}

// Login is a user who has a password.
type Login struct {
	User     string
	Password *Password
	Grant    Grant
}

// Key is an access key: an id that clients show, and a secret that they do not.
// A user may have several, two while one takes the place of the other.
type Key struct {
	ID, User string
	// Account is the AWS account that the user is of; "": the server's own.
	Account string
	Secret  *Secret
	// Token must come with the key, as with temporary credentials; nil: what comes is not looked at.
	Token *Secret
	Grant Grant
}

// Token is something long and random that is shown alone, as NATS clients may. Of it the
// SHA-256 is kept: a dear hash like that of a password is for what people can remember.
type Token struct {
	Sum   [sha256.Size]byte
	User  string
	Grant Grant
}

// PublicKey is one half of a pair of keys, of which the user has the other. There is
// nothing secret in it.
type PublicKey struct {
	Key   string // as its dialect spells it; of NATS, "U" and 55 letters and digits
	User  string
	Grant Grant
}
