package rig

import (
	"strings"

	"github.com/nats-io/nats.go"
)

// ConnectNATS connects, and tries again where the machine is too busy for the time that a login may take.
func ConnectNATS(url string, options ...nats.Option) (nc *nats.Conn, err error) {
	for range 4 {
		nc, err = nats.Connect(url, options...)
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "authentication timeout") {
			break
		}
	}
	return nc, err
}
