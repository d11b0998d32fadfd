package rig

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// PullNoWait returns up to n messages that a consumer has at once, unsettled. It returns when all have come or the server
// has said that there are no more: FetchNoWait of nats.go takes a second of silence for that.
func PullNoWait(ctx context.Context, nc *nats.Conn, stream, consumer string, n int) (got []*nats.Msg, err error) {
	inbox := nats.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sub.Unsubscribe()) }()
	ask := fmt.Appendf(nil, `{"batch":%d,"no_wait":true}`, n)
	if err := nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+stream+"."+consumer, inbox, ask); err != nil {
		return nil, err
	}
	for len(got) < n {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return got, err
		}
		switch status := m.Header.Get("Status"); {
		case len(m.Data) > 0 || status == "":
			got = append(got, m)
		case status == "404" || status == "408":
			return got, nil
		default:
			return got, fmt.Errorf("%s %s", status, m.Header.Get("Description"))
		}
	}
	return got, nil
}

// AckNow acknowledges a message, and returns when the server has confirmed it.
func AckNow(ctx context.Context, nc *nats.Conn, m *nats.Msg) error {
	_, err := nc.RequestWithContext(ctx, m.Reply, nil)
	return err
}
