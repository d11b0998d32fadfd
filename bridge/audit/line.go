package audit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sluicemq/sluice/protocols"
)

// maxText bounds each text of a line, in bytes, before it is escaped: a line stays below 32 KiB,
// whatever a client sends.
const maxText = 512

// The events of lines.
const (
	loginEvent   = "login"
	denialEvent  = "denial"
	actEvent     = "act"
	serverEvent  = "server"
	leftOutEvent = "left_out"
	lostEvent    = "lost"
)

// The results of lines.
const (
	ok     = "ok"
	denied = "denied"
	locked = "locked"
	failed = "failed"
)

// resultOf says what has come of an act.
func resultOf(err error) string {
	var l *protocols.Locked
	switch {
	case err == nil:
		return ok
	case errors.As(err, &l):
		return locked
	case errors.Is(err, protocols.ErrDenied):
		return denied
	}
	return failed
}

func eventOf(a *protocols.Act) string {
	switch {
	case a.Action == protocols.AuditLogin:
		return loginEvent
	case a.Client.Remote == nil:
		return serverEvent
	case errors.Is(a.Err, protocols.ErrDenied):
		return denialEvent
	}
	return actEvent
}

// line is one that is being written.
type line []byte

// lineOf is the line of an act, with its line feed.
func lineOf(a *protocols.Act, now time.Time) []byte {
	l := begin(now, eventOf(a)).who(&a.Client)
	l = l.text("action", string(a.Action)).text("operation", a.Operation).text("target", a.Target).text("result", resultOf(a.Err))
	if a.Err != nil {
		l = l.text("reason", a.Err.Error())
	}
	return l.number("count", uint64(max(a.Count, 0))).end()
}

func begin(now time.Time, event string) line {
	l := append(line(nil), `{"time":"`...)
	l = now.UTC().AppendFormat(l, "2006-01-02T15:04:05.000000000Z07:00")
	return append(l, '"').text("event", event)
}

func (l line) who(c *protocols.Audited) line {
	l = l.text("user", c.User).text("credential", c.Credential).text("key", c.Key)
	if c.Remote != nil {
		l = l.text("remote", c.Remote.String())
	}
	return l.text("dialect", c.Dialect).text("listener", c.Listener).text("connection", c.Connection)
}

// text adds a field. An empty one is left out.
func (l line) text(name, value string) line {
	if value == "" {
		return l
	}
	l = append(l, `,"`...)
	l = append(l, name...)
	l = append(l, `":"`...)
	return append(l.escaped(cut(value)), '"')
}

func (l line) number(name string, n uint64) line {
	if n == 0 {
		return l
	}
	return strconv.AppendUint(fmt.Appendf(l, `,"%s":`, name), n, 10)
}

func (l line) end() []byte { return append(l, "}\n"...) }

// cut bounds a text, and says that it did.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "\uFFFD") + fmt.Sprintf("… (%d bytes)", len(s))
}

// escaped adds a text so that it stays one on every reader: what ends a line, what JSON must escape,
// and what a terminal would obey or not show, is \uXXXX. What is no UTF-8 becomes U+FFFD.
func (l line) escaped(s string) line {
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			l = append(l, '\\', byte(r))
		case r > 0xffff && !unicode.IsPrint(r):
			high, low := utf16.EncodeRune(r)
			l = fmt.Appendf(l, `\u%04x\u%04x`, high, low)
		case !unicode.IsPrint(r):
			l = fmt.Appendf(l, `\u%04x`, r)
		default:
			l = utf8.AppendRune(l, r)
		}
	}
	return l
}
