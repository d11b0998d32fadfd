package disk_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func set(bodies []string) map[string]bool {
	m := make(map[string]bool)
	for _, b := range bodies {
		m[b] = true
	}
	return m
}

// A foreign file takes all the space there is. What waits is received and acked
// without a free block, also after a kill; sends come back with the space.
func TestFullByForeignFile(t *testing.T) {
	disk := smallDisk(t, reserve+256)
	dir := filepath.Join(disk, "data")
	s := start(t, dir)
	want := set(append(s.sendAll("first"), s.sendAll("second")...))
	foreign := fillUp(t, disk, 0)
	s.wantFull()
	s.takeAll(want)

	s.Kill()
	s = start(t, dir)
	s.wantFull()
	s.takeAll(want)

	remove(t, foreign)
	s.awaitReady(http.StatusOK)
	for _, b := range s.sendAll("after") {
		want[b] = true
	}
	s.drain(want)
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// Messages fill the disk up to the reserve. Nothing that was confirmed is lost, also
// when the server is killed in that state; a drain gives the space back, and
// then sends are taken again without anybody's help.
func TestFullByMessages(t *testing.T) {
	disk := smallDisk(t, reserve+256)
	dir := filepath.Join(disk, "data")
	s := start(t, dir)
	want := set(s.fill())
	if len(want) < 100 {
		t.Errorf("%d messages of 256 KiB filled the disk", len(want))
	}
	s.wantFull()
	s.takeAll(want)

	s.Kill()
	s = start(t, dir)
	s.takeAll(want)
	s.drain(want)
	s.awaitReady(http.StatusOK)
	want = set(s.sendAll("after"))
	s.drain(want)
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// fill sends until the disk is full, and returns what was confirmed.
func (s *server) fill() (confirmed []string) {
	s.t.Helper()
	c := s.clients[0].(*natsClient)
	padding := strings.Repeat("x", 256<<10)
	var sent []string
	var acks []jetstream.PubAckFuture
	for i := 0; len(confirmed) == max(0, i-window); i++ {
		body := fmt.Sprintf("%06d %s", i, padding)
		ack, err := c.js.PublishAsync(queue, []byte(body))
		if err != nil {
			s.t.Fatal(err)
		}
		sent, acks = append(sent, body), append(acks, ack)
		if i >= window {
			confirmed = s.confirmed(confirmed, sent[i-window], acks[i-window])
		}
	}
	for i := max(0, len(sent)-window); i < len(sent); i++ {
		confirmed = s.confirmed(confirmed, sent[i], acks[i])
	}
	return confirmed
}

// confirmed adds a message if it is confirmed. Otherwise it must have been refused.
func (s *server) confirmed(bodies []string, body string, ack jetstream.PubAckFuture) []string {
	s.t.Helper()
	select {
	case <-ack.Ok():
		return append(bodies, body)
	case err := <-ack.Err():
		s.clients[0].wantRefused(s.t, err)
		return bodies
	}
}
