package users

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/sluicemq/sluice/bridge/config"
)

// Holder is whose statements a change is about: a user, or with Shared a policy that users share.
type Holder struct {
	Name   string
	Shared bool
}

// String says who it is, in quotes.
func (h Holder) String() string {
	if h.Shared {
		return fmt.Sprintf("policy %q", h.Name)
	}
	return fmt.Sprintf("user %q", h.Name)
}

// Statement is a statement that is added: of Allow and Deny there is one.
type Statement struct {
	Allow  []string `yaml:"allow,omitempty,flow"`
	Deny   []string `yaml:"deny,omitempty,flow"`
	Queues []string `yaml:"queues,omitempty,flow"`
	Topics []string `yaml:"topics,omitempty,flow"`
}

// AddStatement adds a statement to the end of a policy. A user without one may do
// everything until then, and what it allows from then on; a shared policy is made.
func (e *Edit) AddStatement(h Holder, s Statement) error {
	list, err := e.statements(h, true)
	if err != nil {
		return err
	}
	var n yaml.Node
	if err := n.Encode(s); err != nil {
		return err
	}
	list.Content = append(list.Content, &n)
	return nil
}

// RemoveStatement takes a statement away, by its place, counted from 1. The last one of a user who
// shares no policy stays: without it he might do everything. That of a shared policy takes it along.
func (e *Edit) RemoveStatement(h Holder, place int) error {
	list, err := e.statements(h, false)
	if err != nil {
		return err
	}
	if place < 1 || place > len(list.Content) {
		return fmt.Errorf("%v has %d statements, and none %d", h, len(list.Content), place)
	}
	if list.Content = slices.Delete(list.Content, place-1, place); len(list.Content) > 0 {
		return nil
	}
	if h.Shared {
		drop(value(e.doc.Content[0], "policies"), h.Name)
		return nil
	}
	u, err := e.user(h.Name)
	if err != nil {
		return err
	}
	if shared := value(u, "policies"); shared == nil || len(shared.Content) == 0 {
		return fmt.Errorf("it is the last statement of %v, who might do everything without it: add another one first", h)
	}
	drop(u, "policy")
	return nil
}

// Share has a user share a policy, or with false not any more.
func (e *Edit) Share(name, policy string, share bool) error {
	u, err := e.user(name)
	if err != nil {
		return err
	}
	if err := long(u, name); err != nil {
		return err
	}
	list := value(u, "policies")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		u.Content = append(u.Content, text("policies"), list)
	}
	at := slices.IndexFunc(list.Content, func(n *yaml.Node) bool { return n.Value == policy })
	switch {
	case share && at >= 0:
		return fmt.Errorf("user %q has policy %q already", name, policy)
	case share:
		list.Content = append(list.Content, text(policy))
		return nil
	case at < 0:
		return fmt.Errorf("user %q has no policy %q", name, policy)
	}
	if list.Content = slices.Delete(list.Content, at, at+1); len(list.Content) == 0 {
		drop(u, "policies")
	}
	if value(u, "policy") == nil && value(u, "policies") == nil {
		return fmt.Errorf("it is the last policy of user %q, who might do everything without it: add a statement first", name)
	}
	return nil
}

// statements returns the list of a holder's own; with create it is made if it is not there.
func (e *Edit) statements(h Holder, create bool) (*yaml.Node, error) {
	in, key := (*yaml.Node)(nil), "policy"
	if h.Shared {
		in, key = e.policies(create), h.Name
	} else {
		u, err := e.user(h.Name)
		if err == nil && create {
			err = long(u, h.Name)
		}
		if err != nil {
			return nil, err
		}
		in = u
	}
	list := value(in, key)
	if list == nil && !create {
		return nil, fmt.Errorf("%v has no statements", h)
	}
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode}
		in.Content = append(in.Content, text(key), list)
	}
	if len(list.Content) == 0 {
		list.Style = 0
	}
	return list, nil
}

// policies returns the mapping of those that users share; an empty one, which is in the file with create.
func (e *Edit) policies(create bool) *yaml.Node {
	root := e.doc.Content[0]
	all := value(root, "policies")
	if all == nil {
		all = &yaml.Node{Kind: yaml.MappingNode}
		if create {
			root.Content = append(root.Content, text("policies"), all)
		}
	}
	return all
}

// long refuses a user who has the short form.
func long(u *yaml.Node, name string) error {
	if value(u, "actions") != nil || value(u, "queues") != nil {
		return fmt.Errorf("user %q has actions or queues, the short form of a policy: write them as a statement first", name)
	}
	return nil
}

// drop takes a key out of a mapping.
func drop(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}

// File returns what is in the file, with the changes until now.
func (e *Edit) File() (config.Users, error) {
	text, err := e.text()
	if err != nil {
		return config.Users{}, err
	}
	return config.ParseUsersFile(text)
}

// ErrNoUser is that there is none of the name.
var ErrNoUser = errors.New("there is no such user")

// UserOf returns the user of a name.
func UserOf(f *config.Users, name string) (*config.User, error) {
	for i := range f.Users {
		if f.Users[i].Name == name {
			return &f.Users[i], nil
		}
	}
	return nil, fmt.Errorf("user %q: %w", name, ErrNoUser)
}
