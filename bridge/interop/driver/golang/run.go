package golang

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// dialect is one client library.
type dialect interface {
	// produce returns when the server has confirmed every message.
	produce(ctx context.Context, queue string, messages []driver.Message) error
	// consume returns exactly n messages, or an error that says how many came.
	consume(ctx context.Context, queue string, n int, settle string) ([]driver.Message, error)
	settle(ctx context.Context, queue string, handles []string, how string) error
	count(ctx context.Context, queue string) (driver.Counts, error)
	close()
}

// clients are the connections of a driver, by dialect and address.
type clients map[[2]string]dialect

// Run serves requests until in ends. ctx cuts short what is under way.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	open := make(clients)
	defer func() {
		for _, c := range open {
			c.close()
		}
	}()
	r, w := bufio.NewReader(in), json.NewEncoder(out)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return nil
		}
		var request driver.Request
		if err := json.Unmarshal(line, &request); err != nil {
			return err
		}
		reply, err := open.serve(ctx, request)
		if err != nil {
			reply.Error = err.Error()
		}
		reply.ID = request.ID
		if err := w.Encode(reply); err != nil {
			return err
		}
	}
}

func (open clients) serve(ctx context.Context, r driver.Request) (reply driver.Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.TimeoutMS)*time.Millisecond)
	defer cancel()
	if r.Do == driver.Hello {
		return hello(), nil
	}
	c, err := open.client(ctx, r.Dialect, r.Addr)
	if err != nil {
		return reply, err
	}
	switch r.Do {
	case driver.Produce:
		err = c.produce(ctx, r.Queue, r.Messages)
	case driver.Consume:
		reply.Messages, err = c.consume(ctx, r.Queue, r.Count, r.Settle)
	case driver.Settle:
		err = c.settle(ctx, r.Queue, r.Handles, r.Settle)
	case driver.Count:
		var n driver.Counts
		n, err = c.count(ctx, r.Queue)
		reply.Counts = &n
	case driver.Close:
		c.close()
		delete(open, [2]string{r.Dialect, r.Addr})
	default:
		err = fmt.Errorf("%q is nothing a driver does", r.Do)
	}
	return reply, err
}

// client returns the client of a dialect for an address, connecting it if it is the first time.
func (open clients) client(ctx context.Context, name, addr string) (dialect, error) {
	key := [2]string{name, addr}
	if c, ok := open[key]; ok {
		return c, nil
	}
	c, err := connect(ctx, name, addr)
	if err != nil {
		return nil, err
	}
	open[key] = c
	return c, nil
}

func connect(ctx context.Context, name, addr string) (dialect, error) {
	switch name {
	case driver.STOMP:
		return newSTOMP(addr), nil
	case driver.NATS:
		return newNATS(ctx, addr)
	case driver.SQS:
		return newSQS(addr), nil
	}
	return nil, fmt.Errorf("%q is no dialect", name)
}

func hello() driver.Reply {
	return driver.Reply{Language: runtime.Version(), Clients: map[string]string{
		driver.STOMP: module("github.com/go-stomp/stomp/v3"),
		driver.NATS:  module("github.com/nats-io/nats.go"),
		driver.SQS:   module("github.com/aws/aws-sdk-go-v2/service/sqs"),
	}}
}

// module returns a module of this program with its version. The binary of a test does not
// know it; go.mod does.
func module(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return path + " " + m.Version
			}
		}
	}
	return path + " (go.mod)"
}
