package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/sluicemq/sluice/bridge/config"
)

// newFile is what a file of users begins with that was not there.
const newFile = "# The users of Sluice: see configs/users.yaml. \"sluice user\" changes it, and so may you.\nusers: []\n"

// Edit is a change to a file of users, in which there are no aliases. Comments stay where they are; blank lines go. It is
// for one goroutine, and nothing is done before Save.
type Edit struct {
	path   string // symbolic links followed
	before []byte
	info   fs.FileInfo // nil: the file is not there yet
	doc    yaml.Node
	list   *yaml.Node
}

// Begin reads the file at path, which must be good. With create it need not be there.
func Begin(path string, create bool) (*Edit, error) {
	e := &Edit{path: path}
	if to, err := filepath.EvalSymlinks(path); err == nil {
		e.path = to
	}
	text, err := e.read()
	if errors.Is(err, fs.ErrNotExist) && create {
		text, err = []byte(newFile), nil
	}
	if err == nil {
		err = e.parse(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

func (e *Edit) read() (text []byte, err error) {
	if e.info, err = os.Stat(e.path); err != nil {
		return nil, reason(err)
	}
	e.before, err = os.ReadFile(e.path)
	return e.before, reason(err)
}

func (e *Edit) parse(text []byte) error {
	if err := Check(text); err != nil {
		return err
	}
	if err := yaml.Unmarshal(text, &e.doc); err != nil {
		return err
	}
	e.list = value(e.doc.Content[0], "users")
	if len(e.list.Content) == 0 {
		e.list.Style = 0 // "[]" has one of its own
	}
	return nil
}

// WideOpen reports whether others than its owner and group can read or change the file.
func (e *Edit) WideOpen() bool { return e.info != nil && WideOpen(e.info) }

// Users returns who is in the file, with the changes until now.
func (e *Edit) Users() ([]config.User, error) {
	text, err := e.text()
	if err != nil {
		return nil, err
	}
	return config.ParseUsers(text)
}

func (e *Edit) text() ([]byte, error) {
	var b bytes.Buffer
	w := yaml.NewEncoder(&b)
	w.SetIndent(2)
	err := errors.Join(w.Encode(&e.doc), w.Close())
	return b.Bytes(), err
}

// Added is somebody who is added.
type Added struct {
	Name    string   `yaml:"name"`
	Hash    string   `yaml:"password,omitempty"` // "": he has no password
	NKeys   []string `yaml:"nkeys,omitempty,flow"`
	Certs   []string `yaml:"certificates,omitempty,flow"`
	Actions []string `yaml:"actions,omitempty,flow"`
	Queues  []string `yaml:"queues,omitempty,flow"`
}

// Add adds a user with a name that nobody has yet.
func (e *Edit) Add(u Added) error {
	if e.find(u.Name) >= 0 {
		return fmt.Errorf("there is a user %q already", u.Name)
	}
	var n yaml.Node
	if err := n.Encode(u); err != nil {
		return err
	}
	e.list.Content = append(e.list.Content, &n)
	return nil
}

// SetPassword gives a user another password, of which this is the hash.
func (e *Edit) SetPassword(name, hash string) error {
	u, err := e.user(name)
	if err != nil {
		return err
	}
	old := value(u, "password")
	if old != nil && isReference(config.SecretRef(old.Value)) {
		return fmt.Errorf("the hash of the password of %q is in %s: put a new one there", name, old.Value)
	}
	if old != nil {
		old.SetString(hash)
		return nil
	}
	u.Content = append(u.Content, text("password"), text(hash))
	return nil
}

// AddKey gives a user one more access key.
func (e *Edit) AddKey(name, id string, secret config.SecretRef) error {
	u, err := e.user(name)
	if err != nil {
		return err
	}
	keys := value(u, "access_keys")
	if keys == nil {
		keys = &yaml.Node{Kind: yaml.SequenceNode}
		u.Content = append(u.Content, text("access_keys"), keys)
	}
	if len(keys.Content) == 0 {
		keys.Style = 0
	}
	keys.Content = append(keys.Content, &yaml.Node{
		Kind: yaml.MappingNode, Content: []*yaml.Node{text("id"), text(id), text("secret"), text(string(secret))},
	})
	return nil
}

// Remove takes a user away.
func (e *Edit) Remove(name string) error {
	i := e.find(name)
	if i < 0 {
		return fmt.Errorf("there is no user %q", name)
	}
	e.list.Content = slices.Delete(e.list.Content, i, i+1)
	return nil
}

// RemoveKey takes an access key from a user.
func (e *Edit) RemoveKey(name, id string) error {
	u, err := e.user(name)
	if err != nil {
		return err
	}
	if keys := value(u, "access_keys"); keys != nil {
		for i, k := range keys.Content {
			if v := value(k, "id"); v != nil && v.Value == id {
				keys.Content = slices.Delete(keys.Content, i, i+1)
				return nil
			}
		}
	}
	return fmt.Errorf("user %q has no access key %q", name, id)
}

func (e *Edit) user(name string) (*yaml.Node, error) {
	i := e.find(name)
	if i < 0 {
		return nil, fmt.Errorf("there is no user %q", name)
	}
	return e.list.Content[i], nil
}

func (e *Edit) find(name string) int {
	return slices.IndexFunc(e.list.Content, func(n *yaml.Node) bool {
		v := value(n, "name")
		return v != nil && v.Value == name
	})
}

// value returns what a mapping has for a key, or nil.
func value(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func text(s string) *yaml.Node {
	n := new(yaml.Node)
	n.SetString(s)
	return n
}

// reason drops the path from an error of package os: the caller names it.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
