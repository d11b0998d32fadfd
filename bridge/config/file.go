package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	koanfyaml "github.com/knadh/koanf/parsers/yaml"
	"go.yaml.in/yaml/v3"
)

// EnvFile is the variable that names the configuration file when the command
// line does not.
const EnvFile = envPrefix + "CONFIG"

// addFile takes the settings out of a YAML file.
func (c *Config) addFile(path string) error {
	text, err := readFile(path, MaxFileBytes)
	if err != nil {
		return err
	}
	if err := checkKeys(text); err != nil {
		return oneLine(err)
	}
	return oneLine(c.add(source(text), koanfyaml.Parser(), fileName))
}

// oneLine puts the lines of an error of the YAML parser behind each other.
func oneLine(err error) error {
	if err == nil || !strings.Contains(err.Error(), "\n") {
		return err
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}

// readFile reads a file of at most most bytes.
func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, reason(err)
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("longer than %d bytes", most)
	}
	return text, nil
}

// reason drops the path from an error of package os: the caller names it.
func reason(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// source is a file that has been read already.
type source []byte

func (s source) ReadBytes() ([]byte, error)    { return s, nil }
func (s source) Read() (map[string]any, error) { return nil, errors.ErrUnsupported }

// checkKeys refuses what the parser behind koanf would pass over or could not
// give a line for: unknown keys, keys without a value and further documents.
func checkKeys(text []byte) error {
	if err := checkMarks(text, MaxFileMarks); err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return err
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("more than one YAML document")
	}
	root := doc.Content[0]
	if err := checkSize(root, MaxFileMarks); err != nil {
		return err
	}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want lines of the form key: value", root.Line)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if err := checkKey(root.Content[i], root.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func checkKey(key, value *yaml.Node) error {
	for _, s := range settings() {
		if s.Key != key.Value {
			continue
		}
		switch {
		case s.Key == accessKeysKey:
			_, err := keysOf(follow(value))
			return err
		case s.Key == stompListenersKey:
			_, err := listenersOf(follow(value))
			return err
		case s.Key == queueRulesKey:
			_, err := rulesOf(follow(value))
			return err
		case value.Kind != yaml.ScalarNode:
			return fmt.Errorf("line %d: %s wants one value", key.Line, s.Key)
		case value.Tag == "!!null":
			return fmt.Errorf("line %d: %s has no value; write \"\" for an empty one", key.Line, s.Key)
		}
		return nil
	}
	return fmt.Errorf("line %d: unknown key %q%s", key.Line, key.Value, suggest(key.Value))
}

// suggest helps somebody who wrote a flag's or a variable's name in the file, or a letter too many.
func suggest(key string) string {
	plain := strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	plain = strings.TrimPrefix(plain, strings.ToLower(envPrefix))
	if plain == "users" {
		return ": users are in a file of their own, which users_file names"
	}
	var keys []string
	for _, s := range settings() {
		if strings.ReplaceAll(s.Key, "_", "") == plain {
			plain = s.Key
		}
		keys = append(keys, s.Key)
	}
	return meant(plain, keys)
}

// YAML returns c as a file that has every key.
func (c *Config) YAML() ([]byte, error) { return yaml.Marshal(c) }
