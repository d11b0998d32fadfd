package sqs

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/sluicemq/sluice/protocols/sqs/policy"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

const policyName = "Policy"

// policyText is the value of the attribute Policy, to be changed. Its statements stay as
// they were written.
type policyText struct {
	Version   string
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage // of objects
}

func badPolicy(err error) error {
	return wire.Errorf(wire.InvalidAttributeValue, "Invalid value for the parameter Policy. Reason: %s.", capital(err.Error()))
}

// checkPolicy says what is wrong with a policy that is to be set.
func checkPolicy(v string) error {
	if _, err := policy.Parse(v); err != nil {
		return badPolicy(err)
	}
	return nil
}

// parsePolicy reads a policy in order to change it.
func parsePolicy(v string) (policyText, error) {
	if err := checkPolicy(v); err != nil {
		return policyText{}, err
	}
	p := struct {
		policyText
		Statement json.RawMessage // a list, or the one that stands for itself
	}{policyText: policyText{Version: policy.OldVersion}}
	err := json.Unmarshal([]byte(v), &p)
	if err == nil && json.Unmarshal(p.Statement, &p.policyText.Statement) != nil {
		p.policyText.Statement = []json.RawMessage{p.Statement}
	}
	return p.policyText, err
}

// labelled returns the place of the statement with that Sid, or -1.
func (p *policyText) labelled(sid string) int {
	return slices.IndexFunc(p.Statement, func(raw json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(raw, &s) == nil && s.Sid == sid
	})
}

// policyOf returns a queue's policy, which may have no statements yet. What was set
// before policies were checked, and is none, is not changed: the error says so.
func (g *Gateway) policyOf(queue string, c *queuecore.QueueConfig) (policyText, error) {
	v := c.Labels[label+policyName]
	if v == "" {
		return policyText{Version: policy.OldVersion, ID: g.arn(queue) + "/SQSDefaultPolicy"}, nil
	}
	return parsePolicy(v)
}

// setPolicy keeps p; one without statements is none.
func setPolicy(c *queuecore.QueueConfig, p *policyText) error {
	if len(p.Statement) == 0 {
		putLabel(policyName)(c, "")
		return nil
	}
	b, err := json.Marshal(p)
	if err != nil {
		return badPolicy(errors.Join(errors.New("it cannot be written"), err))
	}
	if err := checkPolicy(string(b)); err != nil { // it may have become too long
		return err
	}
	putLabel(policyName)(c, string(b))
	return nil
}
