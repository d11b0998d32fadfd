package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

var errNotText = errors.New("not a text or a list of texts")

// object reads a map. A name that stands in it twice is an error: the reader who looks at
// the other one would take the policy for something else.
func object(raw []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON map")
	}
	members := make(map[string]json.RawMessage)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // names are strings, or Token fails
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("%q stands there twice", name)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		members[name] = v
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something stands behind the JSON map")
	}
	return members, nil
}

// listOf returns what stands in a list, or the one that stands for itself.
func listOf(raw json.RawMessage) (list []json.RawMessage) {
	if json.Unmarshal(raw, &list) != nil {
		return []json.RawMessage{raw}
	}
	return list
}

// texts reads a text, or a list of them that is not empty.
func texts(raw json.RawMessage) ([]string, error) {
	list := listOf(raw)
	out := make([]string, len(list))
	for i, x := range list {
		if string(x) == "null" || json.Unmarshal(x, &out[i]) != nil {
			return nil, errNotText
		}
	}
	if len(out) == 0 {
		return nil, errNotText
	}
	return out, nil
}

// scalars is texts, for values that may be written as numbers and truth values too.
// IAM user guide, "Grammar of the IAM JSON policy language": quotation marks are optional
// for numeric and Boolean values.
func scalars(raw json.RawMessage) ([]string, error) {
	list := listOf(raw)
	out := make([]string, len(list))
	for i, x := range list {
		switch {
		case string(x) == "null":
			return nil, errors.New("null is no value")
		case json.Unmarshal(x, &out[i]) == nil:
		case json.Unmarshal(x, new(bool)) == nil, json.Unmarshal(x, new(json.Number)) == nil:
			out[i] = string(x)
		default:
			return nil, errors.New("not a text, a number, a truth value or a list of them")
		}
	}
	return out, nil
}
