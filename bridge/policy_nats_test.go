package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/queuecore"
)

func having(list ...config.Action) []config.Action { return list }

func natsEntrances() []entrance {
	return []entrance{
		{dialect: "NATS", action: "send", takes: having("send"), ready: nothing, try: func(x *attempt) error {
			nc := x.nats(x.user)
			return x.refusal(nc, nc.Publish(x.name, nil))
		}},
		{dialect: "NATS", action: "receive", takes: having("receive"), ready: nothing, try: func(x *attempt) error {
			nc := x.nats(x.user)
			_, err := nc.SubscribeSync(x.name)
			return x.refusal(nc, err)
		}},
	}
}

func streamEntrances() []entrance {
	api := func(action config.Action, takes []config.Action, ready func(*attempt), subject, body string) entrance {
		return entrance{dialect: "JetStream", action: action, takes: takes, ready: ready, try: func(x *attempt) error {
			fill := strings.NewReplacer("NAME", x.name, "DEAD", x.dead)
			_, err := x.api(x.nats(x.user), fill.Replace(subject), fill.Replace(body))
			return err
		}}
	}
	const stream = `{"name":"NAME","retention":"workqueue","storage":"file"`
	return []entrance{
		{dialect: "JetStream", action: "send", takes: having("send"), try: func(x *attempt) error {
			return x.publish(x.nats(x.user), x.name)
		}},
		{dialect: "JetStream", action: "receive", takes: having("receive"), try: func(x *attempt) error {
			_, err := x.pull(x.nats(x.user), x.name)
			return err
		}},
		{dialect: "JetStream", action: "receive", takes: having("receive"), ready: consumed, try: func(x *attempt) error {
			_, err := x.next(x.nats(x.user), x.name, "c")
			return err
		}},
		api("receive", having("receive"), consumed, "CONSUMER.DELETE.NAME.c", ""),
		api("receive", having("receive"), consumed, "CONSUMER.PAUSE.NAME.c", "{}"),
		api("receive", having("create", "receive"), nothing, "STREAM.CREATE.NAME", stream+"}"),
		api("browse", having("browse"), nil, "STREAM.MSG.GET.NAME", `{"seq":1}`),
		api("create", having("create", "receive"), nothing, "STREAM.CREATE.NAME", stream+"}"),
		api("delete", having("delete"), nil, "STREAM.DELETE.NAME", ""),
		api("purge", having("purge"), nil, "STREAM.PURGE.NAME", ""),
		api("purge", having("purge"), nil, "STREAM.MSG.DELETE.NAME", `{"seq":1}`),
		api("redrive", having("admin", "receive", "redrive", "send"), withDeadAside, "STREAM.UPDATE.NAME", stream+`,"metadata":{"sluice.dead_letter":"DEAD"}}`),
		api("send", having("admin", "receive", "redrive", "send"), withDeadAside, "STREAM.UPDATE.NAME", stream+`,"metadata":{"sluice.dead_letter":"DEAD"}}`),
		api("admin", having("admin", "receive"), nil, "STREAM.UPDATE.NAME", stream+`,"max_msgs":5}`),
		api("admin", having("admin", "receive"), nil, "CONSUMER.DURABLE.CREATE.NAME.c",
			`{"stream_name":"NAME","config":{"durable_name":"c","ack_policy":"explicit","max_deliver":5}}`),
	}
}

// withDeadAside makes the queue, and another one.
func withDeadAside(x *attempt) {
	x.queue(x.dead, queuecore.QueueConfig{})
	x.queue(x.name, queuecore.QueueConfig{})
}

// consumed makes the queue, and the durable consumer c by somebody who may.
func consumed(x *attempt) {
	x.queue(x.name, queuecore.QueueConfig{})
	_, err := x.api(x.nats("keeper"), "CONSUMER.DURABLE.CREATE."+x.name+".c",
		`{"stream_name":"`+x.name+`","config":{"durable_name":"c","ack_policy":"explicit"}}`)
	if err != nil {
		x.Fatal(err)
	}
}

// nats connects as a user.
func (x *attempt) nats(user string) *nats.Conn {
	x.Helper()
	nc, err := nats.Connect("nats://"+x.h.Addrs().NATS, nats.UserInfo(user, usersPassword), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), nats.Timeout(time.Minute))
	if err != nil {
		x.Fatal(err)
	}
	x.Cleanup(nc.Close)
	return nc
}

// refusal returns what the server has said of what was done until now.
func (x *attempt) refusal(nc *nats.Conn, err error) error {
	if err == nil {
		err = nc.FlushTimeout(time.Minute)
	}
	if err != nil {
		x.Fatal(err)
	}
	if err := nc.LastError(); errors.Is(err, nats.ErrPermissionViolation) {
		return fmt.Errorf("%w: %w", err, errRefused)
	} else if err != nil {
		return err
	}
	return nil
}

// ask publishes a request and returns the first answer, or what the server says of the request.
func (x *attempt) ask(nc *nats.Conn, subject, body string) (*nats.Msg, error) {
	inbox := nc.NewRespInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err == nil {
		err = nc.PublishRequest(subject, inbox, []byte(body))
	}
	if err := x.refusal(nc, err); err != nil {
		return nil, err
	}
	m, err := sub.NextMsg(time.Minute)
	if err != nil {
		x.Fatalf("%s: %v", subject, err)
	}
	return m, nil
}

// api asks the JetStream API.
func (x *attempt) api(nc *nats.Conn, path, body string) ([]byte, error) {
	m, err := x.ask(nc, "$JS.API."+path, body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error *struct {
			Code        int
			Description string
		}
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return nil, err
	}
	switch e := answer.Error; {
	case e == nil:
		return m.Data, nil
	case e.Code == 403:
		return nil, fmt.Errorf("%s: %w", e.Description, errRefused)
	default:
		return nil, fmt.Errorf("%d: %s", e.Code, e.Description)
	}
}

// publish has a message kept.
func (x *attempt) publish(nc *nats.Conn, subject string) error {
	m, err := x.ask(nc, subject, "x")
	if err == nil && !strings.Contains(string(m.Data), `"seq":`) {
		err = fmt.Errorf("%s, %v", m.Data, m.Header)
	}
	return err
}

// pull makes a consumer and pulls a message.
func (x *attempt) pull(nc *nats.Conn, stream string) (*nats.Msg, error) {
	_, err := x.api(nc, "CONSUMER.DURABLE.CREATE."+stream+".c", `{"stream_name":"`+stream+`","config":{"durable_name":"c","ack_policy":"explicit"}}`)
	if err != nil {
		return nil, err
	}
	return x.next(nc, stream, "c")
}

// next pulls a message from a consumer that is there.
func (x *attempt) next(nc *nats.Conn, stream, consumer string) (*nats.Msg, error) {
	m, err := x.ask(nc, "$JS.API.CONSUMER.MSG.NEXT."+stream+"."+consumer, "1")
	if err == nil && string(m.Data) != "hello" {
		err = fmt.Errorf("%q, %v", m.Data, m.Header)
	}
	return m, err
}
