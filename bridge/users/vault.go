package users

import (
	"log/slog"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
)

// vault has the secrets that a file of users names. One that was there stays in it when its
// own file goes, and then is no secret.
type vault struct {
	log    *slog.Logger
	before map[config.SecretRef]*auth.Secret // those of the vault in whose place it comes
	open   map[config.SecretRef]*auth.Secret
	copied map[config.SecretRef]string // what passwords and tokens were when they were used
}

func newVault(log *slog.Logger, before *vault) *vault {
	v := &vault{log: log, open: make(map[config.SecretRef]*auth.Secret), copied: make(map[config.SecretRef]string)}
	if before != nil {
		v.before = before.open
	}
	return v
}

// secret returns what is open already, here or in before, or opens it.
func (v *vault) secret(r config.SecretRef) (s *auth.Secret, err error) {
	if s = v.open[r]; s == nil {
		if s = v.before[r]; s == nil {
			s, err = Secret(r, v.log)
		}
	}
	if err == nil {
		v.open[r] = s
	}
	return s, err
}

// text returns what a secret is now, and remembers it: all who share it get the same, or nobody would
// see that some have an old one. There may be none any more.
func (v *vault) text(r config.SecretRef) (string, bool, error) {
	if text, ok := v.copied[r]; ok {
		return text, text != "", nil
	}
	s, err := v.secret(r)
	if err != nil {
		return "", false, err
	}
	text, there := s.Reveal()
	v.copied[r] = text
	return text, there, nil
}

// differs reports whether a secret that was copied is another one now, or gone, or back.
func (v *vault) differs() bool {
	for r, was := range v.copied {
		if text, _ := v.open[r].Reveal(); text != was {
			return true
		}
	}
	return false
}
