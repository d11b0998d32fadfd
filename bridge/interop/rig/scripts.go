package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// script is a language whose interpreter and libraries Debian has.
type script struct {
	packages []string
	pattern  string // of the interpreter below the packages' root
	name     string // of the system's interpreter
	// settings are the arguments and the environment with which the interpreter finds what is below root.
	settings func(root string) (args, environ []string)
	probe    []string // arguments of a run that needs all of it
}

// Perl returns Perl with Net::Stomp.
func Perl(ctx context.Context) (*Language, error) {
	return script{
		packages: []string{"libnet-stomp-perl"}, pattern: "usr/bin/perl", name: "perl",
		settings: func(root string) ([]string, []string) {
			return nil, []string{"PERL5LIB=" + below(root, "usr/share/perl5", "usr/lib/*/perl5/*")}
		},
		probe: []string{"-MNet::Stomp", "-e", "1"},
	}.language(ctx)
}

// Ruby returns Ruby with the gem stomp, without RubyGems.
func Ruby(ctx context.Context) (*Language, error) {
	return script{
		packages: []string{"ruby", "ruby-stomp"}, pattern: "usr/bin/ruby[0-9]*", name: "ruby",
		settings: func(root string) ([]string, []string) {
			paths := below(root, "usr/lib/ruby/vendor_ruby", "usr/lib/ruby/[0-9]*", "usr/lib/*/ruby/[0-9]*")
			return []string{"--disable-gems"}, []string{"RUBYLIB=" + paths}
		},
		probe: []string{"-rstomp", "-rjson", "-rsocket", "-e", "1"},
	}.language(ctx)
}

// PHP returns PHP with the extension stomp of PECL.
func PHP(ctx context.Context) (*Language, error) {
	return script{
		packages: []string{"php-cli", "php-stomp"}, pattern: "usr/bin/php[0-9]*", name: "php",
		settings: func(root string) ([]string, []string) {
			if so := below(root, "usr/lib/php/2*/stomp.so"); so != "" {
				return []string{"-d", "extension=" + so}, nil
			}
			return nil, nil // an installed one is in PHP's settings
		},
		probe: []string{"-r", "exit(class_exists('Stomp') ? 0 : 1);"},
	}.language(ctx)
}

// language fetches what is missing, and sees that it works. ErrMissing: it cannot be had.
func (s script) language(ctx context.Context) (*Language, error) {
	root, err := Debian(ctx, s.packages...)
	if err != nil {
		return nil, err
	}
	interpreter, err := program(ctx, root, s.pattern, s.name)
	if err != nil {
		return nil, err
	}
	args, environ := s.settings(root)
	l := &Language{
		line:    func(program string) []string { return append(append([]string{interpreter}, args...), program) },
		prepare: func(string) error { return nil },
		environ: append(environ, libraryPath(root)...),
	}
	return l, l.try(ctx, append(append([]string{interpreter}, args...), s.probe...))
}

// try runs a command line that needs the libraries. That it fails is ErrMissing.
func (l *Language) try(ctx context.Context, line []string) error {
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), l.environ...)
	if says, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s: %w: %s", ErrMissing, filepath.Base(line[0]), err, lastLine(strings.TrimSpace(string(says))))
	}
	return nil
}
