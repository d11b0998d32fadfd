package stomp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// source reads the socket of one connection for the frame reader. It knows how
// long the client may be silent.
type source struct {
	net   net.Conn
	ctx   context.Context
	flush func() error // called before each read: what must not wait for the client

	until time.Time     // the login must have come by then; zero: it has
	every time.Duration // something must come within each; 0: no heart-beats
}

// Read reads what there is. Any octet is a sign of life. STOMP 1.2, "Heart-beating".
func (s *source) Read(p []byte) (int, error) {
	if err := s.flush(); err != nil {
		return 0, err
	}
	if err := s.setDeadline(); err != nil {
		return 0, err
	}
	if s.ctx.Err() != nil { // the deadline that ends the connection may have been set before ours
		return 0, context.Cause(s.ctx)
	}
	n, err := s.net.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) && s.looksAgain() {
		n, err = s.net.Read(p)
	}
	switch {
	case err == nil || err == io.EOF:
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = s.late()
	default:
		err = lost(err)
	}
	return n, err
}

func (s *source) setDeadline() error {
	var err error
	switch {
	case !s.until.IsZero():
		err = s.net.SetReadDeadline(s.until)
	case s.every > 0:
		err = s.net.SetReadDeadline(time.Now().Add(s.every))
	}
	return lost(err)
}

// lastLook is how long a client that seems to be silent has to prove that it is not.
const lastLook = 100 * time.Millisecond

// looksAgain reports whether a beat may have come that nobody has read: once its time is over a
// socket says so and no more. When it was the server that stood still, as a machine that is
// stopped and goes on, the beats of all its clients wait there.
func (s *source) looksAgain() bool {
	if !s.until.IsZero() || s.net.SetReadDeadline(time.Now().Add(lastLook)) != nil {
		return false
	}
	return s.ctx.Err() == nil // else the deadline that ends the connection may have been the one before
}

// lost says of an error of the socket that the client is gone.
func lost(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errGone, err)
}

// loggedIn ends the time for the login.
func (s *source) loggedIn(every time.Duration) error {
	s.until, s.every = time.Time{}, every
	return lost(s.net.SetReadDeadline(time.Time{}))
}

// late says what the client has been late for.
func (s *source) late() error {
	switch {
	case s.ctx.Err() != nil:
		return context.Cause(s.ctx)
	case !s.until.IsZero():
		return errLogin
	}
	return errSilent
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
