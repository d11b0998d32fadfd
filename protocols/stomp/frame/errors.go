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
}

// Error returns reason and detail.
func (e *FormatError) Error() string { return e.Reason + ": " + e.Detail }

func malformed(format string, a ...any) error {
	return &FormatError{"malformed frame", fmt.Sprintf(format, a...)}
}

func tooLarge(format string, a ...any) error {
	return &FormatError{"frame too large", fmt.Sprintf(format, a...)}
}

// ErrUnwritable is what an [Encoder] returns for a frame that the version cannot spell.
var ErrUnwritable = errors.New("frame cannot be written")
