package jetstream

import (
	"errors"
	"strings"

	"github.com/sluicemq/sluice/protocols"
)

// audited are the operations of which an audit log is told. Of the others, which look something
// up, it is told only when they are denied.
func audited(operation string) protocols.AuditedAction {
	switch operation {
	case "STREAM.CREATE", "CONSUMER.CREATE", "CONSUMER.DURABLE.CREATE":
		return protocols.AuditCreate
	case "STREAM.UPDATE", "CONSUMER.PAUSE":
		return protocols.AuditChange
	case "STREAM.DELETE", "CONSUMER.DELETE":
		return protocols.AuditDelete
	case "STREAM.PURGE", "STREAM.MSG.DELETE":
		return protocols.AuditPurge
	case "STREAM.MSG.GET":
		return protocols.AuditBrowse
	}
	return protocols.AuditOther
}

// witness tells what has come of a request.
func (c *Client) witness(path string, answer any, err error) {
	if c.Witness.Audit == nil {
		return
	}
	name, _, args := c.engine.find(path)
	action := audited(name)
	if action == protocols.AuditOther && !errors.Is(err, protocols.ErrDenied) {
		return
	}
	a := protocols.Act{Action: action, Operation: apiPrefix + name, Target: strings.Join(args, "."), Err: err}
	switch x := answer.(type) {
	case purged:
		a.Count = x.Purged
	case done:
		if name == "STREAM.MSG.DELETE" {
			a.Count = 1
		}
	case *consumerInfo:
		a.Target = x.Stream + "." + x.Name
	}
	c.Witness.Record(a)
}
