package policy

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The limits of a policy. The quota of conditions counts those of one statement here: AWS
// does not say whose it is.
// SQS developer guide, "Amazon SQS policy quotas".
const (
	MaxBytes      = 8192
	MaxStatements = 20
	maxPrincipals = 50
	maxConditions = 10
)

// The versions of the policy language. A policy without one is of the older.
const (
	Version    = "2012-10-17"
	OldVersion = "2008-10-17"
)

var errNotMap = errors.New("policy is not a JSON map of Version, Id and Statement")

// Policy is a policy that has been read. It does not change.
type Policy struct {
	statements []statement
}

// Parse reads a policy. The error says what is wrong with it, in words for whoever wrote
// it. A policy has at least one statement.
func Parse(text string) (*Policy, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("policy has %d bytes, the maximum is %d", len(text), MaxBytes)
	}
	members, err := object([]byte(text))
	if err != nil {
		return nil, errNotMap
	}
	version, list, err := parts(members)
	if err != nil {
		return nil, err
	}
	p := &Policy{statements: make([]statement, len(list))}
	principals := 0
	for i, raw := range list {
		s, err := parseStatement(raw, version == Version)
		if err != nil {
			return nil, err
		}
		if s.name == "" {
			s.name = fmt.Sprintf("statement %d", i+1)
		}
		if principals += s.who.size; principals > maxPrincipals {
			return nil, fmt.Errorf("policy has more than %d principals", maxPrincipals)
		}
		p.statements[i] = s
	}
	return p, nil
}

// parts returns the version and the statements of a policy.
func parts(members map[string]json.RawMessage) (version string, list []json.RawMessage, err error) {
	version = OldVersion
	for name, x := range members {
		switch name {
		case "Version":
			err = json.Unmarshal(x, &version)
		case "Id":
			err = json.Unmarshal(x, new(string))
		case "Statement":
			list = listOf(x)
		default:
			err = errNotMap
		}
		if err != nil {
			return "", nil, errNotMap
		}
	}
	switch {
	case version != Version && version != OldVersion:
		return "", nil, errors.New("the Version of a policy must be " + Version + " or " + OldVersion)
	case len(list) == 0:
		return "", nil, errors.New("policy has no Statement")
	case len(list) > MaxStatements:
		return "", nil, fmt.Errorf("policy has %d statements, the maximum is %d", len(list), MaxStatements)
	}
	return version, list, nil
}
