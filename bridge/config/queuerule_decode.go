package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// queueRules makes the list of what a source has: of a list of the file, or of a text
// that spells one in YAML, which is what the environment and the command line have.
func queueRules(v any) ([]QueueRule, error) {
	text, err := listText(v)
	if err != nil || strings.TrimSpace(text) == "" {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader([]byte(text))).Decode(&doc); err != nil {
		return nil, errors.New(`it is not a list in YAML such as [{queues: "orders*", max_attempts: 5, dead_letter: orders.dlq}]`)
	}
	return rulesOf(doc.Content[0])
}

// rulesOf reads the list. Errors name the line, the rule by its number, and the key.
func rulesOf(n *yaml.Node) (rules []QueueRule, err error) {
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("line %d: %s: it is not a list of rules, each with queues and what holds for them", n.Line, queueRulesKey)
	}
	if err := atMost(MaxQueueRules, n, queueRulesKey, "rules"); err != nil {
		return nil, err
	}
	for i, item := range n.Content {
		r, err := ruleOf(fmt.Sprintf("%s[%d]", queueRulesKey, i), follow(item))
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func ruleOf(at string, n *yaml.Node) (r QueueRule, err error) {
	if n.Kind != yaml.MappingNode {
		return r, fmt.Errorf("line %d: %s is not a rule with queues and what holds for them", n.Line, at)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, follow(n.Content[i+1])
		if key == "queues" {
			r.Queues, err = patternsOf(value)
		} else {
			err = setTagged(reflect.ValueOf(&r).Elem(), key, value)
		}
		if err != nil {
			return r, fmt.Errorf("line %d: %s.%s: %w", n.Content[i].Line, at, key, err)
		}
	}
	return r, nil
}

// patternsOf reads one pattern or a list of them.
func patternsOf(n *yaml.Node) ([]string, error) {
	items := n.Content
	if n.Kind == yaml.ScalarNode {
		items = []*yaml.Node{n}
	}
	var patterns []string
	for _, item := range items {
		item = follow(item)
		if item.Kind != yaml.ScalarNode || item.ShortTag() != "!!str" || n.Kind == yaml.MappingNode {
			return nil, errors.New("it must be a pattern in quotes, or a list of them")
		}
		patterns = append(patterns, item.Value)
	}
	return patterns, nil
}

// setTagged sets the field of a struct, or of those within it, that key names. It is a pointer.
func setTagged(s reflect.Value, key string, n *yaml.Node) error {
	field := tagged(s, key)
	if !field.IsValid() {
		return errors.New("no such key" + meant(key, tagsOf(s.Type())))
	}
	value := reflect.New(field.Type().Elem())
	if want := spelling(value.Interface()); n.Kind != yaml.ScalarNode || !strings.Contains(want.tags, n.ShortTag()) || n.Decode(value.Interface()) != nil {
		return fmt.Errorf("%q is not %s", n.Value, want.text)
	}
	field.Set(value)
	return nil
}

func tagged(s reflect.Value, key string) (none reflect.Value) {
	for i := range s.NumField() {
		name, option, _ := strings.Cut(s.Type().Field(i).Tag.Get("yaml"), ",")
		if option == "inline" {
			if f := tagged(s.Field(i), key); f.IsValid() {
				return f
			}
		} else if name == key {
			return s.Field(i)
		}
	}
	return none
}

// tagsOf has the keys of a struct and of those within it.
func tagsOf(s reflect.Type) (keys []string) {
	for i := range s.NumField() {
		name, option, _ := strings.Cut(s.Field(i).Tag.Get("yaml"), ",")
		if option == "inline" {
			keys = append(keys, tagsOf(s.Field(i).Type)...)
		} else {
			keys = append(keys, name)
		}
	}
	return keys
}

// spelled is how YAML spells what a pointer points to: the tags it may have, and in words.
type spelled struct{ tags, text string }

func spelling(pointer any) spelled {
	switch pointer.(type) {
	case *time.Duration:
		return spelled{"!!str", "a time such as 100ms, 5s or 1m"}
	case *string:
		return spelled{"!!str", "a text: put it in quotes"}
	case *bool:
		return spelled{"!!bool", "true or false"}
	case *float64:
		return spelled{"!!int !!float", "a number"}
	}
	return spelled{"!!int", "a whole number"}
}
