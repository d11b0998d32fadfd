package auth

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/bridge/reread"
)

// maxSecret bounds a secret, in bytes.
const maxSecret = 4 << 10

// Secret is a text that only its owner and we should know. It prints as where it
// was found. One from a file is replaced by replacing the file.
type Secret struct {
	origin string
	file   *reread.File // nil: it never changes; guarded by mu
	log    *slog.Logger
	now    func() time.Time

	text  atomic.Pointer[string] // nil: there is none
	start time.Time
	next  atomic.Int64 // when to look at the file again, nanoseconds from start

	mu      sync.Mutex
	trouble string // the last one that was logged; guarded by mu
}

// SecretOptions are for tests and for the log; zero fields are the defaults.
type SecretOptions struct {
	// Log is told when a file cannot be read any more, and when it can again (nil: slog.Default).
	Log *slog.Logger
	// Now is the clock (nil: time.Now).
	Now func() time.Time
}

// FileSecret returns the secret in a file, without the line end behind it. Within
// a second of a change it is the new one, when somebody asks. It is best replaced by
// renaming: while a file is empty or unreadable the secret before stays; when it is gone, so
// is the secret.
func FileSecret(path string, o SecretOptions) (*Secret, error) {
	s := &Secret{origin: "file:" + path, file: reread.Of(path, maxSecret), log: o.Log, now: o.Now}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.start = s.now()
	s.next.Store(int64(reread.Every))
	return s, s.read(s.start)
}

// EnvSecret returns the secret in a variable of the environment. It stays what it
// is now.
func EnvSecret(name string) (*Secret, error) {
	s := &Secret{origin: "env:" + name}
	text := os.Getenv(name)
	if text == "" {
		return nil, errors.New("the variable is not set, or empty")
	}
	s.text.Store(&text)
	return s, nil
}

// String returns where the secret is, never what it is.
func (s *Secret) String() string { return s.origin }

// GoString is String, for %#v.
func (s *Secret) GoString() string { return s.origin }

// LogValue implements slog.LogValuer; see String.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(s.origin) }

// Reveal returns the secret as it is now, and whether there is one. It is for signing,
// not for logs and errors.
func (s *Secret) Reveal() (string, bool) {
	if s.file != nil {
		s.refresh()
	}
	text := s.text.Load()
	if text == nil {
		return "", false
	}
	return *text, true
}

// refresh looks at the file, at most once in reread.Every and from one goroutine at
// a time. The others go on with what there is.
func (s *Secret) refresh() {
	now := s.now()
	age := now.Sub(s.start) // by a clock that nobody sets
	if int64(age) < s.next.Load() || !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	s.next.Store(int64(age + reread.Every))
	err := s.read(now)
	if errors.Is(err, fs.ErrNotExist) {
		s.text.Store(nil)
	}
	s.tell(err)
}

// tell logs what is new about the file.
func (s *Secret) tell(err error) {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	if trouble == s.trouble {
		return
	}
	s.trouble = trouble
	if err == nil {
		s.log.Info("a secret can be read again", "secret", s)
		return
	}
	s.log.Warn("a secret cannot be read", "secret", s, "error", trouble, "refused", s.text.Load() == nil)
}

// read takes the secret from its file if that may have changed since it was read.
func (s *Secret) read(now time.Time) error {
	info, err := s.file.Look()
	if err == nil && s.file.IsAs(info) {
		return nil
	}
	if err == nil {
		err = s.take()
	}
	if err != nil {
		s.file.Forget()
		return err
	}
	s.file.Taken(info, now)
	return nil
}

// take reads the secret. The line end behind it is none of it.
func (s *Secret) take() error {
	b, err := s.file.Read()
	if err != nil {
		return err
	}
	text := strings.TrimRight(string(b), "\r\n")
	if text == "" {
		return errors.New("empty")
	}
	s.text.Store(&text)
	return nil
}
