package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/sluicemq/sluice/bridge/config"
)

// Addrs are the addresses really bound, host:port; empty for what is switched off.
type Addrs struct {
	STOMP string `json:"stomp"`
	NATS  string `json:"nats"`
	SQS   string `json:"sqs"`
	Admin string `json:"admin"`
	Web   string `json:"nats_ws,omitempty"` // NATS in WebSockets
}

// listeners are the bound ports; nil for what is switched off.
type listeners struct {
	stomp, nats, sqs, admin net.Listener
	web                     net.Listener   // NATS in WebSockets
	further                 []net.Listener // for STOMP
}

// listen binds every address of cfg or none.
func listen(ctx context.Context, cfg *config.Config) (*listeners, error) {
	ls := &listeners{}
	into := []*net.Listener{&ls.stomp, &ls.nats, &ls.sqs, &ls.admin, &ls.web}
	for i, l := range cfg.Listeners() {
		bound, err := listenOn(ctx, cfg, l)
		switch {
		case err != nil:
			ls.close()
			return nil, err
		case i < len(into):
			*into[i] = bound
		default:
			ls.further = append(ls.further, bound)
		}
	}
	return ls, nil
}

// listenOn binds the very address that Resolve has found to be allowed.
func listenOn(ctx context.Context, cfg *config.Config, l config.Listener) (net.Listener, error) {
	addr, err := cfg.Resolve(ctx, l)
	if addr == nil || err != nil {
		return nil, err
	}
	bound, err := net.ListenTCP("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: %w: is a server running there? another one needs addresses and a data_dir of its own", l.Key, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", l.Key, err)
	}
	return briefListener{bound}, nil
}

func (ls *listeners) addrs() Addrs {
	text := func(l net.Listener) string {
		if l == nil {
			return ""
		}
		return l.Addr().String()
	}
	return Addrs{STOMP: text(ls.stomp), NATS: text(ls.nats), SQS: text(ls.sqs), Admin: text(ls.admin), Web: text(ls.web)}
}

// STOMPListeners returns the addresses of the further listeners for STOMP, host:port, in the
// order of the configuration.
func (h *House) STOMPListeners() (addrs []string) {
	for _, l := range h.ports.further {
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}

// close gives back every port that is still bound.
func (ls *listeners) close() {
	for _, l := range append([]net.Listener{ls.stomp, ls.nats, ls.sqs, ls.admin, ls.web}, ls.further...) {
		if l != nil {
			_ = l.Close() // closed already by the one who served it
		}
	}
}
