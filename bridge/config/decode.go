package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"
)

// decode lays the values of k over c. A value is of its field's type, or a
// string that spells one: the environment has no other kind.
func decode(k *koanf.Koanf, c *Config, spell func(key string) string) error {
	err := k.UnmarshalWithConf("", c, koanf.UnmarshalConf{
		Tag: "yaml",
		DecoderConfig: &mapstructure.DecoderConfig{
			DecodeHook:      mapstructure.DecodeHookFuncValue(convert),
			ErrorUnused:     true,
			SquashTagOption: "inline", // as the yaml package calls it
		},
	})
	var de *mapstructure.DecodeError
	if errors.As(err, &de) {
		return fmt.Errorf("%s: %w", spell(de.Name()), de.Unwrap())
	}
	return err
}

// convert makes from a value of to's type or says why it cannot.
func convert(from, to reflect.Value) (any, error) {
	v := from.Interface()
	if from.Kind() == reflect.Map || from.Type() == to.Type() {
		return v, nil
	}
	text, isText := v.(string)
	switch to.Interface().(type) {
	case time.Duration:
		if !isText {
			return nil, fmt.Errorf("%v has no unit: write 100ms, 5s or 1m", v)
		}
		return parse(text, "a time such as 100ms, 5s or 1m", time.ParseDuration)
	case []AccessKey:
		to.SetZero() // a list takes the place of the one before, also an empty one
		return accessKeys(v)
	case []STOMPListener:
		to.SetZero()
		return stompListeners(v)
	case []QueueRule:
		to.SetZero()
		return queueRules(v)
	case SecretRef:
		if !isText { // and it may be the secret itself
			return nil, errors.New("not a text: write file:PATH or env:NAME")
		}
	case bool:
		if isText {
			return parse(text, "true or false", strconv.ParseBool)
		}
		return nil, fmt.Errorf("%v is neither true nor false", v)
	case int:
		if isText {
			return parse(text, "a whole number", strconv.Atoi)
		}
		return nil, fmt.Errorf("%v is not a whole number", v)
	}
	if isText {
		return text, nil
	}
	return nil, fmt.Errorf("%v is not a text: put it in quotes", v)
}

func parse[T any](text, want string, by func(string) (T, error)) (any, error) {
	v, err := by(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%q is not %s", text, want)
	}
	return v, nil
}
