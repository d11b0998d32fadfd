package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols"
)

// known is a set of credentials by what clients show. It does not change.
type known struct {
	logins     map[string]login // by user
	keys       map[string]keyed // by id
	tokens     map[[sha256.Size]byte]*principal
	publicKeys map[string]*principal

	certificates map[string]*principal // by a name in them
	passwords    []*Password           // of all logins
	principals   map[string]*principal
}

type login struct {
	*principal
	password *Password
}

type keyed struct {
	*principal
	Key
}

// newKnown takes over from before, which may be nil, the principals whose credentials are in s
// as they were.
func newKnown(s *Set, before *known) *known {
	k := &known{
		logins: make(map[string]login), keys: make(map[string]keyed), tokens: make(map[[sha256.Size]byte]*principal),
		publicKeys: make(map[string]*principal), principals: make(map[string]*principal),
		certificates: make(map[string]*principal),
	}
	for _, x := range s.Logins {
		k.logins[x.User] = login{k.principal(before, "password "+mark(x.Password), newPrincipal(x.User, "", x.Grant)), x.Password}
		k.passwords = append(k.passwords, x.Password)
	}
	for _, x := range s.Keys {
		by := fmt.Sprintf("key %s %v %v", x.ID, x.Secret, x.Token)
		k.keys[x.ID] = keyed{k.principal(before, by, newPrincipal(x.User, x.Account, x.Grant)), x}
	}
	for _, x := range s.Tokens {
		k.tokens[x.Sum] = k.principal(before, fmt.Sprintf("token %x", x.Sum), newPrincipal(x.User, "", x.Grant))
	}
	for _, x := range s.PublicKeys {
		k.publicKeys[x.Key] = k.principal(before, "nkey "+x.Key, newPrincipal(x.User, "", x.Grant))
	}
	for _, x := range s.Certificates {
		k.certificates[x.Name] = k.principal(before, ofCertificate+x.Name, newPrincipal(x.User, "", x.Grant))
	}
	return k
}

// principal returns p, or who came in by the same credential and is the same.
func (k *known) principal(before *known, by string, p *principal) *principal {
	by += " " + p.user
	if before != nil {
		if old := before.principals[by]; old != nil && old.is(p) {
			p.revoke() // nobody has it
			p = old
		}
	}
	k.principals[by] = p
	return p
}

// end revokes those who are not in after.
func (k *known) end(after *known) {
	for by, p := range k.principals {
		if after.principals[by] != p {
			p.revoke()
		}
	}
}

// ofCertificate begins what a principal is known by who comes by a certificate.
const ofCertificate = "certificate "

// secrets returns what each user is known by, but for certificates: there is nothing in them to guess.
func (k *known) secrets() map[string][]string {
	all := make(map[string][]string)
	for by, p := range k.principals {
		if !strings.HasPrefix(by, ofCertificate) {
			all[p.user] = append(all[p.user], by)
		}
	}
	for _, list := range all {
		slices.Sort(list)
	}
	return all
}

// renewed returns the names of all that the users show, or have shown, of whom some secret is another one than before.
func (k *known) renewed(before *known) (all []protocols.Credentials) {
	was := before.secrets()
	renewed := make(map[string]bool)
	for user, is := range k.secrets() {
		if !slices.Equal(was[user], is) {
			renewed[user] = true
			all = append(all, protocols.Credentials{User: user})
		}
	}
	for _, x := range []*known{before, k} {
		for id, key := range x.keys {
			if renewed[key.user] {
				all = append(all, protocols.Credentials{AccessKey: id})
			}
		}
		for key, p := range x.publicKeys {
			if renewed[p.user] {
				all = append(all, protocols.Credentials{PublicKey: key})
			}
		}
	}
	return all
}

// mark tells a hash from others.
func mark(p *Password) string {
	switch h := p.hash.(type) {
	case *argon:
		return h.String()
	case bcrypted:
		return string(h)
	}
	return ""
}

func (k *keyed) hasToken(shown string) bool {
	if k.Token == nil {
		return true
	}
	token, there := k.Token.Reveal()
	return there && subtle.ConstantTimeCompare([]byte(token), []byte(shown)) == 1
}
