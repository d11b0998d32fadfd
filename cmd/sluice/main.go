// Command sluice is a message broker that speaks STOMP, NATS and Amazon SQS.
package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	if err := rootCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "sluice: "+oneLine(err))
		os.Exit(1)
	}
}

// oneLine is what went wrong without line breaks: whoever reads logs gets the
// whole of it or nothing.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
