package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Policy is a list of statements with a name, which users may share.
type Policy struct {
	Line       int // of the file, where its name is
	Name       string
	Statements []Statement
}

// Statement is one of a policy: it allows or denies actions at queues and topics. What no statement
// allows is refused, and so is what one denies, whatever others say.
type Statement struct {
	Line    int    // of the file, where it begins
	By      string // what a decision calls it; "": see User.Statements
	Deny    bool
	Actions []Action // nil: all
	// Queues are patterns in which * stands for any characters. Topics are patterns in which * is one
	// part of a name between dots and > at the end one or more. Both nil: all queues and topics.
	Queues, Topics []string
}

// allActions is what a statement has for all of them.
const allActions = "all"

// policiesOf reads what stands under the key policies.
func policiesOf(n *yaml.Node) (all []Policy, err error) {
	err = eachKey(n, "policies", func(key, value *yaml.Node) error {
		p := Policy{Line: key.Line, Name: key.Value}
		if p.Statements, err = statementsOf(key, value); err == nil {
			all = append(all, p)
		}
		return err
	})
	return all, err
}

func statementsOf(key, n *yaml.Node) ([]Statement, error) {
	list := []Statement{}
	err := eachItem(key.Value, n, func(item *yaml.Node) error {
		s, err := statementOf(item)
		list = append(list, s)
		return err
	})
	return list, err
}

func statementOf(n *yaml.Node) (Statement, error) {
	s := Statement{Line: n.Line}
	effects := 0
	err := eachKey(n, "a statement", func(key, value *yaml.Node) (err error) {
		switch key.Value {
		case "allow", "deny":
			effects++
			s.Deny = key.Value == "deny"
			s.Actions, err = plainTexts[Action](key, value)
		case "queues":
			s.Queues, err = plainTexts[string](key, value)
		case "topics":
			s.Topics, err = plainTexts[string](key, value)
		default:
			err = unknownKey(key, "allow, deny, queues, topics")
		}
		return err
	})
	if err == nil && effects != 1 {
		err = fmt.Errorf("line %d: a statement has either allow or deny, and a list of actions", n.Line)
	}
	if err == nil {
		err = s.check()
	}
	if slices.Equal(s.Actions, []Action{allActions}) {
		s.Actions = nil
	}
	return s, err
}

// check says what is wrong with the statement, and in which line it begins.
func (s *Statement) check() error {
	err := cmp.Or(s.checkActions(), s.checkSizes())
	for i, p := range s.Queues {
		if err == nil && !isPattern(p) {
			err = fmt.Errorf(`queues[%d] is %q: it must be the name of a queue of at most %d bytes, in which * stands for any characters, and without ? [ ] { } \ and spaces`,
				i, p, MaxPattern)
		}
	}
	for i, p := range s.Topics {
		if err == nil {
			err = checkTopic(i, p)
		}
	}
	if err != nil {
		return fmt.Errorf("line %d: %w", s.Line, err)
	}
	return nil
}

func (s *Statement) checkActions() error {
	if len(s.Actions) == 0 {
		return errors.New("a statement of no action: name some, or [all]")
	}
	if slices.Equal(s.Actions, []Action{allActions}) {
		return nil
	}
	for i, a := range s.Actions {
		if !slices.Contains(Actions(), a) {
			return fmt.Errorf("action %d is %q: it must be one of %s, or all alone", i, a, joined(Actions()))
		}
	}
	return nil
}

func joined(list []Action) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}

func (s *Statement) checkSizes() error {
	if n := max(len(s.Queues), len(s.Topics)); n > MaxPatterns {
		return fmt.Errorf("%d patterns of one kind in a statement: there may be %d", n, MaxPatterns)
	}
	if s.Queues != nil && len(s.Queues) == 0 || s.Topics != nil && len(s.Topics) == 0 {
		return errors.New("an empty list: leave out both queues and topics to mean all of both")
	}
	return nil
}

// checkTopic refuses patterns in the spelling of other brokers, in which they mean another thing.
func checkTopic(i int, p string) error {
	bad := p == "" || len(p) > MaxPattern || !printable(p) || strings.ContainsAny(p, ` /`)
	parts := strings.Split(p, ".")
	for n, part := range parts {
		bad = bad || part == "" || part == "#" || len(part) > 1 && strings.ContainsAny(part, "*>") || part == ">" && n < len(parts)-1
	}
	if bad {
		return fmt.Errorf(`topics[%d] is %q: it must be parts with dots between them, of at most %d bytes, where * is a part of any name and > at the end is one or more of them, such as "prices.*.eur" or "prices.>"`,
			i, p, MaxPattern)
	}
	return nil
}

// checkPolicies says what is wrong with the policies that have names.
func (f *Users) checkPolicies() error {
	if len(f.Policies) > MaxPolicies {
		return fmt.Errorf("policies has %d entries: there may be %d", len(f.Policies), MaxPolicies)
	}
	for i := range f.Policies {
		p := &f.Policies[i]
		switch n := len(p.Statements); {
		case p.Name == "" || len(p.Name) > MaxUserName || !printable(p.Name):
			return fmt.Errorf("line %d: the name of a policy must be 1 to %d bytes without control characters", p.Line, MaxUserName)
		case n == 0 || n > MaxStatements:
			return fmt.Errorf("line %d, policy %q: it has %d statements: it must have 1 to %d", p.Line, p.Name, n, MaxStatements)
		}
	}
	return nil
}

// Named returns the policy of a name, or nil.
func (f *Users) Named(name string) *Policy {
	for i := range f.Policies {
		if f.Policies[i].Name == name {
			return &f.Policies[i]
		}
	}
	return nil
}

// join gives a user the policies that he names, and says what is wrong with what he may do.
func (f *Users) join(u *User) error {
	if u.Policy == nil && u.Policies == nil {
		return nil
	}
	if u.Actions != nil || u.Queues != nil {
		return errors.New("there are actions or queues beside a policy, of which they are the short form: write them as a statement of it")
	}
	if u.Policy != nil && len(u.Policy) == 0 || u.Policies != nil && len(u.Policies) == 0 {
		return errors.New("an empty list: leave out policy and policies to allow all")
	}
	total := len(u.Policy)
	for _, name := range u.Policies {
		p := f.Named(name)
		if p == nil {
			return fmt.Errorf("there is no policy %q under policies", name)
		}
		u.shared = append(u.shared, p)
		total += len(p.Statements)
	}
	if total > MaxStatements {
		return fmt.Errorf("%d statements, his own and those of his policies: there may be %d", total, MaxStatements)
	}
	return nil
}

// HasPolicy reports whether the user has a policy, his own or by a name.
func (u *User) HasPolicy() bool { return u.Policy != nil || u.Policies != nil }

// Statements returns those of the user's own policy and of the ones that he names, in the order of
// the file, each with a name in By.
func (u *User) Statements() (list []Statement) {
	add := func(of string, all []Statement) {
		for i, s := range all {
			s.By = fmt.Sprintf("statement %d of %s", i+1, of)
			list = append(list, s)
		}
	}
	add(fmt.Sprintf("user %q", u.Name), u.Policy)
	for _, p := range u.shared {
		add(fmt.Sprintf("policy %q", p.Name), p.Statements)
	}
	return list
}
