package ledger

import "fmt"

// Promise is one of the things that a server promises.
type Promise string

// The promises.
const (
	Kept     Promise = "lost"        // a confirmed send is acked or there
	Gone     Promise = "back"        // what was acked, and that confirmed, does not come back
	Together Promise = "torn"        // a transaction or a topic's send is done whole or not at all
	Ordered  Promise = "order"       // a group's messages come in the order of their sends
	Once     Promise = "dedup"       // one send, also one that is sent again under its id, is one message
	Again    Promise = "unexplained" // what is delivered again has a reason to be
	Patient  Promise = "early"       // a delayed message does not come before its time
	Whole    Promise = "damaged"     // a body is what was sent
	Known    Promise = "stray"       // what comes was sent, and to this queue
	Served   Promise = "refused"     // a server that lives serves
)

// Promises returns all promises.
func Promises() []Promise {
	return []Promise{Kept, Gone, Together, Ordered, Once, Again, Patient, Whole, Known, Served}
}

// maxTexts bounds the faults that are told in words.
const maxTexts = 100

// faults are promises that were broken.
type faults struct {
	byPromise map[Promise]int
	texts     []string
}

func (f *faults) add(p Promise, format string, args ...any) {
	f.byPromise[p]++
	if len(f.texts) < maxTexts {
		f.texts = append(f.texts, string(p)+": "+fmt.Sprintf(format, args...))
	}
}
