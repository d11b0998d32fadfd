package wire

import (
	"fmt"
	"strings"
)

// Error is an answer that says what went wrong.
type Error struct {
	Code    Code
	Message string
	// QueryMessage takes the place of Message in the query form, where a few
	// texts differ. Empty: they do not.
	QueryMessage string
}

// Errorf returns an Error with a formatted message.
func Errorf(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}

// Cut bounds what an error repeats of a client's own words, to 1 KiB.
func Cut(s string) string {
	if len(s) <= maxEcho {
		return s
	}
	return strings.ToValidUTF8(s[:maxEcho], "") + "..."
}

// Error implements error.
func (e *Error) Error() string { return e.Code.spec().shape + ": " + e.Message }

// QueryError returns what the x-amzn-query-error header says. The part behind
// the semicolon must be there: botocore ignores the header without it.
func (e *Error) QueryError() string { return e.Code.Query() + ";" + e.Code.Fault() }

// AppendJSON appends the body of the answer in the JSON form.
func (e *Error) AppendJSON(b []byte) []byte {
	w := writer{buf: b}
	w.begin()
	w.text("__type", e.Code.Shape())
	w.text("message", e.Message)
	w.end()
	return w.buf
}

// AppendXML appends the body of the answer in the query form.
func (e *Error) AppendXML(b []byte, requestID string) []byte {
	m := e.Message
	if e.QueryMessage != "" {
		m = e.QueryMessage
	}
	w := writer{buf: append(b, xmlHead+`<ErrorResponse xmlns="`+namespace+`"><Error>`...), xml: true}
	w.text("Type", e.Code.Fault())
	w.text("Code", e.Code.Query())
	w.text("Message", m)
	w.buf = append(w.buf, `<Detail/></Error>`...)
	w.text("RequestId", requestID)
	return append(w.buf, `</ErrorResponse>`...)
}
