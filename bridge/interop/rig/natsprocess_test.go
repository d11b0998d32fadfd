package rig_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// A nats-server that was stopped has at its next start what it had.
func TestNATSServerStartsAgain(t *testing.T) {
	bin, addr := rig.NATSServerProgram(t), rig.FreeAddrs(t, 1)[0]
	s := rig.NewNATSProcess(bin, t.TempDir(), "listen: \""+addr+"\"\njetstream {}\n")
	for round := range uint64(2) {
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		nc, err := nats.Connect("nats://"+addr, nats.Timeout(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		js, err := nc.JetStream(nats.MaxWait(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.AddStream(&nats.StreamConfig{Name: "s"}); err != nil {
			t.Error(err)
		}
		if ack, err := js.Publish("s", nil); err != nil || ack.Sequence != round+1 {
			t.Errorf("%+v: %v", ack, err)
		}
		nc.Close()
		if err := s.Stop(); err != nil {
			t.Errorf("%v: %s", err, s.Log())
		}
	}
}

func TestNATSServerThatCannotStart(t *testing.T) {
	s := rig.NewNATSProcess(rig.NATSServerProgram(t), t.TempDir(), "listen: {\n")
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("got %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}
