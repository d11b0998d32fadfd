package users

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/reread"
	"github.com/sluicemq/sluice/protocols"
)

// Options are for the log and for tests; zero fields are the defaults.
type Options struct {
	// Log is told what becomes of the file (nil: slog.Default).
	Log *slog.Logger
	// Now is the clock (nil: time.Now).
	Now func() time.Time
	// Keys are access keys that hold besides those in the file.
	Keys []auth.Key
}

// Store has identities follow a file of users. All methods may be called from any goroutine.
type Store struct {
	path       string
	log        *slog.Logger
	now        func() time.Time
	keys       []auth.Key
	identities *auth.Identities

	mu      sync.Mutex // over what follows
	file    *reread.File
	users   []config.User
	vault   *vault
	sum     [sha256.Size]byte
	trouble string                          // why the file is not in force; "": it is
	taken   func(changes string, err error) // is told of new files; nil: nobody is
	renewed func([]protocols.Credentials)   // is told of new secrets; nil: nobody is
}

// Open reads the file at path and the secrets that it names. The error names both, and
// nothing of what is in them but names.
func Open(path string, o Options) (*Store, error) {
	s := &Store{path: path, log: o.Log, now: o.Now, keys: o.Keys, file: reread.Of(path, config.MaxUsersBytes)}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	f, err := s.read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	set, err := s.resolve(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.identities = auth.Of(set)
	return s, nil
}

// Identities are who is in the file, as it is at any time.
func (s *Store) Identities() *auth.Identities { return s.identities }

// Watch looks at the file and at the secrets that it names every second, until ctx ends.
func (s *Store) Watch(ctx context.Context) {
	t := time.NewTicker(reread.Every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.Refresh()
		}
	}
}

// Refresh takes the file if it has changed, or a password or a token that it names. One
// that is not good is told of in the log, and what was before stays in force.
func (s *Store) Refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := s.file.Look()
	if err == nil && s.file.IsAs(info) && !s.vault.differs() {
		return
	}
	if err == nil {
		err = s.replace()
	}
	if err != nil {
		s.file.Forget()
	}
	s.tell(err)
}

// replace puts what is in the file now into force.
func (s *Store) replace() error {
	f, err := s.read()
	if err != nil || f.sum == s.sum && !s.vault.differs() {
		if err == nil {
			s.file.Taken(f.info, f.at)
		}
		return err
	}
	before := s.users
	set, err := s.resolve(f)
	if err == nil {
		s.renew(s.identities.Replace(set))
		s.witness(changes(before, s.users), nil)
		s.log.Info("the users file was read again", "file", s.path, "users", len(s.users))
	}
	return err
}

// content is what was in the file.
type content struct {
	text []byte
	sum  [sha256.Size]byte
	info fs.FileInfo
	at   time.Time
}

func (s *Store) read() (f content, err error) {
	if f.info, err = s.file.Look(); err != nil {
		return f, err
	}
	f.at = s.now()
	if f.text, err = s.file.Read(); err == nil {
		f.sum = sha256.Sum256(f.text)
	}
	return f, err
}

// resolve makes what identities know of the file, and remembers it. If it cannot, all is as before.
func (s *Store) resolve(f content) (auth.Set, error) {
	all, err := config.ParseUsers(f.text)
	if err != nil {
		return auth.Set{}, err
	}
	v := newVault(s.log, s.vault)
	set, err := resolve(all, s.keys, v)
	if err != nil {
		return auth.Set{}, err
	}
	v.before = nil
	s.users, s.vault, s.sum = all, v, f.sum
	s.file.Taken(f.info, f.at)
	s.warnOfMode(f.info)
	return set, nil
}

// warnOfMode tells of a file that everybody on the machine can read: hashes are guessed at.
func (s *Store) warnOfMode(info fs.FileInfo) {
	if WideOpen(info) {
		s.log.Warn("everybody on this machine can read the users file: chmod o-r", "file", s.path, "mode", info.Mode().Perm().String())
	}
}

// WideOpen reports whether others than its owner and group can read or change a file.
func WideOpen(info fs.FileInfo) bool { return info.Mode().Perm()&0o006 != 0 }

// tell logs what is new about the file.
func (s *Store) tell(err error) {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	was := s.trouble
	s.trouble = trouble
	if trouble != was && err != nil {
		s.witness("", err)
	}
	switch {
	case trouble == was:
	case err == nil:
		s.log.Info("the users file can be used again", "file", s.path)
	case errors.Is(err, fs.ErrNotExist):
		s.log.Warn("the users file is gone; the users before stay", "file", s.path)
	default:
		s.log.Warn("the users file cannot be used; the users before stay", "file", s.path, "err", trouble)
	}
}

// Counts is what /metrics tells of a Store.
type Counts struct {
	InForce bool // the file, as it is on disk
	Users   int
}

// Counts returns how things are.
func (s *Store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{s.trouble == "", len(s.users)}
}

// Check says what is wrong with the text of a file of users, or nil. It reads no secrets.
func Check(text []byte) error {
	all, err := config.ParseUsers(text)
	if err != nil {
		return err
	}
	for i := range all {
		if isReference(config.SecretRef(all[i].Password)) {
			all[i].Password = ""
		}
		all[i].AccessKeys, all[i].Tokens = nil, nil
	}
	_, err = resolve(all, nil, newVault(nil, nil))
	return err
}
