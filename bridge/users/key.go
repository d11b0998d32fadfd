package users

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols"
)

// Secret returns the secret that a reference names, which must be there. Log is told when
// it is not any more.
func Secret(r config.SecretRef, log *slog.Logger) (*auth.Secret, error) {
	if path, ok := r.File(); ok {
		return auth.FileSecret(path, auth.SecretOptions{Log: log})
	}
	if name, ok := r.Env(); ok {
		return auth.EnvSecret(name)
	}
	return nil, errors.New("neither file:PATH nor env:NAME") // checks let none through
}

// Key returns an access key whose secrets open opens. The error says which of them it is about.
func Key(k *config.AccessKey, open func(config.SecretRef) (*auth.Secret, error)) (auth.Key, error) {
	known := auth.Key{ID: k.ID, User: k.User, Account: k.Account, Grant: grant(k.Actions, k.Queues)}
	var err error
	if known.Secret, err = open(k.Secret); err != nil {
		return known, fmt.Errorf("secret is %s: %w", k.Secret, err)
	}
	if k.SessionToken == "" {
		return known, nil
	}
	if known.Token, err = open(k.SessionToken); err != nil {
		return known, fmt.Errorf("session_token is %s: %w", k.SessionToken, err)
	}
	return known, nil
}

// Keys returns the access keys of the settings.
func Keys(list []config.AccessKey, log *slog.Logger) ([]auth.Key, error) {
	known := make([]auth.Key, len(list))
	for i := range list {
		var err error
		known[i], err = Key(&list[i], func(r config.SecretRef) (*auth.Secret, error) { return Secret(r, log) })
		if err != nil {
			return nil, fmt.Errorf("access_keys[%d].%w", i, err)
		}
	}
	return known, nil
}

func grant(actions []config.Action, queues []string) auth.Grant {
	return auth.Grant{Actions: actionsOf(actions), Queues: queues}
}

// GrantOf returns what a user may do.
func GrantOf(u *config.User) auth.Grant {
	if !u.HasPolicy() {
		return grant(u.Actions, u.Queues)
	}
	var list []auth.Statement
	for _, s := range u.Statements() {
		list = append(list, auth.Statement{By: s.By, Deny: s.Deny, Actions: actionsOf(s.Actions), Queues: s.Queues, Topics: s.Topics})
	}
	return auth.Grant{Policy: auth.NewPolicy(list)}
}

// actionsOf keeps nil, which means all. Checks let no others through than these.
func actionsOf(names []config.Action) []protocols.Action {
	if names == nil {
		return nil
	}
	actions := []protocols.Action{}
	for _, name := range names {
		if a, ok := ActionNamed(name); ok {
			actions = append(actions, a)
		}
	}
	return actions
}

// ActionNamed returns the action of a name in a policy.
func ActionNamed(name config.Action) (protocols.Action, bool) {
	for a := protocols.Send; a <= protocols.Redrive; a++ {
		if a.String() == string(name) {
			return a, true
		}
	}
	return 0, false
}
