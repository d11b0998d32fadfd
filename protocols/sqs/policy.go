package sqs

import (
	"encoding/json"
	"slices"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

const policyName = "Policy"

// policy is the value of the attribute Policy. Its statements stay as they were written.
// IAM user guide, "IAM JSON policy elements reference".
type policy struct {
	Version   string
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage // of objects
}

func badPolicy(reason string) error {
	return wire.Errorf(wire.InvalidAttributeValue, "Invalid value for the parameter Policy. Reason: %s", reason)
}

// The versions of the policy language. Without a version a policy is of the older.
const (
	policyVersion    = "2012-10-17"
	oldPolicyVersion = "2008-10-17"
)

// parsePolicy reads a policy, and checks its form: that it has statements, and that each
// says to whom it does what.
func parsePolicy(v string) (policy, error) {
	var m map[string]json.RawMessage
	notMap := badPolicy("Policy is not a JSON map of Version, Id and Statement.")
	if json.Unmarshal([]byte(v), &m) != nil || m == nil {
		return policy{}, notMap
	}
	p := policy{Version: oldPolicyVersion}
	for name, x := range m {
		var err error
		switch name {
		case "Version":
			err = json.Unmarshal(x, &p.Version)
		case "Id":
			err = json.Unmarshal(x, &p.ID)
		case "Statement":
			p.Statement = statements(x)
		default:
			err = notMap
		}
		if err != nil {
			return policy{}, notMap
		}
	}
	return p, p.check()
}

// statements returns what stands in a list, or the one that stands for itself.
func statements(x json.RawMessage) (list []json.RawMessage) {
	if json.Unmarshal(x, &list) != nil {
		return []json.RawMessage{x}
	}
	return list
}

// check checks the version and each statement.
// IAM user guide, "Statement": Effect, and one each of Principal and Action or their opposites, are required.
func (p *policy) check() error {
	if p.Version != policyVersion && p.Version != oldPolicyVersion {
		return badPolicy("The Version of a policy must be " + policyVersion + " or " + oldPolicyVersion + ".")
	}
	if len(p.Statement) == 0 {
		return badPolicy("Policy has no Statement.")
	}
	for _, raw := range p.Statement {
		var s map[string]json.RawMessage
		if json.Unmarshal(raw, &s) != nil || s == nil {
			return badPolicy("Statement must be a JSON map or a list of them.")
		}
		if e := string(s["Effect"]); e != `"Allow"` && e != `"Deny"` {
			return badPolicy("Each statement must have an Effect of Allow or Deny.")
		}
		for _, name := range []string{"Principal", "Action"} {
			if (s[name] == nil) == (s["Not"+name] == nil) {
				return badPolicy("Each statement must have either " + name + " or Not" + name + ".")
			}
		}
	}
	return nil
}

func checkPolicy(v string) error {
	_, err := parsePolicy(v)
	return err
}

// labelled returns the place of the statement with that Sid, or -1.
func (p *policy) labelled(sid string) int {
	return slices.IndexFunc(p.Statement, func(raw json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(raw, &s) == nil && s.Sid == sid
	})
}

// policyOf returns a queue's policy, which may have no statements yet. What was set
// before policies were checked, and is none, is not changed: the error says so.
func (g *Gateway) policyOf(queue string, c *queuecore.QueueConfig) (policy, error) {
	v := c.Labels[label+policyName]
	if v == "" {
		return policy{Version: oldPolicyVersion, ID: g.arn(queue) + "/SQSDefaultPolicy"}, nil
	}
	return parsePolicy(v)
}

// setPolicy keeps p; one without statements is none.
func setPolicy(c *queuecore.QueueConfig, p *policy) error {
	if len(p.Statement) == 0 {
		putLabel(policyName)(c, "")
		return nil
	}
	b, err := json.Marshal(p)
	if err != nil {
		return badPolicy("It cannot be written: " + err.Error() + ".")
	}
	putLabel(policyName)(c, string(b))
	return nil
}
