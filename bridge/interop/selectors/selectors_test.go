package selectors_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-stomp/stomp/v3"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// produce sends messages for each of four shares, one after the other: their headers are
// texts, as STOMP has them, and sluice-types says that weight is a number.
func (x *site) produce(n int) (want map[string][]string) {
	x.t.Helper()
	want = make(map[string][]string)
	for i := range n {
		share := []string{"nats", "sqs", "stomp", "nobody"}[i%4]
		body := fmt.Sprintf("%s-%d", share, i)
		want[share] = append(want[share], body)
		x.send(body, "for-whom", share, "weight", fmt.Sprint(i*100), "sluice-types", "weight=int", "type", "t-"+share, "correlation-id", body)
	}
	return want
}

func (x *site) same(what string, got, want []string) {
	x.t.Helper()
	if !slices.Equal(got, want) {
		x.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// A producer of STOMP has its messages shared out by what their headers say: consumers of
// three dialects get theirs, in order, and what is for nobody stays and holds up none of them.
func TestEachDialectGetsItsShare(t *testing.T) {
	x := open(t)
	want := x.produce(40)
	s, err := x.stomp.Subscribe("/queue/"+queue, stomp.AckClientIndividual, stomp.SubscribeOpt.Header("selector", "for-whom = 'stomp' AND weight >= 0"))
	x.must(err)
	x.same("NATS", x.takeNATS(x.consumer("for-whom = 'nats' AND weight BETWEEN 0 AND 5000 AND JMSType = 't-nats'")), want["nats"])
	x.same("SQS", x.takeSQS("for-whom = 'sqs' AND weight < 5000 AND JMSCorrelationID LIKE 'sqs-%'"), want["sqs"])
	for _, body := range want["stomp"] {
		m := <-s.C
		x.must(m.Err)
		x.must(x.stomp.Ack(m))
		x.same("STOMP", []string{string(m.Body)}, []string{body})
	}
	x.must(s.Unsubscribe())
	x.same("left", x.takeSQS(""), want["nobody"])
}

// A consumer's selector outlives the house, as the consumer does.
func TestSelectorOutlivesTheHouse(t *testing.T) {
	x := open(t)
	want := x.produce(8)
	x.consumer("for-whom = 'nats'")
	x.stop()
	x.start()
	o, err := x.js.Consumer(x.within(), queue, "work")
	x.must(err)
	x.same("NATS", x.takeNATS(o), want["nats"])
	x.same("SQS", x.takeSQS("for-whom = 'sqs'"), want["sqs"])
}

// nats-py makes such a consumer and gets its share.
func TestNATSPy(t *testing.T) {
	l, dir := rig.Programs(t, func() (*rig.Language, error) {
		return rig.Python(t.Context(), os.DirFS("../driver/python")) // the libraries are the driver's
	}, os.DirFS("python"))
	x := open(t)
	want := x.produce(12)
	rig.Judge(t, l.Command(x.within(), filepath.Join(dir, "judge.py"), append([]string{x.house.Addrs().NATS, queue}, want["nats"]...)...))
	x.same("left for SQS", x.takeSQS("for-whom = 'sqs'"), want["sqs"])
}
