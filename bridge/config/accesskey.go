package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// accessKeysKey is the one setting that is a list.
const accessKeysKey = "access_keys"

// AccessKey lets an SQS client in that signs with its secret, to do what it says.
type AccessKey struct {
	ID     string    `yaml:"id"`
	Secret SecretRef `yaml:"secret"`
	// SessionToken must come with the key, if it is given.
	SessionToken SecretRef `yaml:"session_token,omitempty"`
	// User is who the client is then. A user may have several keys.
	User string `yaml:"user"`
	// Account is the AWS account that the user is of, twelve digits; empty: that of the
	// queues, SQS.Account. Users of others may do what the policy of a queue lets their
	// account do, and their own Actions and Queues too.
	Account string `yaml:"account,omitempty"`
	// Actions are what it may do; nil: everything.
	Actions []Action `yaml:"actions,omitempty"`
	// Queues are patterns of the queues it may do it to; nil: all. In a pattern *
	// stands for any characters, none included. Names are those that STOMP
	// clients write behind /queue/.
	Queues []string `yaml:"queues,omitempty"`
}

// Action is something that a client may do.
type Action string

// The actions.
const (
	ActionSend    Action = "send"
	ActionReceive Action = "receive"
	ActionBrowse  Action = "browse"
	ActionCreate  Action = "create"
	ActionDelete  Action = "delete"
	ActionPurge   Action = "purge"
	ActionAdmin   Action = "admin"

	ActionCreateByUse Action = "create-by-use"
	ActionRedrive     Action = "redrive"
)

// Actions returns all of them.
func Actions() []Action {
	return []Action{
		ActionSend, ActionReceive, ActionBrowse, ActionCreate, ActionCreateByUse, ActionDelete, ActionPurge, ActionRedrive, ActionAdmin,
	}
}

// SecretRef says where a secret is: file:PATH or env:NAME. The secret itself is
// never part of a configuration, which people print, check in and paste into mails.
type SecretRef string

// File returns the path of the file, if it is one.
func (r SecretRef) File() (path string, ok bool) { return r.after("file:") }

// Env returns the name of the variable, if it is one.
func (r SecretRef) Env() (name string, ok bool) { return r.after("env:") }

func (r SecretRef) isReference() bool {
	_, isFile := r.File()
	_, isEnv := r.Env()
	return isFile || isEnv
}

func (r SecretRef) after(kind string) (string, bool) {
	rest, ok := strings.CutPrefix(string(r), kind)
	return rest, ok && rest != ""
}

func checkAccessKeys(keys []AccessKey) error {
	if len(keys) > MaxAccessKeys {
		return fmt.Errorf("access_keys has %d keys: there may be %d", len(keys), MaxAccessKeys)
	}
	ids := make(map[string]bool)
	for i, k := range keys {
		at := fmt.Sprintf("access_keys[%d]", i)
		if err := k.check(at); err != nil {
			return err
		}
		if ids[k.ID] {
			return fmt.Errorf("%s.id is %q: another key has that id", at, k.ID)
		}
		ids[k.ID] = true
	}
	return nil
}

// check says what is wrong with the key that stands at a place of the list. It
// never repeats a secret that somebody put where its reference should be.
func (k *AccessKey) check(at string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	switch {
	case k.ID == "" || len(k.ID) > MaxAccessKeyID || strings.Trim(k.ID, letters) != "":
		return fmt.Errorf("%s.id is %q: it must be 1 to %d letters, digits, dots, dashes and underscores", at, k.ID, MaxAccessKeyID)
	case !k.Secret.isReference():
		return fmt.Errorf("%s.secret is neither file:PATH nor env:NAME: put the secret into a file or a variable, and name that here", at)
	case k.SessionToken != "" && !k.SessionToken.isReference():
		return fmt.Errorf("%s.session_token is neither file:PATH nor env:NAME: put the token into a file or a variable, and name that here", at)
	case k.User == "" || len(k.User) > MaxUserName || !printable(k.User):
		return fmt.Errorf("%s.user is %q: it must be a name of 1 to %d bytes", at, k.User, MaxUserName)
	case k.Account != "" && !isAccount(k.Account):
		return fmt.Errorf("%s.account is %q: it must be an AWS account id, twelve digits in quotes", at, k.Account)
	case k.Actions != nil && len(k.Actions) == 0, k.Queues != nil && len(k.Queues) == 0:
		return fmt.Errorf("%s has an empty list: leave out actions or queues to allow all", at)
	}
	return cmp.Or(checkActions(at, k.Actions), checkPatterns(at, k.Queues))
}

// isAccount reports whether id has the form of an AWS account id.
func isAccount(id string) bool { return len(id) == 12 && only(id, "0123456789") }

func checkActions(at string, actions []Action) error {
	for i, a := range actions {
		if err := oneOf(fmt.Sprintf("%s.actions[%d]", at, i), a, Actions()...); err != nil {
			return err
		}
	}
	return nil
}

// checkPatterns refuses what is special in other notations for patterns: who
// writes orders-? means something by it.
func checkPatterns(at string, patterns []string) error {
	for i, p := range patterns {
		if !isPattern(p) {
			return fmt.Errorf(`%s.queues[%d] is %q: it must be the name of a queue of at most %d bytes, in which * stands for any characters, and without ? [ ] { } \ and spaces`,
				at, i, p, MaxPattern)
		}
	}
	return nil
}

func isPattern(p string) bool {
	return p != "" && len(p) <= MaxPattern && printable(p) && !strings.ContainsAny(p, `?[]{}\ `)
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// accessKeys makes the list of what a source has: of a list of the file, or of a
// text that spells one in YAML, which is what the environment and the command
// line have.
func accessKeys(v any) (keys []AccessKey, err error) {
	text, err := listText(v)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader([]byte(text))).Decode(&doc); err != nil {
		if strings.TrimSpace(text) == "" {
			return nil, nil
		}
		return nil, errors.New("it is not a list in YAML such as [{id: ID, secret: env:NAME, user: NAME}]")
	}
	return keysOf(doc.Content[0])
}

// listText returns the YAML of a setting that is a list: of what the file has, or the
// text that the environment or the command line has.
func listText(v any) (string, error) {
	if text, ok := v.(string); ok {
		return text, nil
	}
	b, err := yaml.Marshal(v)
	return string(b), err
}

// keysOf reads the list. Errors name the line and repeat no value, since one may
// be a secret in the wrong place.
func keysOf(n *yaml.Node) (keys []AccessKey, err error) {
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("line %d: access_keys wants a list", n.Line)
	}
	if err := atMost(MaxAccessKeys, n, accessKeysKey, "keys"); err != nil {
		return nil, err
	}
	for _, item := range n.Content {
		k, err := keyOf(follow(item))
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func keyOf(n *yaml.Node) (k AccessKey, err error) {
	if n.Kind != yaml.MappingNode {
		return k, fmt.Errorf("line %d: access_keys wants entries with id, secret and user", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if err := k.set(n.Content[i], follow(n.Content[i+1])); err != nil {
			return k, err
		}
	}
	return k, nil
}

func (k *AccessKey) set(key, value *yaml.Node) (err error) {
	switch key.Value {
	case "id":
		k.ID, err = textOf[string](key, value)
	case "secret":
		k.Secret, err = textOf[SecretRef](key, value)
	case "session_token":
		k.SessionToken, err = textOf[SecretRef](key, value)
	case "user":
		k.User, err = textOf[string](key, value)
	case "account":
		k.Account, err = textOf[string](key, value)
	case "actions":
		k.Actions, err = textsOf[Action](key, value)
	case "queues":
		k.Queues, err = textsOf[string](key, value)
	default:
		return fmt.Errorf("line %d: unknown key %q in access_keys", key.Line, key.Value)
	}
	return err
}

func textOf[T ~string](key, n *yaml.Node) (T, error) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return "", fmt.Errorf("line %d: %s in access_keys is not a text: put it in quotes", n.Line, key.Value)
	}
	return T(n.Value), nil
}

func textsOf[T ~string](key, n *yaml.Node) ([]T, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("line %d: %s in access_keys wants a list", n.Line, key.Value)
	}
	texts := []T{}
	for _, item := range n.Content {
		t, err := textOf[T](key, follow(item))
		if err != nil {
			return nil, err
		}
		texts = append(texts, t)
	}
	return texts, nil
}

// follow returns what an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
