package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// principals are whom a statement is for.
// IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
type principals struct {
	not      bool // all but these
	anybody  bool
	accounts []string
	users    []Identity
	size     int // as they are counted against the quota
}

// names says how a statement names somebody, as the effect that one which allows has
// then: whole, or as one of an account. For one that denies it makes no difference.
func (p *principals) names(who Identity, denies bool) Effect {
	e := Allows
	if denies {
		e = Denies
	}
	itself := p.anybody || slices.Contains(p.users, who) || who.User == "" && slices.Contains(p.accounts, who.Account)
	switch {
	case p.not && (itself || !denies):
		// All but some may not be allowed: "NotPrincipal must be used with Effect Deny".
		return Silent
	case p.not || itself:
		return e
	case !slices.Contains(p.accounts, who.Account):
		return Silent
	case denies:
		return Denies
	}
	return Delegates
}

func parsePrincipals(m map[string]json.RawMessage) (p principals, err error) {
	raw := m["Principal"]
	if p.not = raw == nil; p.not {
		raw = m["NotPrincipal"]
	}
	if string(raw) == `"*"` {
		p.anybody, p.size = true, 1
		return p, nil
	}
	kinds, err := object(raw)
	if err != nil {
		return p, fmt.Errorf(`a principal must be "*" or a JSON map: %w`, err)
	}
	if len(kinds) == 0 {
		return p, errors.New("a principal must not be empty")
	}
	for kind, list := range kinds {
		ids, err := texts(list)
		if err != nil {
			return p, fmt.Errorf("principal %s is %w", cut(kind), err)
		}
		p.size += len(ids)
		if err := p.add(kind, ids); err != nil {
			return p, err
		}
	}
	return p, nil
}

// add takes principals of a kind in. Services, federated users and roles are nobody here:
// no request comes from one.
func (p *principals) add(kind string, ids []string) error {
	switch kind {
	case "AWS":
	case "Service", "Federated", "CanonicalUser":
		return nil
	default:
		return fmt.Errorf("there are no principals of the kind %q", cut(kind))
	}
	for _, id := range ids {
		switch who, ok := identity(id); {
		case id == "*":
			p.anybody = true
		case strings.Contains(id, "*"):
			return fmt.Errorf("principal %q: a * cannot stand for a part", cut(id))
		case ok && who.User == "":
			p.accounts = append(p.accounts, who.Account)
		case ok:
			p.users = append(p.users, who)
		case !isElsewhere(id):
			return fmt.Errorf("principal %q is no account id, and no ARN of an account, a user or a role", cut(id))
		}
	}
	return nil
}

// identity reads the id of an account, or the ARN of one or of a user.
func identity(id string) (who Identity, ok bool) {
	if IsAccount(id) {
		return Identity{Account: id}, true
	}
	a := strings.SplitN(id, ":", 6)
	if len(a) != 6 || a[0] != "arn" || a[2] != "iam" || !IsAccount(a[4]) {
		return Identity{}, false
	}
	if a[5] == "root" {
		return Identity{Account: a[4]}, true
	}
	user, ok := strings.CutPrefix(a[5], "user/")
	return Identity{a[4], user}, ok && user != ""
}

// isElsewhere reports whether id names somebody who can be at AWS alone: a role, a session, or
// who is known there by a unique id such as AIDAEXAMPLE. Anything else is a mistake, which
// in a statement that denies must not pass for nobody.
// IAM user guide, "IAM identifiers: Unique identifiers".
func isElsewhere(id string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	a := strings.SplitN(id, ":", 6)
	if len(a) == 6 {
		return a[0] == "arn" && (a[2] == "iam" || a[2] == "sts") && IsAccount(a[4])
	}
	return strings.HasPrefix(id, "A") && strings.Trim(id, letters) == ""
}

// IsAccount reports whether id has the form of an account's id: twelve digits.
func IsAccount(id string) bool {
	return len(id) == 12 && strings.Trim(id, "0123456789") == ""
}
