package stomp

import (
	"errors"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// byUse is the operation of a queue that is made because somebody uses it.
const byUse = "first use"

// witnessLogin tells how the client's login went, and who it is from here on. The error is err, or
// that the login cannot be recorded.
func (c *conn) witnessLogin(f *frame.Frame, shown *protocols.Credentials, who protocols.Principal, err error) error {
	w := protocols.Witness{Audit: c.gateway.options.Audit, Who: shown.AuditedLogin()}
	w.Who.Dialect, w.Who.Connection = "stomp", c.id
	w.Who.Listener = c.raw.LocalAddr().String()
	if err == nil {
		w.Who.User = who.Name()
	}
	c.witness = w
	return w.Login(f.Command, err)
}

// witnessed tells of a frame that the client may not send, and returns err.
func (c *conn) witnessed(f *frame.Frame, err error) error {
	if err == nil || !errors.Is(err, protocols.ErrDenied) {
		return err
	}
	destination, _ := f.Header("destination")
	c.witness.Saw(wanted(f), f.Command, destination, err)
	return err
}

// wanted is what a frame is for. What exactly was denied is in the reason.
func wanted(f *frame.Frame) protocols.AuditedAction {
	switch f.Command {
	case frame.Send, frame.Commit:
		return protocols.AuditSend
	case frame.Subscribe:
		return protocols.AuditReceive
	case frame.Unsubscribe:
		return protocols.AuditDelete
	}
	return protocols.AuditOther
}

// witnessBrowse tells of a queue browser.
func (c *conn) witnessBrowse(s *subscription) {
	if s.mode == ackBrowse {
		c.witness.Saw(protocols.AuditBrowse, frame.Subscribe, s.queue, nil)
	}
}

// witnessJobs tells of what was done to the messages that go out by a plan. What was denied
// witnessed tells.
func (c *conn) witnessJobs(action, target string, err error) {
	what := protocols.AuditPurge
	if action == "BROWSE" {
		what = protocols.AuditBrowse
	}
	if !errors.Is(err, protocols.ErrDenied) {
		c.witness.Saw(what, action, target, err)
	}
}
