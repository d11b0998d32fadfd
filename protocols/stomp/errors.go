package stomp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// refusal is this gateway's own answer to a frame that it does not serve.
type refusal struct {
	message string // the message header: a few words
	detail  string // the body: what exactly, and the limit
	headers []frame.Header
	limit   string // the setting of the limit that it is for; "": of none, or counted already
	ends    bool   // the connection, also where the listener is lenient
	denied  bool   // the user may not
}

func (r *refusal) Error() string { return r.message + ": " + r.detail }

// Is has a refusal of what the user may not do be protocols.ErrDenied.
func (r *refusal) Is(target error) bool { return r.denied && target == protocols.ErrDenied }

func refuse(message, format string, a ...any) error {
	return &refusal{message: message, detail: fmt.Sprintf(format, a...)}
}

// breach refuses what ends the connection in every listener: what breaks the protocol, or
// goes beyond a limit of the connection.
func breach(message, format string, a ...any) error {
	return &refusal{message: message, detail: fmt.Sprintf(format, a...), ends: true}
}

// missing refuses a frame without a header that it must have.
func missing(command, header string) error {
	return refuse("missing header", "The frame %s needs the header %q.", command, header)
}

func denied(what string, d queuecore.Destination) error {
	kind := "queue"
	if d.Kind == queuecore.KindTopic {
		kind = "topic"
	}
	return &refusal{message: "access refused", detail: fmt.Sprintf("This user may not %s the %s %q.", what, kind, d.Name), denied: true}
}

// How a connection can end without an ERROR frame, or after one.
var (
	errGone       = errors.New("the client is gone")
	errAnswered   = errors.New("an ERROR frame ends the connection")
	errDisconnect = errors.New("the client has disconnected")
)

// How a connection can end by no frame's fault.
var (
	errShutdown = &refusal{message: "server is shutting down", detail: "Connect again later, or to another server.", ends: true}
	errSilent   = &refusal{message: "heart-beat missed", detail: "Nothing came from the client for twice the heart-beat interval.", ends: true}
	errLogin    = &refusal{message: "login timeout", detail: "No CONNECT frame came in time.", ends: true, limit: "stomp_login_timeout"}
	errTaken    = &refusal{message: "client id taken over", detail: "Another connection of this user has connected with the same client-id.", ends: true}
	errRevoked  = &refusal{message: "access refused", detail: "The login of this connection is not good any more.", ends: true}
	errExpired  = &refusal{message: "access refused", detail: "The time of the certificate of this connection is over.", ends: true}
)

// words are what the errors of the core and of its neighbours are called in a message header.
func words(err error) string {
	switch {
	case errors.Is(err, queuecore.ErrNotFound):
		return "not found"
	case errors.Is(err, queuecore.ErrExists):
		return "already exists"
	case errors.Is(err, queuecore.ErrInvalid):
		return "invalid request"
	case errors.Is(err, queuecore.ErrTooLarge):
		return "too large"
	case errors.Is(err, queuecore.ErrFull):
		return "queue is full"
	case errors.Is(err, queuecore.ErrLimit):
		return "server limit reached"
	case errors.Is(err, queuecore.ErrInUse):
		return "subscription is in use"
	case errors.Is(err, queuecore.ErrRelay):
		return "queue keeps no messages"
	case errors.Is(err, queuecore.ErrStale):
		return "delivery is over"
	case errors.Is(err, queuecore.ErrNoSpace):
		return "disk is full"
	case errors.Is(err, queuecore.ErrUnavailable):
		return "store is unavailable"
	case errors.Is(err, queuecore.ErrClosed):
		return "server is shutting down"
	case errors.Is(err, protocols.ErrDenied):
		return "access refused"
	case errors.Is(err, protocols.ErrUnrecorded):
		return "audit log cannot be written"
	}
	return ""
}

// explain turns an error into the ERROR frame that tells the client. It returns
// false when there is no word for it: then the log must say more. What the client
// has sent is quoted in part, if it is long.
func explain(err error) (*refusal, bool) {
	r, known := inWords(err)
	if len(r.detail) > detailBytes {
		short := *r
		short.detail = strings.ToValidUTF8(r.detail[:detailBytes/2], "") + " … " + strings.ToValidUTF8(r.detail[len(r.detail)-detailBytes/2:], "")
		r = &short
	}
	return r, known
}

func inWords(err error) (*refusal, bool) {
	var own *refusal
	var format *frame.FormatError
	if o, ok := asQuota(err); ok {
		return overQuota(o), true
	}
	switch {
	case errors.As(err, &own):
		return own, true
	case errors.As(err, &format):
		return &refusal{message: format.Reason, detail: sentence(format.Detail)}, true
	case errors.Is(err, protocols.ErrDenied):
		return &refusal{message: words(err), detail: "The login, the passcode or the certificate is not right."}, true
	}
	if w := words(err); w != "" {
		return &refusal{message: w, detail: sentence(told(err))}, true
	}
	return &refusal{message: "internal error", detail: "The server's log says more."}, false
}

// told is the text of err, without the word that the message header has said already and that
// says nothing.
func told(err error) string {
	text := err.Error()
	if errors.Is(err, queuecore.ErrInvalid) {
		text = strings.TrimSuffix(strings.TrimPrefix(text, queuecore.ErrInvalid.Error()+": "), ": "+queuecore.ErrInvalid.Error())
	}
	return text
}

// sentence begins s with a capital and ends it with a full stop. A name at its beginning, of a
// header say, which its value follows, stays as it is.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if _, value, ok := strings.Cut(s, " "); ok && strings.HasPrefix(value, `"`) {
		return strings.TrimSuffix(s, ".") + "."
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// errorFrame is the ERROR frame for r. STOMP 1.2, "ERROR": it should have a
// message header, the receipt of the frame it is about, content-length and
// content-type; the body may say more.
func errorFrame(dst []byte, v frame.Version, r *refusal, receipt string, hasReceipt bool) []byte {
	body := r.detail + "\n"
	e := frame.Start(dst, v, frame.Error)
	e.Header("message", oneLine(r.message))
	if hasReceipt {
		e.Header("receipt-id", receipt)
	}
	for _, h := range r.headers {
		e.Header(h.Name, h.Value)
	}
	e.Header("content-type", "text/plain")
	e.ContentLength(len(body))
	dst, err := e.End([]byte(body))
	if err != nil && hasReceipt { // 1.0 has no escapes; without the receipt it can be written
		return errorFrame(dst, v, r, "", false)
	}
	return dst
}

// oneLine makes s fit for a header line of any version.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
