package stomp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Management asks for the right to it; in a transaction there is none; and other dialects
// know no such topic.
func TestManagementOfPlans(t *testing.T) {
	const managed = "/topic/ActiveMQ.Scheduler.Management"
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendFrame(c, "BEGIN", "transaction", "t")
		sendFrame(c, "SEND", "destination", managed, "transaction", "t", "AMQ_SCHEDULER_ACTION", "REMOVEALL")
		c.expect("ERROR", "message", "not supported")
	}, withDialect(mapping.ActiveMQ))
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendFrame(c, "SEND", "destination", managed, "AMQ_SCHEDULER_ACTION", "REMOVEALL")
		c.expect("ERROR", "message", "access refused")
	}, withDialect(mapping.ActiveMQ), withAuth(noAdmin{}))
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendFrame(c, "SUBSCRIBE", "id", "s", "destination", managed, "receipt", "s")
		c.expect("RECEIPT")
		sendFrame(c, "SEND", "destination", managed, "AMQ_SCHEDULER_ACTION", "REMOVEALL")
		c.expect("MESSAGE", "AMQ_SCHEDULER_ACTION", "REMOVEALL")
	}, withDialect(mapping.Artemis))
}

// BROWSE shows each of very many jobs once, also of those that go out meanwhile, and REMOVEALL
// within a time removes those of that time.
func TestManyPlans(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		const n = 100
		for i := range n {
			sendFrame(c, "SEND", "destination", "/queue/q", "AMQ_SCHEDULED_PERIOD", fmt.Sprint(1000*(i+1)), "AMQ_SCHEDULED_REPEAT", "-1")
		}
		sendFrame(c, "SEND", "destination", "/topic/nobody", "AMQ_SCHEDULED_PERIOD", "1", "AMQ_SCHEDULED_REPEAT", "-1")
		browse := func(want int) {
			t.Helper()
			sendFrame(c, "SEND", "destination", "/topic/ActiveMQ.Scheduler.Management", "AMQ_SCHEDULER_ACTION", "BROWSE", "reply-to", "/queue/jobs", "receipt", "b")
			c.expect("RECEIPT")
			s, err := h.broker.Stats(t.Context(), "jobs")
			if err != nil || s.Ready != want {
				t.Errorf("%d jobs, want %d; %v", s.Ready, want, err)
			}
			if _, err := h.broker.Purge(t.Context(), "jobs"); err != nil {
				t.Error(err)
			}
		}
		browse(n + 1)
		sendFrame(c, "SEND", "destination", "/topic/ActiveMQ.Scheduler.Management", "AMQ_SCHEDULER_ACTION", "REMOVEALL", "ACTION_END_TIME", fmt.Sprint(time.Now().Add(30*time.Second).UnixMilli()), "receipt", "r")
		c.expect("RECEIPT")
		browse(n - 30)
	}, withDialect(mapping.ActiveMQ))
}

// noAdmin lets everybody do everything but manage.
type noAdmin struct{}

func (noAdmin) Authenticate(context.Context, protocols.Credentials) (protocols.Principal, error) {
	return noAdmin{}, nil
}
func (noAdmin) Name() string                                         { return "" }
func (noAdmin) May(a protocols.Action, _ queuecore.Destination) bool { return a != protocols.Admin }

// sendFrame sends a frame without a body.
func sendFrame(c *client, command string, headers ...string) {
	c.t.Helper()
	var b strings.Builder
	b.WriteString(command + "\n")
	for i := 0; i < len(headers); i += 2 {
		b.WriteString(headers[i] + ":" + headers[i+1] + "\n")
	}
	c.send(b.String() + "\n\x00")
}
