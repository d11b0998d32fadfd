package frame

import (
	"errors"
	"fmt"
)

// FormatError says how a frame breaks the grammar or a limit. The stream cannot
// be read on after it.
type FormatError struct {
	Reason string // a few words
	Detail string // what exactly, and the limit
	Limit  Limit  // that is exceeded
}

// Limit is a field of [Limits].
type Limit uint8

// The fields of Limits.
const (
	NoLimit Limit = iota // nothing is exceeded
	LimitHeaders
	LimitHeaderBytes
	LimitBody
)

// Error returns reason and detail.
func (e *FormatError) Error() string { return e.Reason + ": " + e.Detail }

func malformed(format string, a ...any) error {
	return &FormatError{Reason: "malformed frame", Detail: fmt.Sprintf(format, a...)}
}

func tooLarge(l Limit, format string, a ...any) error {
	return &FormatError{Reason: "frame too large", Detail: fmt.Sprintf(format, a...), Limit: l}
}

// ErrUnwritable is what an [Encoder] returns for a frame that the version cannot spell.
var ErrUnwritable = errors.New("frame cannot be written")
