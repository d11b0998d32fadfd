package queuecore

import (
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/selector"
)

// Pattern is that of the selector room: tokens separated by dots, where "*" stands for one
// token and a last ">" for one or more.
type Pattern = selector.Pattern

// Subjects says which messages of a queue by the Destination that they were sent to, which
// neither a dead-letter queue nor a move changes. The zero Subjects is all of them.
type Subjects struct {
	Topics []Pattern // those that were sent to a topic that one of them matches
	Own    bool      // those that were sent to a queue
}

// maxSubjectBytes bounds the patterns of one receive together, as each is held against each
// message that is sent while it waits.
const maxSubjectBytes = MaxSelectorBytes

// check refuses patterns that are too long, and those that no topic's name matches for
// their control characters; ErrInvalid.
func (s *Subjects) check() error {
	bytes := 0
	for _, p := range s.Topics {
		if strings.ContainsFunc(p.String(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return fmt.Errorf("pattern %q holds a control character: %w", p, ErrInvalid)
		}
		bytes += len(p.String())
	}
	if bytes > maxSubjectBytes {
		return fmt.Errorf("patterns of %d bytes, the limit is %d: %w", bytes, maxSubjectBytes, ErrInvalid)
	}
	return nil
}

// Has reports whether a message was sent where s says. It may be called by any goroutine.
func (s *Subjects) Has(m *Message) bool {
	c := machine.Choice{Topics: s.Topics, Own: s.Own}
	return c.Match(m)
}

var _ machine.Fields = (*Message)(nil)

// Topic returns the topic that m was sent to; false when it was sent to a queue.
func (m *Message) Topic() (string, bool) {
	return m.Destination.Name, m.Destination.Kind == KindTopic
}

// ParsePattern reads a pattern, none of whose tokens may be empty. The error is ErrInvalid.
func ParsePattern(text string) (Pattern, error) {
	p, err := selector.Parse(text)
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return p, nil
}

// Some reports whether s leaves messages out.
func (s *Subjects) Some() bool { return s.Own || len(s.Topics) > 0 }
