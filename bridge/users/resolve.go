package users

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// minToken is the least length of a token, in bytes: it is guessed from its length alone.
const minToken = 16

// resolver makes what identities know out of users.
type resolver struct {
	vault *vault
	set   auth.Set
	ids   map[string]bool // of access keys
	sums  map[[sha256.Size]byte]bool
}

// resolve returns the set of all users, and of the keys of the settings. The error says where in the
// file it is, and what is wanted.
func resolve(all []config.User, keys []auth.Key, v *vault) (auth.Set, error) {
	r := &resolver{vault: v, ids: make(map[string]bool), sums: make(map[[sha256.Size]byte]bool)}
	for _, k := range keys {
		r.ids[k.ID] = true
	}
	r.set.Keys = append(r.set.Keys, keys...)
	for i := range all {
		if err := r.user(&all[i]); err != nil {
			return auth.Set{}, fmt.Errorf("%s: %w", all[i].At(), err)
		}
	}
	return r.set, nil
}

func (r *resolver) user(u *config.User) error {
	g := GrantOf(u)
	if err := r.password(u, g); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	for i := range u.AccessKeys {
		if err := r.key(&u.AccessKeys[i], g); err != nil {
			return fmt.Errorf("access_keys[%d]: %w", i, err)
		}
	}
	for i, t := range u.Tokens {
		if err := r.token(u, t, g); err != nil {
			return fmt.Errorf("tokens[%d]: %w", i, err)
		}
	}
	for i, k := range u.NKeys {
		if _, err := wire.UserKey(k); err != nil {
			return fmt.Errorf("nkeys[%d]: it is no public key of a user, U and 55 letters and digits", i)
		}
		r.set.PublicKeys = append(r.set.PublicKeys, auth.PublicKey{Key: k, User: u.Name, Grant: g})
	}
	for i, c := range u.Certificates {
		if err := auth.CheckCertificateName(c); err != nil {
			return fmt.Errorf("certificates[%d]: %w", i, err)
		}
		r.set.Certificates = append(r.set.Certificates, auth.Certificate{Name: c, User: u.Name, Grant: g})
	}
	return nil
}

func (r *resolver) password(u *config.User, g auth.Grant) error {
	text, there, err := r.text(u.Password)
	if !there || err != nil {
		return err
	}
	p, err := auth.ParsePassword(text)
	if err == nil {
		r.set.Logins = append(r.set.Logins, auth.Login{User: u.Name, Password: p, Grant: g})
	}
	return err
}

// text returns what a value is or refers to, and whether there is anything.
func (r *resolver) text(value string) (text string, there bool, err error) {
	ref := config.SecretRef(value)
	if !isReference(ref) {
		return value, value != "", nil
	}
	if text, there, err = r.vault.text(ref); err != nil {
		err = fmt.Errorf("%s: %w", ref, err)
	}
	return text, there, err
}

func isReference(r config.SecretRef) bool {
	_, isFile := r.File()
	_, isEnv := r.Env()
	return isFile || isEnv
}

func (r *resolver) key(k *config.AccessKey, g auth.Grant) error {
	if r.ids[k.ID] {
		return fmt.Errorf("id is %q: access_keys of the settings have that id", k.ID)
	}
	known, err := Key(k, r.vault.secret)
	if err == nil {
		known.Grant = g
		r.ids[k.ID] = true
		r.set.Keys = append(r.set.Keys, known)
	}
	return err
}

func (r *resolver) token(u *config.User, value string, g auth.Grant) error {
	sum, there, err := r.sum(value)
	if !there || err != nil {
		return err
	}
	if r.sums[sum] {
		return errors.New("the token is in the file already, of this user or another")
	}
	r.sums[sum] = true
	r.set.Tokens = append(r.set.Tokens, auth.Token{Sum: sum, User: u.Name, Grant: g})
	return nil
}

func (r *resolver) sum(value string) (sum [sha256.Size]byte, there bool, err error) {
	if digits, ok := strings.CutPrefix(value, "sha256:"); ok {
		_, err = hex.Decode(sum[:], []byte(digits))
		return sum, true, err
	}
	text, there, err := r.text(value)
	if there && err == nil && len(text) < minToken {
		return sum, false, fmt.Errorf("%s: a token has at least %d bytes, and they are random", value, minToken)
	}
	return sha256.Sum256([]byte(text)), there, err
}
