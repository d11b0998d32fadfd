package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// statement is one statement of a policy.
// IAM user guide, "IAM JSON policy elements: Statement".
type statement struct {
	name       string // what a refusal calls it by; empty: it has no Sid
	denies     bool
	who        principals
	actions    patterns
	resources  patterns
	conditions []condition
}

// effect says what the statement alone decides.
func (s *statement) effect(r *Request) Effect {
	e := s.who.names(r.Who, s.denies)
	if e == Silent {
		return Silent
	}
	t := min(s.actions.match(func(p string) bool { return matchAction(p, r.Action) }),
		s.resources.match(func(p string) bool { return matchQueue(p, r.Queue) }))
	for i := range s.conditions {
		t = min(t, s.conditions[i].met(r))
	}
	if t == no || t == unknown && !s.denies {
		return Silent
	}
	return e
}

// parseStatement reads a statement. Variables are there in the newer version alone.
func parseStatement(raw json.RawMessage, variables bool) (s statement, err error) {
	m, err := object(raw)
	if err != nil {
		return s, fmt.Errorf("statement must be a JSON map or a list of them: %w", err)
	}
	if err := checkMembers(m); err != nil {
		return s, err
	}
	s.denies = string(m["Effect"]) == `"Deny"`
	if s.name, err = sid(m["Sid"]); err != nil {
		return s, err
	}
	if s.who, err = parsePrincipals(m); err != nil {
		return s, err
	}
	if s.actions, err = parsePatterns(m, "Action", checkAction); err != nil {
		return s, err
	}
	s.resources.not = true // of none: a statement without Resource is about the queue that it is a policy of
	if m["Resource"] != nil || m["NotResource"] != nil {
		if s.resources, err = parsePatterns(m, "Resource", checkResource); err != nil {
			return s, err
		}
	}
	s.actions.fold()
	s.resources.unread = variables && slices.ContainsFunc(s.resources.list, hasVariable)
	s.conditions, err = parseConditions(m["Condition"], variables)
	return s, err
}

// checkMembers refuses what is missing, and what nobody would look at: a Condition with a
// spelling mistake must not become none.
func checkMembers(m map[string]json.RawMessage) error {
	for name := range m {
		switch name {
		case "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition":
		default:
			return fmt.Errorf("a statement has no element %q", cut(name))
		}
	}
	if e := string(m["Effect"]); e != `"Allow"` && e != `"Deny"` {
		return errors.New("each statement must have an Effect of Allow or Deny")
	}
	for _, name := range []string{"Principal", "Action"} {
		if (m[name] == nil) == (m["Not"+name] == nil) {
			return errors.New("each statement must have either " + name + " or Not" + name)
		}
	}
	if m["Resource"] != nil && m["NotResource"] != nil {
		return errors.New("a statement must not have both Resource and NotResource")
	}
	return nil
}

func sid(raw json.RawMessage) (name string, err error) {
	if raw == nil {
		return "", nil
	}
	if json.Unmarshal(raw, &name) != nil {
		return "", errors.New("sid must be a text")
	}
	if name == "" {
		return "", nil
	}
	return "statement " + cut(name), nil
}

// maxEcho bounds what an error repeats of the policy, in bytes.
const maxEcho = 128

func cut(s string) string {
	if len(s) <= maxEcho {
		return s
	}
	return strings.ToValidUTF8(s[:maxEcho], "") + "..."
}
