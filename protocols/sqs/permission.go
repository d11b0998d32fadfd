package sqs

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/policy"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// grantable lists the actions that other accounts may be allowed to do.
// AddPermission, "Actions".
func grantable() []string {
	return []string{
		"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues",
		"PurgeQueue", "ReceiveMessage", "SendMessage",
	}
}

// ownersOnly lists the actions that no other account may be allowed to do.
// AddPermission: "Cross-account permissions don't apply to the following actions".
func ownersOnly() []string {
	return []string{
		"AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues", "ListQueueTags",
		"RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
	}
}

// addPermission writes a statement into the queue's policy.
func (c *call) addPermission(ctx context.Context, r *wire.AddPermission) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Admin)
	if err != nil {
		return nil, err
	}
	if err := checkPermission(r); err != nil {
		return nil, err
	}
	_, err = c.broker.UpdateQueue(ctx, q.Name, func(config *queuecore.QueueConfig) error {
		p, err := c.policyOf(q.Name, config)
		if err != nil {
			return err
		}
		if p.labelled(r.Label) >= 0 {
			return badValue(r.Label, "Label", "Already exists.")
		}
		if len(p.Statement) >= policy.MaxStatements {
			return wire.Errorf(wire.OverLimit, "The queue has %d permissions, maximum allowed is %d.", len(p.Statement), policy.MaxStatements)
		}
		p.Statement = append(p.Statement, c.statement(q.Name, r))
		return setPolicy(config, &p)
	})
	return nil, err
}

func checkPermission(r *wire.AddPermission) error {
	if err := checkLabel(r.Label); err != nil {
		return err
	}
	if len(r.Actions) == 0 {
		return missing("Actions")
	}
	if n := len(r.Actions); n > maxActions {
		return wire.Errorf(wire.OverLimit, "%d Actions were found, maximum allowed is %d.", n, maxActions)
	}
	for _, a := range r.Actions {
		switch {
		case slices.Contains(grantable(), a):
		case slices.Contains(ownersOnly(), a):
			return badValue("SQS:"+a, "ActionName", "Only the queue owner is allowed to invoke this action.")
		default:
			return badValue("SQS:"+a, "ActionName", "Please refer to the appropriate WSDL for a list of valid actions.")
		}
	}
	return checkAccounts(r.Accounts)
}

// AddPermission, "Label": up to 80 alphanumeric characters, hyphens and underscores.
func checkLabel(v string) error {
	if v == "" {
		return missing("Label")
	}
	if !isName(v) || len(v) > maxPermissionLabel {
		return badValue(v, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// checkAccounts takes what has the form of an account id: twelve digits.
func checkAccounts(ids []string) error {
	for _, id := range ids {
		if !policy.IsAccount(id) {
			return badValue("["+strings.Join(ids, ", ")+"]", "PrincipalId", "Unable to verify.")
		}
	}
	if len(ids) == 0 {
		return badValue("[]", "PrincipalId", "Unable to verify.")
	}
	return nil
}

// statement returns what a permission is in a policy.
func (g *Gateway) statement(queue string, r *wire.AddPermission) json.RawMessage {
	var accounts, actions []string
	for _, id := range r.Accounts {
		accounts = append(accounts, "arn:aws:iam::"+id+":root")
	}
	for _, a := range r.Actions {
		actions = append(actions, "SQS:"+a)
	}
	b, err := json.Marshal(struct {
		Sid, Effect string
		Principal   map[string]any
		Action      any
		Resource    string
	}{r.Label, "Allow", map[string]any{"AWS": oneOrAll(accounts)}, oneOrAll(actions), g.arn(queue)})
	if err != nil {
		panic("a permission cannot be encoded: " + err.Error()) // plain texts only
	}
	return b
}

// oneOrAll spells a list as policies do: one element stands for itself.
func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// removePermission takes a statement out of the queue's policy, by its Sid.
func (c *call) removePermission(ctx context.Context, r *wire.RemovePermission) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Admin)
	if err != nil {
		return nil, err
	}
	if r.Label == "" {
		return nil, missing("Label")
	}
	_, err = c.broker.UpdateQueue(ctx, q.Name, func(config *queuecore.QueueConfig) error {
		p, err := c.policyOf(q.Name, config)
		if err != nil {
			return err
		}
		i := p.labelled(r.Label)
		if i < 0 {
			return badValue(r.Label, "Label", "can't find label on existing policy.")
		}
		p.Statement = slices.Delete(p.Statement, i, i+1)
		return setPolicy(config, &p)
	})
	return nil, err
}
