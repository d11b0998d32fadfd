package workload

import (
	"slices"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

// resends are messages that were sent under ids of their own and not answered,
// in the order of their sends.
type resends struct{ list []resend }

type resend struct {
	id    ledger.ID
	group string
	size  int
	due   time.Time
	first time.Time // when it was first sent
}

// remember adds those of list that were not confirmed.
func (x *resends) remember(l *ledger.Ledger, list []resend, confirmed map[ledger.ID]bool) {
	for _, m := range list {
		if !confirmed[m.id] {
			x.list = append(x.list, m)
			l.Keep(m.id)
		}
	}
}

// take returns what is to be sent again, and gives up what is too old for that.
func (x *resends) take(l *ledger.Ledger) []resend {
	list := x.list
	x.list = nil
	return slices.DeleteFunc(list, func(m resend) bool {
		if time.Since(m.first) < resendWithin {
			return false
		}
		l.GaveUp(m.id)
		return true
	})
}

func (x *resends) giveUp(l *ledger.Ledger) {
	for _, m := range x.list {
		l.GaveUp(m.id)
	}
	x.list = nil
}
