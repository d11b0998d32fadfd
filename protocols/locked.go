package protocols

import (
	"fmt"
	"time"
)

// Locked is what an Authenticator returns to a client of whose user, or from whose address, so many logins
// have failed that it does not look at any for a while. It is an ErrDenied. What was shown
// has not been looked at: gateways answer as they do to what is wrong.
type Locked struct {
	Setting string        // of the limit that was met
	For     time.Duration // from now on
}

// Error names the limit, for the log.
func (l *Locked) Error() string {
	return fmt.Sprintf("too many logins have failed; none is looked at for %v; the setting is %s", l.For.Round(time.Second), l.Setting)
}

// Unwrap returns ErrDenied.
func (l *Locked) Unwrap() error { return ErrDenied }
