package bridge

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols"
)

// identities returns who may use SQS: everybody when no access keys are
// configured. A secret that is not where the configuration says is an error.
func identities(keys []config.AccessKey, log *slog.Logger) (protocols.Authenticator, error) {
	if len(keys) == 0 {
		return auth.Open{}, nil
	}
	known := make([]auth.Key, len(keys))
	for i, k := range keys {
		var err error
		if known[i], err = keyOf(&k, log); err != nil {
			return nil, fmt.Errorf("access_keys[%d].%w", i, err)
		}
	}
	return auth.New(known), nil
}

func keyOf(k *config.AccessKey, log *slog.Logger) (auth.Key, error) {
	known := auth.Key{ID: k.ID, User: k.User, Account: k.Account, Grant: auth.Grant{Actions: actionsOf(k.Actions), Queues: k.Queues}}
	var err error
	if known.Secret, err = secretOf(k.Secret, log); err != nil {
		return known, fmt.Errorf("secret is %s: %w", k.Secret, err)
	}
	if k.SessionToken == "" {
		return known, nil
	}
	if known.Token, err = secretOf(k.SessionToken, log); err != nil {
		return known, fmt.Errorf("session_token is %s: %w", k.SessionToken, err)
	}
	return known, nil
}

func secretOf(r config.SecretRef, log *slog.Logger) (*auth.Secret, error) {
	if path, ok := r.File(); ok {
		return auth.FileSecret(path, auth.SecretOptions{Log: log})
	}
	if name, ok := r.Env(); ok {
		return auth.EnvSecret(name)
	}
	return nil, errors.New("neither file:PATH nor env:NAME") // Check lets none through
}

// actionsOf keeps nil, which means all. Check lets no others through than these.
func actionsOf(names []config.Action) (actions []protocols.Action) {
	table := map[config.Action]protocols.Action{
		config.ActionSend:    protocols.Send,
		config.ActionReceive: protocols.Receive,
		config.ActionBrowse:  protocols.Browse,
		config.ActionCreate:  protocols.Create,
		config.ActionDelete:  protocols.Delete,
		config.ActionPurge:   protocols.Purge,
		config.ActionAdmin:   protocols.Admin,
	}
	for _, name := range names {
		actions = append(actions, table[name])
	}
	return actions
}
