package config

import (
	"cmp"
	"fmt"
	"strings"
)

// User is somebody in a UsersFile. What he shows to be it is any of his credentials.
type User struct {
	Line int // of the file, where he begins
	Name string
	// Password is a hash, or a SecretRef to one; "": he has none.
	Password string
	// AccessKeys are for SQS. Their User, Actions and Queues are those of the user.
	AccessKeys []AccessKey
	// Tokens are for NATS: each a SecretRef to one, or sha256: and the sum of one in hex.
	Tokens []string
	// NKeys are public keys of NATS.
	NKeys []string
	// Certificates are names in certificates of clients: a subject as RFC 4514 spells it, or
	// dns:, email: or uri: and an alternative name.
	Certificates []string
	// Actions and Queues are what he may do and to what, as those of AccessKey. They are the short
	// form of a policy, and not there beside one.
	Actions []Action
	Queues  []string
	// Policy are statements of his own, and Policies the names of policies that he shares with others.
	Policy   []Statement
	Policies []string
	shared   []*Policy // those of the names
}

// Users is what is in a UsersFile.
type Users struct {
	Users    []User
	Policies []Policy
}

// ParseUsers reads a file of users: the key users, and a list. The error names the line and
// the user, and repeats nothing that may be a secret. Whether hashes and public keys are good is for
// others to say, who know what they are.
func ParseUsers(text []byte) ([]User, error) {
	f, err := ParseUsersFile(text)
	return f.Users, err
}

// ParseUsersFile is ParseUsers with the policies that have names.
func ParseUsersFile(text []byte) (Users, error) {
	f, err := decodeUsers(text)
	if err == nil {
		err = f.checkPolicies()
	}
	if err != nil {
		return Users{}, oneLine(err)
	}
	if len(f.Users) > MaxUsers {
		return Users{}, fmt.Errorf("users has %d entries: there may be %d", len(f.Users), MaxUsers)
	}
	seen := make(map[string]int)
	for i := range f.Users {
		u := &f.Users[i]
		if err := cmp.Or(u.check(seen), f.join(u)); err != nil {
			return Users{}, fmt.Errorf("%s: %w", u.At(), err)
		}
	}
	return f, nil
}

// At says where a user stands in his file.
func (u *User) At() string {
	if u.Name == "" {
		return fmt.Sprintf("line %d", u.Line)
	}
	return fmt.Sprintf("line %d, user %q", u.Line, u.Name)
}

// check says what is wrong with the user. Seen has the line of what no two may have.
func (u *User) check(seen map[string]int) error {
	if u.Name == "" || len(u.Name) > MaxUserName || !printable(u.Name) {
		return fmt.Errorf("name must be 1 to %d bytes without control characters", MaxUserName)
	}
	if max(len(u.AccessKeys), len(u.Tokens), len(u.NKeys), len(u.Certificates)) > MaxUserCredentials {
		return fmt.Errorf("there are too many of one kind of credential: there may be %d", MaxUserCredentials)
	}
	if u.Actions != nil && len(u.Actions) == 0 || u.Queues != nil && len(u.Queues) == 0 {
		return fmt.Errorf("an empty list: leave out actions or queues to allow all")
	}
	for i := range u.AccessKeys {
		k := &u.AccessKeys[i]
		k.User, k.Actions, k.Queues = u.Name, u.Actions, u.Queues
		if err := k.check(fmt.Sprintf("access_keys[%d]", i)); err != nil {
			return err
		}
	}
	return cmp.Or(checkActions("user", u.Actions), checkPatterns("user", u.Queues), u.checkPassword(), u.checkTokens(), u.once(seen))
}

func (u *User) checkPassword() error {
	if u.Password == "" || strings.HasPrefix(u.Password, "$") || SecretRef(u.Password).isReference() {
		return nil
	}
	return fmt.Errorf("password is neither the hash of one nor file:PATH nor env:NAME of a hash: make one with sluice user passwd")
}

// checkTokens refuses tokens themselves, and repeats nothing of them.
func (u *User) checkTokens() error {
	for i, t := range u.Tokens {
		sum, hashed := strings.CutPrefix(t, "sha256:")
		if hashed && len(sum) == 64 && only(sum, "0123456789abcdef") || SecretRef(t).isReference() {
			continue
		}
		return fmt.Errorf("tokens[%d] is neither sha256: and 64 small hex digits nor file:PATH nor env:NAME: a token itself does not belong here", i)
	}
	return nil
}

// once refuses what another user, or this one, has already.
func (u *User) once(seen map[string]int) error {
	all := []string{fmt.Sprintf("name %q", u.Name)}
	for _, k := range u.AccessKeys {
		all = append(all, fmt.Sprintf("access key %q", k.ID))
	}
	for _, k := range u.NKeys {
		all = append(all, fmt.Sprintf("nkey %q", k))
	}
	for _, c := range u.Certificates {
		all = append(all, fmt.Sprintf("certificate %q", c))
	}
	for _, what := range all {
		if line, ok := seen[what]; ok {
			return fmt.Errorf("the %s is there already, of the user of line %d", what, line)
		}
		seen[what] = u.Line
	}
	return nil
}
