package soak

import (
	"context"
	"time"

	"github.com/go-stomp/stomp/v3"
)

// topic sends to a topic with two subscribers in STOMP and a stream in NATS.
type topic struct {
	from        *stompProducer
	ends        []func()
	subscribers []<-chan *stomp.Message
	stream      *natsConsumer
}

func openTopic(ctx context.Context, s *site, _ int) (flow, error) {
	t := &topic{}
	var err error
	if t.from, err = newSTOMPProducer(ctx, s, "/topic/"+topicOne, false); err != nil {
		return nil, err
	}
	t.ends = append(t.ends, t.from.close)
	if t.stream, err = newNATSConsumer(ctx, s, topicStream); err != nil {
		t.close()
		return nil, err
	}
	t.ends = append(t.ends, t.stream.close)
	for range 2 {
		if err := t.subscribe(ctx, s); err != nil {
			t.close()
			return nil, err
		}
	}
	return t, nil
}

// subscribe returns when the server has the subscription, so that nothing is
// missed. The library takes a receipt of SUBSCRIBE for the end of the subscription;
// that of a later frame says as much.
func (t *topic) subscribe(ctx context.Context, s *site) error {
	conn, end, err := dialSTOMP(ctx, s.server.STOMP)
	if err != nil {
		return err
	}
	t.ends = append(t.ends, end)
	sub, err := conn.Subscribe("/topic/"+topicOne, stomp.AckAuto)
	if err != nil {
		return err
	}
	t.subscribers = append(t.subscribers, pump(sub))
	tx, err := conn.BeginWithError()
	if err != nil {
		return err
	}
	return tx.AbortWithReceipt()
}

func (t *topic) turn(ctx context.Context) (time.Duration, error) {
	ms := make([]outgoing, perTurn)
	for i := range ms {
		ms[i].body = "to everybody"
	}
	start := time.Now()
	if err := t.from.send(ctx, ms); err != nil {
		return 0, err
	}
	took := time.Since(start)
	for _, arrivals := range t.subscribers {
		for range perTurn {
			if _, err := nextSTOMP(ctx, arrivals); err != nil {
				return 0, err
			}
		}
	}
	return took, t.stream.take(ctx, perTurn)
}

func (t *topic) close() {
	for _, end := range t.ends {
		end()
	}
}
