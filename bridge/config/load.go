package config

import (
	"context"
	"fmt"

	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// Sources are what a configuration is loaded from. Any of them may be left out.
type Sources struct {
	// File is the path of a YAML file.
	File string
	// Environ is what os.Environ returns.
	Environ []string
	// Flags were added by [Flags] and parsed.
	Flags *pflag.FlagSet
}

// Load lays the sources over the defaults, the later over the earlier in the
// order of the fields of Sources, and checks the result. The error is one line that
// names the source and the key.
func Load(ctx context.Context, s Sources) (Config, error) {
	c := Default()
	if s.File != "" {
		if err := c.addFile(s.File); err != nil {
			return c, fmt.Errorf("%s: %w", s.File, err)
		}
	}
	if err := c.addEnviron(s.Environ); err != nil {
		return c, fmt.Errorf("environment: %w", err)
	}
	if s.Flags != nil {
		if err := c.addFlags(s.Flags); err != nil {
			return c, fmt.Errorf("command line: %w", err)
		}
	}
	if err := c.checkEnviron(s.Environ, s.File == "" && s.Flags == nil); err != nil {
		return c, fmt.Errorf("environment: %w", err)
	}
	return c, c.Check(ctx)
}

// addEnviron takes the settings out of an environment. A variable set to
// nothing counts: it is how a listener is switched off there.
func (c *Config) addEnviron(environ []string) error {
	known := settings()
	p := env.Provider(".", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			for _, s := range known {
				if s.Env() == name {
					return s.Key, value
				}
			}
			return "", nil
		},
	})
	return c.add(p, nil, envName)
}

// addFlags takes the settings that the command line named.
func (c *Config) addFlags(fs *pflag.FlagSet) error {
	known := settings()
	p := posflag.ProviderWithFlag(fs, ".", nil, func(f *pflag.Flag) (string, any) {
		for _, s := range known {
			if s.Flag() == f.Name {
				return s.Key, posflag.FlagVal(fs, f)
			}
		}
		return "", nil
	})
	return c.add(p, nil, flagName)
}

// add lays what p provides over c. spell says how the source spells a key.
func (c *Config) add(p koanf.Provider, parser koanf.Parser, spell func(key string) string) error {
	k := koanf.New(".")
	if err := k.Load(p, parser); err != nil {
		return err
	}
	return decode(k, c, spell)
}
