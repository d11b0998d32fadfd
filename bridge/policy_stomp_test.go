package bridge

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

func stompEntrances() []entrance {
	return []entrance{
		{dialect: "STOMP", action: "send", takes: having("send"), try: func(x *attempt) error {
			return x.stomp("SEND\ndestination:/queue/" + x.name + "\n\nx")
		}},
		{dialect: "STOMP", action: "send", takes: having("send"), ready: nothing, try: func(x *attempt) error {
			return x.stomp("SEND\ndestination:/topic/" + x.name + "\n\nx")
		}},
		{dialect: "STOMP", action: "receive", takes: having("receive"), try: func(x *attempt) error {
			return x.stomp("SUBSCRIBE\nid:1\ndestination:/queue/" + x.name + "\n\n")
		}},
		{dialect: "STOMP", action: "receive", takes: having("receive"), ready: nothing, try: func(x *attempt) error {
			return x.stomp("SUBSCRIBE\nid:1\ndestination:/topic/" + x.name + "\n\n")
		}},
		{dialect: "STOMP", action: "receive", takes: having("receive", "create-by-use"), ready: nothing, try: func(x *attempt) error {
			return x.stomp("SUBSCRIBE\nid:1\ndestination:/topic/" + x.name + "\nactivemq.subscriptionName:s\n\n")
		}},
		{dialect: "STOMP", action: "browse", takes: having("browse"), try: func(x *attempt) error {
			return x.stomp("SUBSCRIBE\nid:1\nbrowser:true\ndestination:/queue/" + x.name + "\n\n")
		}},
		{dialect: "STOMP", action: "create-by-use", takes: having("send", "create-by-use"), ready: nothing, try: func(x *attempt) error {
			return x.stomp("SEND\ndestination:/queue/" + x.name + "\n\nx")
		}},
		{dialect: "STOMP", action: "create-by-use", takes: having("receive", "create-by-use"), ready: nothing, try: func(x *attempt) error {
			return x.stomp("SUBSCRIBE\nid:1\ndestination:/queue/" + x.name + "\n\n")
		}},
		{dialect: "STOMP", action: "create-by-use", takes: having("receive", "create-by-use"), ready: nothing, try: func(x *attempt) error {
			return x.stomp("SUBSCRIBE\nid:1\ndestination:/topic/" + x.name + "\nactivemq.subscriptionName:s\n\n")
		}},
		{dialect: "STOMP", action: "delete", takes: having("delete"), ready: subscribed, try: func(x *attempt) error {
			return x.stomp("UNSUBSCRIBE\nid:1\nactivemq.subscriptionName:s\n\n")
		}},
		{dialect: "STOMP", action: "admin", takes: having("admin", "send"), ready: nothing, try: func(x *attempt) error {
			return x.stomp("SEND\ndestination:/topic/ActiveMQ.Scheduler.Management\nAMQ_SCHEDULER_ACTION:REMOVEALL\n\n")
		}},
		{dialect: "STOMP", action: "purge", takes: having("admin", "send", "purge"), ready: planned, try: func(x *attempt) error {
			return x.stomp("SEND\ndestination:/topic/ActiveMQ.Scheduler.Management\nAMQ_SCHEDULER_ACTION:REMOVE\nscheduledJobId:" + x.jobs()[x.name] + "\n\n")
		}},
	}
}

// subscribed makes the durable subscription s of the client that is called as the user.
func subscribed(x *attempt) {
	c := x.h.broker.NewSession()
	s, err := c.Subscribe(x.Context(), queuecore.SubscribeOptions{
		Queue:        x.name + ".s",
		Subscription: queuecore.Subscription{Client: x.name, Name: "s", Durable: true, Topics: []string{x.name}},
	})
	if err == nil {
		err = s.Close(x.Context())
	}
	if err != nil {
		x.Fatal(err)
	}
}

// stomp sends frames with a receipt each, as the user, and returns what the first ERROR says.
func (x *attempt) stomp(frames ...string) error {
	_, err := x.stompAs(x.user, x.user, frames...)
	return err
}

// stompAs is stomp of any user and client id. It returns the bodies of the messages that came.
func (x *attempt) stompAs(user, client string, frames ...string) (got []string, err error) {
	c, err := net.Dial("tcp", x.h.Addrs().STOMP)
	if err != nil {
		x.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		x.Fatal(err)
	}
	r := bufio.NewReader(c)
	frames = append([]string{"CONNECT\naccept-version:1.2\nhost:x\nclient-id:" + client + "\nlogin:" + user + "\npasscode:" + usersPassword + "\n\n"}, frames...)
	for i, f := range frames {
		if i > 0 {
			f = strings.Replace(f, "\n", fmt.Sprintf("\nreceipt:%d\n", i), 1)
		}
		if _, err := fmt.Fprint(c, f+"\x00"); err != nil {
			x.Fatal(err)
		}
		bodies, err := x.confirmed(r)
		if got = append(got, bodies...); err != nil {
			return got, err
		}
	}
	return got, nil
}

// confirmed reads frames to the next one that is about a frame of the client's.
func (x *attempt) confirmed(r *bufio.Reader) (bodies []string, err error) {
	for {
		text, err := r.ReadString(0)
		if err != nil {
			x.Fatalf("%q: %v", text, err)
		}
		text = strings.TrimLeft(text, "\n")
		head, body, _ := strings.Cut(strings.TrimSuffix(text, "\x00"), "\n\n")
		switch command, _, _ := strings.Cut(head, "\n"); {
		case command == "MESSAGE":
			bodies = append(bodies, body)
		case command != "ERROR":
			return bodies, nil
		case strings.Contains(head, "message:access refused"):
			return bodies, fmt.Errorf("%s: %w", body, errRefused)
		default:
			return bodies, fmt.Errorf("%s", text)
		}
	}
}

// planned has a message wait that goes to the queue by a plan.
func planned(x *attempt) {
	if _, err := x.stompAs("keeper", "", "SEND\nAMQ_SCHEDULED_CRON:0 0 1 1 *\ndestination:/queue/"+x.name+"\n\nx"); err != nil {
		x.Fatal(err)
	}
}

// jobs returns one message that waits by a plan for each destination.
func (x *attempt) jobs() map[string]string {
	x.Helper()
	list, err := x.h.broker.Jobs(x.Context(), 0, queuecore.MaxReceive)
	if err != nil {
		x.Fatal(err)
	}
	all := make(map[string]string)
	for i := range list {
		all[list[i].Destination.Name] = list[i].ID.String()
	}
	return all
}
