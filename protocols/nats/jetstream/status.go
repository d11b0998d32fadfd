package jetstream

import (
	"strconv"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// status is a line that ends a pull request or says something about it. Client
// libraries compare the texts.
type status struct {
	code, text string
	rest       bool // says what of the request was not served
}

// The statuses of pull requests (nats-server 2.12, consumer.go).
var (
	statusHeartbeat    = status{"100", "Idle Heartbeat", false}
	statusNoMessages   = status{"404", "No Messages", false}
	statusTimeout      = status{"408", "Request Timeout", true}
	statusMaxBytes     = status{"409", "Message Size Exceeds MaxBytes", true}
	statusBatchDone    = status{"409", "Batch Completed", true}
	statusDeleted      = status{"409", "Consumer Deleted", false}
	statusLeadership   = status{"409", "Leadership Change", false}
	statusShutdown     = status{"409", "Server Shutdown", true}
	statusMaxWaiting   = status{"409", "Exceeded MaxWaiting", false}
	statusPushBased    = status{"409", "Consumer is push based", false}
	statusDenied       = status{"409", "Permissions Violation", true} // nats-server has none: it forgets the inbox
	statusRequiredAPI  = status{"412", "Required Api Level", false}
	statusNotOverflow  = status{"400", "Bad Request - Not a Overflow Priority consumer", false}
	statusNotPinned    = status{"400", "Bad Request - Not a Pinned Client Priority consumer", false}
	statusPriorityRank = status{"400", "Bad Request - Priority must be between 0 and 9", false}
)

// tell sends a status to an inbox.
func (e *Engine) tell(inbox []byte, s status, headers ...string) {
	block := wire.BeginStatus(nil, s.code, s.text)
	for i := 0; i+1 < len(headers); i += 2 {
		block = wire.AppendHeader(block, headers[i], headers[i+1])
	}
	e.transport.Deliver(inbox, &wire.Message{Subject: inbox, Header: wire.EndHeader(block)})
}

// tell sends a status to the pull's inbox, with what is left of it if the status
// says so.
func (p *pull) tell(s status) {
	if !s.rest {
		p.consumer.engine.tell(p.inbox, s)
		return
	}
	p.consumer.engine.tell(p.inbox, s,
		"Nats-Pending-Messages", strconv.Itoa(p.left), "Nats-Pending-Bytes", strconv.Itoa(p.bytes))
}

// beat sends an idle heartbeat.
func (o *consumer) beat(p *pull) {
	o.engine.tell(p.inbox, statusHeartbeat, o.lastSequences()...)
}
