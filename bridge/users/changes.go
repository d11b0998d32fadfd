package users

import (
	"reflect"
	"strings"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols"
)

// Notify has taken told whenever a new file is in force, with how its users differ from those
// before, or cannot be, and then why.
func (s *Store) Notify(taken func(changes string, err error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = taken
}

// NotifyRenewed has renewed told what names the users of whom a new file, or the file of a password or a token, has another secret
// than before; see auth.Identities.Replace.
func (s *Store) NotifyRenewed(renewed func([]protocols.Credentials)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewed = renewed
}

func (s *Store) renew(all []protocols.Credentials) {
	if s.renewed != nil && len(all) > 0 {
		s.renewed(all)
	}
}

// witness tells what became of the file.
func (s *Store) witness(changes string, err error) {
	if s.taken != nil {
		s.taken(changes, err)
	}
}

// changes names the users by whom two files differ. A secret that has changed in its own file
// shows in no user.
func changes(before, after []config.User) string {
	old := make(map[string]*config.User, len(before))
	for i := range before {
		old[before[i].Name] = &before[i]
	}
	var added, changed, removed []string
	for i := range after {
		was, there := old[after[i].Name]
		delete(old, after[i].Name)
		switch {
		case !there:
			added = append(added, after[i].Name)
		case !reflect.DeepEqual(*was, after[i]):
			changed = append(changed, after[i].Name)
		}
	}
	for i := range before {
		if old[before[i].Name] != nil {
			removed = append(removed, before[i].Name)
		}
	}
	return strings.TrimSpace(listed("added", added) + listed("changed", changed) + listed("removed", removed))
}

func listed(what string, names []string) string {
	if names == nil {
		return ""
	}
	return what + ": " + strings.Join(names, ", ") + " "
}
