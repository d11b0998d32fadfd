package bridge

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// Of a deliver group the others get what one of its members may not have any more, whether she has been told or not.
func TestChangeOfAPolicyLeavesTheOthersOfAGroup(t *testing.T) {
	x := besieged(t)
	if _, err := x.h.broker.Purge(t.Context(), "mine"); err != nil {
		t.Fatal(err)
	}
	hear := x.deafen()
	defer hear()
	got := make(map[string]chan *nats.Msg)
	var inbox string
	for _, user := range []string{"keeper", "eve"} {
		nc := x.nats(user)
		if inbox == "" {
			inbox = nc.NewRespInbox()
		}
		got[user] = make(chan *nats.Msg, 64)
		if _, err := nc.ChanQueueSubscribe(inbox, "g", got[user]); err != nil {
			t.Fatal(err)
		}
		if err := nc.FlushTimeout(time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.api(x.nats("keeper"), "CONSUMER.DURABLE.CREATE.mine.c", `{"stream_name":"mine","config":{"durable_name":"c","ack_policy":"explicit","deliver_subject":"`+inbox+`","deliver_group":"g"}}`); err != nil {
		t.Fatal(err)
	}
	for hers := 0; hers == 0; { // both are heard
		x.put("mine")
		select {
		case <-got["eve"]:
			hers++
		case <-got["keeper"]:
		}
	}
	x.setPolicy("mine", denyingEve)
	for range 32 {
		x.put("mine")
	}
	for range 32 {
		select {
		case <-got["keeper"]:
		case m := <-got["eve"]:
			t.Fatalf("eve got %q", m.Data)
		case <-time.After(2 * time.Minute):
			t.Fatal("nothing comes")
		}
	}
}
