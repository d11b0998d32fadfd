package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// RabbitMQ is a running broker with its STOMP plugin, on the loopback, with a store
// of its own. The user guest has the passcode guest, and the virtual host is "/".
type RabbitMQ struct {
	// STOMP is where it listens.
	STOMP string
	epmd  *exec.Cmd // finds Erlang nodes; the broker will not start without one
	cmd   *exec.Cmd
	log   *Log
	ended func() error
	// release gives the ports back.
	release func()
}

// StartRabbitMQ starts an installed RabbitMQ, or that of Debian, which is fetched into the
// cache directory without being installed; it needs apt-get and dpkg then. It keeps
// everything in dir. The broker is killed when ctx ends; Stop ends it and waits.
// Where it cannot be had the error is ErrMissing.
func StartRabbitMQ(ctx context.Context, dir string) (*RabbitMQ, error) {
	place, err := findRabbit(ctx)
	if err != nil {
		return nil, err
	}
	addrs, release, err := freeAddrs(4)
	if err != nil {
		return nil, err
	}
	r := &RabbitMQ{STOMP: addrs[0], log: &Log{}, release: release}
	ports := portsOf(addrs)
	environ, err := place.prepare(dir, ports)
	if err != nil {
		release()
		return nil, err
	}
	if err := r.start(ctx, place, dir, environ, ports[3]); err != nil {
		return nil, errors.Join(err, r.Stop(), errors.New(lastLine(strings.TrimSpace(r.log.String()))))
	}
	return r, nil
}

// rabbitPlace is where the programs are.
type rabbitPlace struct {
	erlang string // the root of Erlang
	server string // the script that starts RabbitMQ
}

// findRabbit looks below / and then in the cache.
func findRabbit(ctx context.Context) (rabbitPlace, error) {
	if p, err := placeBelow("/"); err == nil {
		return p, nil
	}
	root, err := Debian(ctx, "rabbitmq-server")
	if err != nil {
		return rabbitPlace{}, err
	}
	return placeBelow(root)
}

func placeBelow(root string) (p rabbitPlace, err error) {
	scripts, err := filepath.Glob(filepath.Join(root, "usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
	if err != nil || len(scripts) == 0 {
		return p, fmt.Errorf("%w: no rabbitmq-server below %s", ErrMissing, root)
	}
	p = rabbitPlace{erlang: filepath.Join(root, "usr/lib/erlang"), server: scripts[len(scripts)-1]}
	_, err = p.bin()
	return p, err
}

// bin is the directory of Erlang's programs.
func (p rabbitPlace) bin() (string, error) {
	dirs, err := filepath.Glob(filepath.Join(p.erlang, "erts-*", "bin"))
	if err != nil || len(dirs) == 0 {
		return "", fmt.Errorf("%w: no Erlang in %s", ErrMissing, p.erlang)
	}
	return dirs[len(dirs)-1], nil
}

// prepare writes what the broker reads, and returns its environment. The ports are
// those of STOMP, AMQP, of the Erlang node and of epmd.
func (p rabbitPlace) prepare(dir string, ports []string) ([]string, error) {
	bin, err := p.bin()
	if err != nil {
		return nil, err
	}
	// That of the package looks for Erlang in /usr/lib only.
	erl := fmt.Sprintf("#!/bin/sh\nexport ROOTDIR='%s' BINDIR='%s' EMU=beam PROGNAME=erl\nexec \"$BINDIR/erlexec\" \"$@\"\n", p.erlang, bin)
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", "erl"), []byte(erl), 0o755); err != nil {
		return nil, err
	}
	err = write(dir, map[string][]byte{
		"enabled_plugins": []byte("[rabbitmq_stomp].\n"),
		"rabbitmq.conf": fmt.Appendf(nil, "stomp.listeners.tcp.1 = 127.0.0.1:%s\nlisteners.tcp.1 = 127.0.0.1:%s\n"+
			"distribution.listener.interface = 127.0.0.1\n", ports[0], ports[1]),
	})
	return []string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"),
		"HOME=" + dir,
		"LANG=C.UTF-8",
		"ERL_EPMD_PORT=" + ports[3],
		"ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_NODENAME=sluice-rig@localhost",
		"RABBITMQ_DIST_PORT=" + ports[2],
		"RABBITMQ_CONF_ENV_FILE=" + os.DevNull,
		"RABBITMQ_CONFIG_FILE=" + filepath.Join(dir, "rabbitmq.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + filepath.Join(dir, "enabled_plugins"),
		"RABBITMQ_PLUGINS_DIR=" + filepath.Join(filepath.Dir(filepath.Dir(p.server)), "plugins"),
		"RABBITMQ_MNESIA_BASE=" + filepath.Join(dir, "mnesia"),
		"RABBITMQ_LOGS=-",
		// The script becomes the broker, instead of a parent of it that would die alone.
		"RABBITMQ_ALLOW_INPUT=yes",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-noinput",
	}, err
}

// rabbitPatience is how long the broker may take to start, or to stop.
const rabbitPatience = 4 * time.Minute

func (r *RabbitMQ) start(ctx context.Context, p rabbitPlace, dir string, environ []string, epmdPort string) error {
	bin, err := p.bin()
	if err != nil {
		return err
	}
	epmd := exec.CommandContext(ctx, filepath.Join(bin, "epmd"), "-port", epmdPort, "-address", "127.0.0.1")
	epmd.Dir = dir
	if err := epmd.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	r.epmd = epmd
	if err := awaitListener(ctx, "127.0.0.1:"+epmdPort); err != nil {
		return fmt.Errorf("epmd: %w", err)
	}
	cmd := exec.CommandContext(ctx, p.server)
	cmd.Dir = dir // where Erlang leaves a dump of what it holds when it ends in a bad way
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = environ, r.log, r.log, 5*time.Second
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	r.cmd, r.ended = cmd, sync.OnceValue(cmd.Wait)
	return r.awaitReady(ctx)
}

// awaitListener returns when somebody listens. A broker that finds no epmd starts one of its own, which nobody stops.
func awaitListener(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, rabbitPatience)
	defer cancel()
	for look := time.NewTicker(10 * time.Millisecond); ; {
		if !isFree(addr) {
			look.Stop()
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// awaitReady returns when the broker says that all of it is there.
func (r *RabbitMQ) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rabbitPatience)
	defer cancel()
	over := make(chan error, 1)
	// Ends with the process, which Stop ends.
	go func() { over <- r.ended() }()
	for look := time.NewTicker(100 * time.Millisecond); ; {
		if strings.Contains(r.log.String(), "Server startup complete") {
			look.Stop()
			return nil
		}
		select {
		case err := <-over:
			return fmt.Errorf("RabbitMQ ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("RabbitMQ did not start: %w", ctx.Err())
		case <-look.C:
		}
	}
}

// Pid is the process of the broker.
func (r *RabbitMQ) Pid() int { return r.cmd.Process.Pid }

// Log returns what the broker has logged.
func (r *RabbitMQ) Log() string { return r.log.String() }

// Stop ends the broker and waits until it has.
func (r *RabbitMQ) Stop() error {
	defer r.release()
	if r.cmd != nil {
		kill := time.AfterFunc(rabbitPatience, func() { _ = r.cmd.Process.Kill() })
		defer kill.Stop()
		_ = r.cmd.Process.Signal(syscall.SIGTERM) // erl ends in good order
		_ = r.ended()                             // says that it was told to
	}
	if r.epmd == nil {
		return nil
	}
	_ = r.epmd.Process.Kill() // it may be gone already
	_ = r.epmd.Wait()         // says that it was killed
	return nil
}

// portsOf returns the ports of addresses.
func portsOf(addrs []string) (ports []string) {
	for _, a := range addrs {
		ports = append(ports, a[strings.LastIndexByte(a, ':')+1:])
	}
	return ports
}
