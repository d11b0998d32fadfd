package sqs_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// Requests of all kinds at the same time, while queues come and go under them: each is
// answered well, and none is the server's failure.
func TestCrowd(t *testing.T) {
	s := openSite(t)
	valid := requests()
	for _, name := range []string{"q", "f.fifo", "new", "n.fifo"} {
		create := `{"QueueName":"` + name + `"}`
		if strings.HasSuffix(name, ".fifo") {
			create = `{"QueueName":"` + name + `","Attributes":{"FifoQueue":"true"}}`
		}
		for range 5 {
			valid = append(valid, jsonText("/", "CreateQueue", create), queryText("/000000000000/"+name, "Action=ReceiveMessage&VisibilityTimeout=0"))
		}
		valid = append(valid, queryText("/000000000000/"+name, "Action=DeleteQueue"))
	}
	var crowd sync.WaitGroup
	for i := range 8 {
		crowd.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			for range 400 {
				s.serve(t, valid[random.IntN(len(valid))])
			}
		})
	}
	crowd.Wait()
}
