package config

import (
	"cmp"
	"fmt"
)

// stompListenersKey is a setting that is a list.
const stompListenersKey = "stomp_listeners"

// STOMPDialect is the broker whose names and habits STOMP clients know.
type STOMPDialect string

// The dialects of STOMP.
const (
	STOMPPlain    STOMPDialect = "plain"
	STOMPActiveMQ STOMPDialect = "activemq"
	STOMPArtemis  STOMPDialect = "artemis"
	STOMPRabbitMQ STOMPDialect = "rabbitmq"
)

// STOMPNack is what NACK means at a listener; empty: what its dialect says.
type STOMPNack string

// What a NACK may mean.
const (
	STOMPNackRequeue    STOMPNack = "requeue"     // again at once
	STOMPNackBackoff    STOMPNack = "backoff"     // again, by the queue's back-off
	STOMPNackDeadLetter STOMPNack = "dead-letter" // a dead letter at once
)

func (n STOMPNack) check(key string) error {
	if n == "" {
		return nil
	}
	return oneOf(key, n, STOMPNackRequeue, STOMPNackBackoff, STOMPNackDeadLetter)
}

// STOMPErrors says what becomes of a connection after an ERROR frame.
type STOMPErrors string

// What may become of it.
const (
	STOMPStrict  STOMPErrors = "strict"  // it is closed, as the standard says
	STOMPLenient STOMPErrors = "lenient" // it stays open where only what one frame asks for was refused
)

// STOMPListener is one address for STOMP clients.
type STOMPListener struct {
	Addr    string       `yaml:"addr"` // host:port
	Dialect STOMPDialect `yaml:"dialect"`
	Nack    STOMPNack    `yaml:"nack,omitempty"`
	Errors  STOMPErrors  `yaml:"errors"`
}

// STOMPListeners are all addresses for STOMP clients: the one of STOMPAddr, which may
// be empty, and then the further ones.
func (c *Config) STOMPListeners() []STOMPListener {
	return append([]STOMPListener{{Addr: c.STOMPAddr, Dialect: c.STOMPDialect, Nack: c.STOMPNack, Errors: c.STOMPErrors}}, c.STOMPFurther...)
}

func checkDialect(key string, d STOMPDialect) error {
	return oneOf(key, d, STOMPPlain, STOMPActiveMQ, STOMPArtemis, STOMPRabbitMQ)
}

// checkErrors takes nothing for strict.
func checkErrors(key string, e STOMPErrors) error {
	return oneOf(key, cmp.Or(e, STOMPStrict), STOMPStrict, STOMPLenient)
}

func (c *Config) checkSTOMP() error {
	if len(c.STOMPFurther) > MaxSTOMPListeners {
		return fmt.Errorf("%s has %d entries: there may be %d", stompListenersKey, len(c.STOMPFurther), MaxSTOMPListeners)
	}
	for i, l := range c.STOMPFurther {
		at := fmt.Sprintf("%s[%d]", stompListenersKey, i)
		if l.Addr == "" {
			return fmt.Errorf("%s.addr is empty: it must be host:port", at)
		}
		if err := cmp.Or(checkDialect(at+".dialect", l.Dialect), l.Nack.check(at+".nack")); err != nil {
			return err
		}
		if err := checkErrors(at+".errors", l.Errors); err != nil {
			return err
		}
	}
	if err := checkErrors("stomp_errors", c.STOMPErrors); err != nil {
		return err
	}
	return cmp.Or(checkDialect("stomp_dialect", c.STOMPDialect), c.STOMPNack.check("stomp_nack"))
}
