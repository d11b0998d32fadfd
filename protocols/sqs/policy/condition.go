package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// condition is an operator, a key and the values of one that the request must have there.
// IAM user guide, "IAM JSON policy elements: Condition".
type condition struct {
	operator
	key      string // in lower case
	optional bool   // met by a request without the key
	some     bool   // ForAnyValue: not met by one, even when negated
	every    bool   // ForAllValues: met by one
	tests    []test
	unread   bool // a value is not understood
}

// parseConditions reads the whole element, which may be missing.
func parseConditions(raw json.RawMessage, variables bool) (list []condition, err error) {
	if raw == nil {
		return nil, nil
	}
	byName, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("condition must be a JSON map of operators: %w", err)
	}
	for name, x := range byName {
		of, err := conditionsOf(name, x, variables)
		if err != nil {
			return nil, err
		}
		list = append(list, of...)
	}
	if len(list) > maxConditions {
		return nil, fmt.Errorf("a statement has %d conditions, the maximum is %d", len(list), maxConditions)
	}
	return list, nil
}

// conditionsOf reads the conditions of one operator, one for each key.
func conditionsOf(operator string, raw json.RawMessage, variables bool) (list []condition, err error) {
	c, err := parseOperator(operator)
	if err != nil {
		return nil, err
	}
	keys, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("condition %s must be a JSON map of keys: %w", cut(operator), err)
	}
	for key, values := range keys {
		c := c
		c.key = strings.ToLower(key) // "Condition key names are not case-sensitive"
		if err := c.read(values, variables); err != nil {
			return nil, fmt.Errorf("condition %s of %s: %w", cut(operator), cut(key), err)
		}
		list = append(list, c)
	}
	return list, nil
}

// parseOperator returns a condition with that operator, and without a key yet.
func parseOperator(name string) (c condition, err error) {
	base := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(base, "forallvalues:"); ok {
		base, c.every = rest, true
	} else if rest, ok := strings.CutPrefix(base, "foranyvalue:"); ok {
		base, c.some = rest, true
	}
	if rest, ok := strings.CutSuffix(base, "ifexists"); ok && rest != "null" {
		base, c.optional = rest, true
	}
	o, ok := operators[base]
	if !ok {
		return c, fmt.Errorf("there is no condition operator %q", cut(name))
	}
	c.operator = o
	return c, nil
}

// read reads the values of the condition.
func (c *condition) read(raw json.RawMessage, variables bool) error {
	values, err := scalars(raw)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return errors.New("there is no value")
	}
	for _, v := range values {
		t, err := c.compile(v)
		switch {
		case variables && hasVariable(v), errors.Is(err, errUnread):
			c.unread = true
		case err != nil:
			return err
		default:
			c.tests = append(c.tests, t)
		}
	}
	return nil
}

// met says whether the request meets the condition.
// IAM user guide, "IAM JSON policy elements: Condition operators": a key that is not present
// does not match, and a negated operator is true then; "Single-valued vs. multivalued
// context keys": for all of none is true, and for any of none is false.
func (c *condition) met(r *Request) truth {
	have, known := r.value(c.key)
	switch {
	case !known || c.unread:
		return unknown
	case c.presence:
		return truthOf(c.matches(presence(have)))
	case have == "":
		return truthOf(c.optional || c.every || c.negated && !c.some)
	}
	return truthOf(c.matches(have) != c.negated)
}

func (c *condition) matches(have string) bool {
	return slices.ContainsFunc(c.tests, func(t test) bool { return t(have) })
}

// presence is what the operator Null compares: "true" when there is no value.
func presence(have string) string {
	if have == "" {
		return "true"
	}
	return "false"
}
