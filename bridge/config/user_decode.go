package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decodeUsers reads the file. What it takes has the right shape; check says more.
func decodeUsers(text []byte) (f Users, err error) {
	root, err := soleDocument(text)
	if err != nil {
		return f, err
	}
	found := false
	err = eachKey(root, "the file", func(key, value *yaml.Node) (err error) {
		switch key.Value {
		case "users":
			found = true
			f.Users, err = usersOf(value)
		case "policies":
			f.Policies, err = policiesOf(value)
		default:
			err = unknownKey(key, "users, policies")
		}
		return err
	})
	if err == nil && !found {
		err = errors.New("there is no key users: a file without users says users: []")
	}
	return f, err
}

// soleDocument returns the root of the one document in a text. An empty one is none: so
// looks a file that is being written.
func soleDocument(text []byte) (*yaml.Node, error) {
	if err := checkMarks(text, MaxUsersMarks); err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty: a file without users says users: []")
	} else if err != nil {
		return nil, withoutNames(err)
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one YAML document")
	}
	return doc.Content[0], nil
}

// withoutNames drops an anchor's name from an error of the parser: what begins with * may have
// been meant as a secret.
func withoutNames(err error) error {
	if strings.Contains(err.Error(), "anchor") {
		return errors.New("a value begins with * or &: put it in quotes")
	}
	return err
}

// eachKey calls take for each key of a mapping, which has none twice.
func eachKey(n *yaml.Node, what string, take func(key, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %s wants lines of the form key: value", n.Line, what)
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			return fmt.Errorf("line %d: %s has the key %q twice", key.Line, what, key.Value)
		}
		seen[key.Value] = true
		value := n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			return repeated(value)
		}
		if err := take(key, value); err != nil {
			return err
		}
	}
	return nil
}

func unknownKey(key *yaml.Node, want string) error {
	return fmt.Errorf("line %d: unknown key %q: it must be one of %s", key.Line, key.Value, want)
}

// eachItem calls take for each entry of a list.
func eachItem(key string, n *yaml.Node, take func(*yaml.Node) error) error {
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: %s wants a list", n.Line, key)
	}
	for _, item := range n.Content {
		if item.Kind == yaml.AliasNode {
			return repeated(item)
		}
		if err := take(item); err != nil {
			return err
		}
	}
	return nil
}

// repeated refuses an alias. A small file of them would be a large one, and a password that is
// changed would be that of every user who has it by an alias.
func repeated(n *yaml.Node) error {
	return fmt.Errorf("line %d: a value begins with *: what an anchor names cannot be repeated here; a text that begins so is put in quotes", n.Line)
}

func usersOf(n *yaml.Node) (users []User, err error) {
	err = eachItem("users", n, func(item *yaml.Node) error {
		u := User{Line: item.Line}
		if err := eachKey(item, "a user", u.set); err != nil {
			return err
		}
		users = append(users, u)
		return nil
	})
	return users, err
}

func (u *User) set(key, value *yaml.Node) (err error) {
	switch key.Value {
	case "name":
		u.Name, err = plainText[string](key, value)
	case "password":
		u.Password, err = plainText[string](key, value)
		if err == nil && u.Password == "" {
			err = fmt.Errorf("line %d: password is empty: leave it out", key.Line)
		}
	case "access_keys":
		err = eachItem(key.Value, value, u.addKey)
	case "tokens":
		u.Tokens, err = plainTexts[string](key, value)
	case "nkeys":
		u.NKeys, err = plainTexts[string](key, value)
	case "certificates":
		u.Certificates, err = plainTexts[string](key, value)
	case "actions":
		u.Actions, err = plainTexts[Action](key, value)
	case "queues":
		u.Queues, err = plainTexts[string](key, value)
	case "policy":
		u.Policy, err = statementsOf(key, value)
	case "policies":
		u.Policies, err = plainTexts[string](key, value)
	default:
		return unknownKey(key, "name, password, access_keys, tokens, nkeys, certificates, actions, queues, policy, policies")
	}
	return err
}

func (u *User) addKey(n *yaml.Node) error {
	var k AccessKey
	err := eachKey(n, "an entry of access_keys", func(key, value *yaml.Node) (err error) {
		switch key.Value {
		case "id":
			k.ID, err = plainText[string](key, value)
		case "secret":
			k.Secret, err = plainText[SecretRef](key, value)
		case "session_token":
			k.SessionToken, err = plainText[SecretRef](key, value)
		case "account":
			k.Account, err = plainText[string](key, value)
		default:
			return unknownKey(key, "id, secret, session_token, account")
		}
		return err
	})
	u.AccessKeys = append(u.AccessKeys, k)
	return err
}

// plainText reads a text. The error does not repeat it.
func plainText[T ~string](key, n *yaml.Node) (T, error) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return "", fmt.Errorf("line %d: %s is not a text: put it in quotes", n.Line, key.Value)
	}
	return T(n.Value), nil
}

func plainTexts[T ~string](key, n *yaml.Node) ([]T, error) {
	texts := []T{}
	err := eachItem(key.Value, n, func(item *yaml.Node) error {
		t, err := plainText[T](key, item)
		texts = append(texts, t)
		return err
	})
	return texts, err
}
