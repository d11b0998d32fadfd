package coretest

import (
	"fmt"
	"strconv"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// move begins to move what is in a queue to another, or, when none is named, to where
// each message came from. Moves are called 1, 2 …
func (s *speaker) move(w *words) {
	s.started++
	r := &machine.StartMove{ID: [16]byte{s.started}, Source: w.word(1), Rate: w.int("rate"), Selector: w.selector()}
	if len(w.plain) > 2 {
		r.To = w.word(2)
	}
	s.do(r, func() { s.told(&r.Err, "move %d of %d", s.started, r.Move.Total)() })
}

func (s *speaker) cancelMove(w *words) {
	n, err := strconv.ParseUint(w.word(2), 10, 8)
	w.fault(err)
	r := &machine.CancelMove{Source: w.word(1), ID: [16]byte{byte(n)}}
	s.do(r, func() { s.told(&r.Err, "%d moved", r.Move.Moved)() })
}

func (s *speaker) moves(w *words) {
	r := &machine.Moves{Source: w.word(1)}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		for i := range r.Moves {
			s.sayMove(&r.Moves[i])
		}
		if len(r.Moves) == 0 {
			s.say("none")
		}
	})
}

func (s *speaker) sayMove(v *machine.Move) {
	to, why := "their origins", ""
	if v.To != "" {
		to = v.To
	}
	if v.Reason != "" {
		why = ": " + v.At + ": " + string(v.Reason)
	}
	of := fmt.Sprint(v.Total)
	if v.Selector != "" {
		of += " by " + v.Selector
	}
	s.say("%d from %s to %s %s, %d of %s%s", v.ID[0], v.Source, to, v.Status, v.Moved, of, why)
}
