package rig

import (
	"time"

	"github.com/sluicemq/sluice/bridge/config"
)

// ClientTime is how long a server of a test waits for a client, and a client for a server. It is when either gives
// up, and not what anything takes: a busy machine stops any of them for a while.
const ClientTime = 3 * time.Minute

// Config returns the default configuration, but for the times that a client is given.
func Config() config.Config {
	c := config.Default()
	c.STOMPLimits.LoginTimeout, c.STOMPLimits.WriteTimeout = ClientTime, ClientTime
	c.NATSLimits.LoginTimeout, c.NATSLimits.WriteTimeout = ClientTime, ClientTime
	l := &c.SQSLimits
	l.HeaderTimeout, l.RequestTimeout, l.WriteTimeout, l.IdleTimeout = ClientTime, ClientTime, ClientTime, 2*ClientTime
	return c
}

// patient returns the flags that give clients of the program these times.
func patient() (flags []string) {
	for _, name := range []string{
		"stomp-login", "stomp-write", "nats-login", "nats-write", "sqs-header", "sqs-request", "sqs-write",
	} {
		flags = append(flags, "--"+name+"-timeout", ClientTime.String())
	}
	return append(flags, "--sqs-idle-timeout", (2 * ClientTime).String())
}
