package soak

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// flow is one worker's clients. A turn sends some messages and takes as many.
type flow interface {
	turn(ctx context.Context) (confirmed time.Duration, err error)
	close()
}

// kind is a sort of load.
type kind struct {
	name    string
	workers int
	preload bool // has a backlog
	open    func(ctx context.Context, s *site, worker int) (flow, error)
}

// perTurn is how many messages a turn sends and takes.
const perTurn = 10

// kinds is the mixture.
func kinds() []kind {
	return []kind{
		{"nats→stomp", 3, true, openNATSToSTOMP},
		{"stomp→sqs", 3, true, openSTOMPToSQS},
		{"sqs→nats", 3, true, openSQSToNATS},
		{"fifo", 2, true, openFIFO},
		{"transactions", 2, true, openTransactions},
		{"topic", 1, false, openTopic},
		{"churn", 1, false, openChurn},
		{"dead letters", 1, false, openDead},
	}
}

// outgoing is one message to send.
type outgoing struct {
	body    string
	delayed bool
}

// producer sends messages and returns when they are confirmed.
type producer interface {
	send(ctx context.Context, ms []outgoing) error
	close()
}

// consumer receives and settles messages until n of them are acked, and returns
// when the acks are on their way.
type consumer interface {
	take(ctx context.Context, n int) error
	close()
}

// crossing sends with one client and takes with another.
type crossing struct {
	from    producer
	to      consumer
	turns   int
	allGood bool // nothing is refused: in a FIFO queue that would hold up the group
}

const (
	badEvery   = 10 // turns with a message that nobody accepts
	delayEvery = 5  // turns with a message that comes later
	nackEvery  = 25 // messages, of which one is given back
	delay      = time.Second
	bad        = "bad"
)

func (c *crossing) turn(ctx context.Context) (time.Duration, error) {
	c.turns++
	ms := make([]outgoing, perTurn, perTurn+1)
	for i := range ms {
		ms[i].body = fmt.Sprintf("message %d of turn %d %s", i, c.turns, strings.Repeat("x", 100))
	}
	ms[0].delayed = c.turns%delayEvery == 0
	if c.turns%badEvery == 0 && !c.allGood {
		ms = append(ms, outgoing{body: bad})
	}
	start := time.Now()
	if err := c.from.send(ctx, ms); err != nil {
		return 0, fmt.Errorf("sending: %w", err)
	}
	took := time.Since(start)
	if err := c.to.take(ctx, perTurn); err != nil {
		return 0, fmt.Errorf("receiving: %w", err)
	}
	return took, nil
}

func (c *crossing) close() {
	c.from.close()
	c.to.close()
}

// fill sends n messages and takes none.
func (c *crossing) fill(ctx context.Context, n int) error {
	ms := make([]outgoing, perTurn)
	for i := range ms {
		ms[i].body = "backlog " + strings.Repeat("x", 100)
	}
	for ; n > 0; n -= perTurn {
		if err := c.from.send(ctx, ms); err != nil {
			return err
		}
	}
	return nil
}

// join makes a crossing of two clients, or closes what there is of it.
func join(from producer, errFrom error, to consumer, errTo error) (flow, error) {
	if err := errors.Join(errFrom, errTo); err != nil {
		if errFrom == nil {
			from.close()
		}
		if errTo == nil {
			to.close()
		}
		return nil, err
	}
	return &crossing{from: from, to: to}, nil
}

// judge says what to do with the messages that one consumer gets.
type judge struct{ seen int }

// accepts reports whether the message with this body is to be acked.
func (j *judge) accepts(body string) bool {
	j.seen++
	return body != bad && j.seen%nackEvery != 0
}
