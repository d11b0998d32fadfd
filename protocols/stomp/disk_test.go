package stomp_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	gostomp "github.com/go-stomp/stomp/v3"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// A full disk is an ERROR that says what is missing. What waits is received and
// acked; messages are taken again when there is room.
func TestFullDisk(t *testing.T) {
	disk := storetest.NewFailing(memstore.New())
	h := newHouse(t, withStore(disk))
	address := h.listen()
	must(t, dialGo(t, address).Send("/queue/a", "", []byte("kept"), gostomp.SendOpt.Receipt))
	disk.FailRoom(fmt.Errorf("%w: 3 MiB free, 512 MiB needed", store.ErrNoSpace))
	for h.broker.Err() == nil { // it looks by itself
		runtime.Gosched()
	}
	c := h.connect("1.2")
	c.send("SEND\ndestination:/queue/a\nreceipt:1\n\nrefused^@")
	f := c.expectError("disk is full")
	c.expectPart(&f, "receipt-id", "1")
	if body := string(f.Body); !strings.Contains(body, "disk is nearly full: 3 MiB free, 512 MiB needed.") {
		t.Errorf("the body says %q", body)
	}
	c.expectClosed()
	err := dialGo(t, address).Send("/queue/a", "", []byte("refused"), gostomp.SendOpt.Receipt)
	if err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("go-stomp sees %v", err)
	}
	in := dialGo(t, address)
	m := receive(t, subscribeGo(t, in, "/queue/a", gostomp.AckClientIndividual))
	if string(m.Body) != "kept" {
		t.Errorf("got %q", m.Body)
	}
	tx := in.Begin() // go-stomp asks for a receipt of an ack there alone
	must(t, tx.Ack(m))
	must(t, tx.CommitWithReceipt())
	disk.Heal()
	for h.broker.Err() != nil {
		runtime.Gosched()
	}
	must(t, dialGo(t, address).Send("/queue/a", "", []byte("after"), gostomp.SendOpt.Receipt))
}

// A disk that takes an hour for a sync costs nobody the connection: beats go out
// and in. No RECEIPT comes before.
func TestBeatsOnASlowDisk(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		h.connect("1.2").put("/queue/a", "x")
		c, err := gostomp.Connect(h.pipes.dial(), gostomp.ConnOpt.HeartBeat(10*time.Second, 10*time.Second),
			gostomp.ConnOpt.Logger(quiet{}), gostomp.ConnOpt.RcvReceiptTimeout(0))
		must(t, err)
		release := disk.shut(t)
		answered := make(chan error, 1)
		// Ends when the disk has it.
		go func() { answered <- c.Send("/queue/a", "", []byte("y"), gostomp.SendOpt.Receipt) }()
		time.Sleep(time.Hour)
		select {
		case err := <-answered:
			t.Errorf("answered before the disk had it: %v", err)
		default:
		}
		release()
		must(t, <-answered)
		must(t, c.Disconnect())
	}, withStore(disk))
}

// A client whose frames the server has stopped reading, since too many wait for
// the disk, is not taken for silent.
func TestWaitingSenderIsNotSilent(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "heart-beat:1000,0")
		c.put("/queue/a", "x")
		release := disk.shut(t)
		const n = 3000 // more than may wait for the disk
		// Ends when the disk has them.
		go func() {
			for i := range n {
				c.trySend(fmt.Sprintf("SEND\ndestination:/queue/a\nreceipt:%d\n\nx^@", i))
			}
		}()
		time.Sleep(time.Hour)
		release()
		for i := range n {
			c.expect("RECEIPT", "receipt-id", fmt.Sprint(i))
		}
	}, withStore(disk))
}
