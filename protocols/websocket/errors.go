package websocket

import "fmt"

// The codes of close frames that are sent. RFC 6455, 7.4.1.
const (
	normalClosure = 1000
	goingAway     = 1001
	protocolError = 1002
	noText        = 1007
	tooBig        = 1009
)

// Violation is what a client did that RFC 6455 does not allow, or beyond a limit. It
// has been told so by a close frame with Code.
type Violation struct {
	Code   uint16
	Reason string
}

func (v *Violation) Error() string { return fmt.Sprintf("websocket: %s (%d)", v.Reason, v.Code) }

func violation(code uint16, format string, a ...any) error {
	return &Violation{Code: code, Reason: fmt.Sprintf(format, a...)}
}

// Refused is how a request that makes no WebSocket was answered.
type Refused struct {
	Status   int    // of HTTP
	Sentence string // what was wrong
}

func (r *Refused) Error() string {
	return fmt.Sprintf("websocket: answered with %d: %s", r.Status, r.Sentence)
}

func refused(status int, format string, a ...any) *Refused {
	return &Refused{Status: status, Sentence: fmt.Sprintf(format, a...)}
}
