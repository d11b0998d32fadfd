package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// stompListeners makes the list of what a source has: of a list of the file, or of a
// text that spells one in YAML, which is what the environment and the command line
// have.
func stompListeners(v any) ([]STOMPListener, error) {
	text, err := listText(v)
	if err != nil || strings.TrimSpace(text) == "" {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
		return nil, errors.New("it is not a list in YAML such as [{addr: 127.0.0.1:61614, dialect: rabbitmq}]")
	}
	return listenersOf(doc.Content[0])
}

// listenersOf reads the list. Errors name the line, the entry by its number, and the key.
func listenersOf(n *yaml.Node) (ls []STOMPListener, err error) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("line %d: %s: it is not a list in YAML such as [{addr: 127.0.0.1:61614, dialect: rabbitmq}]", n.Line, stompListenersKey)
	}
	if err := atMost(MaxSTOMPListeners, n, stompListenersKey, "entries"); err != nil {
		return nil, err
	}
	for i, item := range n.Content {
		l, err := listenerOf(fmt.Sprintf("%s[%d]", stompListenersKey, i), follow(item))
		if err != nil {
			return nil, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

func listenerOf(at string, n *yaml.Node) (STOMPListener, error) {
	l := STOMPListener{Dialect: STOMPPlain, Errors: STOMPStrict}
	if n.Kind != yaml.MappingNode {
		return l, fmt.Errorf("line %d: %s is not an address with what holds for it, such as {addr: 127.0.0.1:61614, dialect: rabbitmq}", n.Line, at)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], follow(n.Content[i+1])
		if err := l.set(key.Value, value); err != nil {
			return l, fmt.Errorf("line %d: %s.%s: %w", key.Line, at, key.Value, err)
		}
	}
	return l, nil
}

// set sets what key names. A dialect and errors that are empty stay as they are.
func (l *STOMPListener) set(key string, n *yaml.Node) error {
	field := tagged(reflect.ValueOf(l).Elem(), key)
	if !field.IsValid() {
		return errors.New("no such key; there are addr, dialect, nack, errors")
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" && n.Value != "" {
		return errors.New("it is not a text: put it in quotes")
	}
	if n.Value != "" {
		field.SetString(n.Value)
	}
	return nil
}
