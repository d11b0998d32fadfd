package queuecore

import (
	"errors"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// scout reads messages for choices, outside the loop.
type scout struct {
	b     *Broker
	turns chan struct{} // a token for each Look that is being read
}

// scouts is how many Looks are read at a time.
const scouts = 2

func newScout(b *Broker) *scout { return &scout{b: b, turns: make(chan struct{}, scouts)} }

// judgedCall brings a Look back.
type judgedCall struct{ machine.Judged }

func (*judgedCall) answered(error) {}

// begin has looks read. There is one of each choice of a queue at the most. It does
// not block.
func (s *scout) begin(looks []*machine.Look) {
	for _, l := range looks {
		// Ends when the Look has been read, which a closed broker refuses.
		go s.run(l)
	}
}

func (s *scout) run(l *machine.Look) {
	defer s.b.dies("scout")
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	c := &judgedCall{machine.Judged{Look: l}}
	for i := range l.Items {
		if c.Err = s.judge(l, &l.Items[i]); c.Err != nil {
			break
		}
	}
	// A closed inbox has answered all receivers or will.
	_ = s.b.inbox.put(c)
}

// judge says whether a message matches. One that is gone does not; one that is damaged
// does, so that its receiver finds out and puts it aside, but for a move it does not.
func (s *scout) judge(l *machine.Look, x *machine.Looked) error {
	m, err := s.b.message(&x.Delivery)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case errors.Is(err, ErrInvalid), errors.Is(err, store.ErrCorrupt):
		x.Matches = !l.Undamaged
	case err != nil:
		return s.b.readError(err)
	default:
		x.Matches = l.Choice.Match(&Browsed{Message: m, Dead: (*DeadLetter)(x.Dead)})
		x.Topic, x.HasTopic = m.Topic()
	}
	return nil
}
