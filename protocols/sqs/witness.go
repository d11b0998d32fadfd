package sqs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// visitor is a connection as an audit log sees it: who has sent its last signed request. Every
// request says anew who sends it, and is no login for that.
type visitor struct {
	last    atomic.Pointer[protocols.Audited]
	refused atomic.Bool // once; the log has that
}

// visitorKey is where the context of a connection has its visitor.
type visitorKey struct{}

func (g *Gateway) withVisitor(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, visitorKey{}, new(visitor))
}

// noteRefusal logs a login that has failed as the other gateways do, where each ends its connection: so there is one line of a
// connection here, too, and the rest is for whoever wonders what a proxy does to requests.
func (c *call) noteRefusal(p *proof, shown *protocols.Credentials, err error) {
	level := slog.LevelInfo
	if v, ok := c.r.Context().Value(visitorKey{}).(*visitor); ok && v.refused.Swap(true) {
		level = slog.LevelDebug
	}
	if !c.Log.Enabled(c.r.Context(), level) {
		return
	}
	if w := (*wire.Error)(nil); level > slog.LevelDebug && errors.As(err, &w) && w.Code == wire.IncompleteSignature {
		err = errors.New(w.Code.Query()) // the text repeats what is in the place of a signature, whatever somebody has put there
	}
	named := *shown
	named.AccessKey = cut(named.AccessKey)
	c.Log.Log(c.r.Context(), level, "sqs: request refused", "remote", c.r.RemoteAddr, "request", c.id, "err", fmt.Errorf("login of %v: %w", named, err),
		"host", cut(c.r.Host), "signed", cut(strings.Join(p.headers, ";")))
}

// isNew reports whether a is another one than before, and remembers him.
func (v *visitor) isNew(a *protocols.Audited) bool {
	last := v.last.Load()
	if last != nil && last.User == a.User && last.Key == a.Key {
		return false
	}
	v.last.Store(&protocols.Audited{User: a.User, Key: a.Key})
	return true
}

// witnessLogin tells who has signed the request, unless the connection's last one was his too, or
// that nobody known has; why says what is wrong with the signature. The error is err, or
// that the login cannot be recorded.
func (c *call) witnessLogin(shown *protocols.Credentials, who protocols.Principal, err, why error) error {
	if c.Audit == nil {
		return err
	}
	a := shown.AuditedLogin()
	a.Dialect, a.Connection, a.Key = "sqs", c.id, cut(a.Key)
	if err == nil {
		a.User = who.Name()
	}
	c.witness = &protocols.Witness{Audit: c.Audit, Who: a}
	v, _ := c.r.Context().Value(visitorKey{}).(*visitor)
	if err == nil && v != nil && !v.isNew(&a) {
		return nil
	}
	c.locate()
	if failed := c.witness.Login(c.verb(), reasoned(err, why)); err == nil && failed != nil {
		if v != nil {
			v.last.Store(nil)
		}
		return failed
	}
	return err
}

// locate says where the client has connected to, once somebody is to be told.
func (c *call) locate() {
	if l, ok := c.r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		c.witness.Who.Listener = l.String()
	}
}

// verb is the operation that the request names, as far as that can be said before it is read.
func (c *call) verb() string { return strings.TrimPrefix(header(c.r, "X-Amz-Target"), targetPrefix) }

// reasoned is err with the code of what is wrong with a signature: the text may have parts of it.
func reasoned(err, why error) error {
	var w *wire.Error
	if err == nil || !errors.As(why, &w) {
		return err
	}
	return fmt.Errorf("%w: %s", err, w.Code.Query())
}

// audited are the actions of which an audit log is told. Of the others it is told only when they
// are denied, and then as what.
func audited(action string) (as protocols.AuditedAction, always bool) {
	switch action {
	case "CreateQueue":
		return protocols.AuditCreate, true
	case "DeleteQueue":
		return protocols.AuditDelete, true
	case "PurgeQueue":
		return protocols.AuditPurge, true
	case "SetQueueAttributes", "TagQueue", "UntagQueue":
		return protocols.AuditChange, true
	case "AddPermission", "RemovePermission":
		return protocols.AuditPolicy, true
	case "StartMessageMoveTask":
		return protocols.AuditMove, true
	case "CancelMessageMoveTask":
		return protocols.AuditCancel, true
	case "SendMessage", "SendMessageBatch":
		return protocols.AuditSend, false
	case "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch":
		return protocols.AuditReceive, false
	}
	return protocols.AuditOther, false
}

// witnessed tells what has come of the call.
func (c *call) witnessed(req wire.Request, err error) {
	if c.Audit == nil {
		return
	}
	as, always := audited(c.action)
	if !always && err == nil {
		return
	}
	var w *wire.Error
	if errors.As(err, &w) && w.Code == wire.AccessDenied {
		err = fmt.Errorf("%w: %s", protocols.ErrDenied, w.Message)
	} else if !always {
		return
	}
	if set, ok := req.(*wire.SetQueueAttributes); ok {
		if _, rights := set.Attributes.Get(policyName); rights {
			as = protocols.AuditPolicy
		}
	}
	if c.witness == nil { // nobody had to say who he is
		c.witness = &protocols.Witness{Audit: c.Audit, Who: protocols.Audited{
			Remote: remote(c.r), Dialect: "sqs", Connection: c.id,
		}}
	}
	c.locate()
	c.witness.Saw(as, c.action, c.target(req), err)
}

// target is what a request is about, as its client has it.
func (c *call) target(req wire.Request) string {
	queue := func(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
	switch r := req.(type) {
	case wire.Targeted:
		return nameOfURL(*r.Queue())
	case *wire.CreateQueue:
		return r.QueueName
	case *wire.GetQueueURL:
		return r.QueueName
	case *wire.StartMove:
		return strings.TrimSuffix(queue(r.SourceARN)+" to "+queue(r.DestinationARN), " to ")
	case *wire.CancelMove:
		if t, ok := parseTaskHandle(r.TaskHandle); ok {
			return queue(t.Source)
		}
	case *wire.ListMoves:
		return queue(r.SourceARN)
	}
	return ""
}
