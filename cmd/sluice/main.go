// Command sluice is a message broker that speaks STOMP, NATS and Amazon SQS.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

func main() {
	log.SetOutput(badgerstore.Assertions{Next: os.Stderr})
	if err := rootCommand().Execute(); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "sluice: "+oneLine(err))
		}
		os.Exit(exitCode(err))
	}
}

// codedError is an error with an exit code of its own.
type codedError struct {
	error
	code int
}

func (e codedError) Unwrap() error { return e.error }

// errSaid is the error of a command that has printed its answer, which is no: the exit code says so.
var errSaid = errors.New("it was said")

// exitCode is 1 unless the error says otherwise.
func exitCode(err error) int {
	if coded, ok := errors.AsType[codedError](err); ok {
		return coded.code
	}
	return 1
}

// oneLine is what went wrong without line breaks: whoever reads logs gets the
// whole of it or nothing.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "; ")
}
