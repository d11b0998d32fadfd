package queuecore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Subscription says what a subscription to topics is. It is a queue and its bindings,
// and of one of the four kinds of Jakarta Messaging 3.1, 8.3. Nobody may change one that
// was given to the broker or came from it.
type Subscription struct {
	// Client and Name are what it is known by. Only unshared ones that are not durable have
	// no Name, and those that are durable need a Client. A durable one and one that is not
	// may be called alike, and are two.
	Client, Name string
	// Shared lets it have any number of consumers, each of whom gets a part of the
	// messages; otherwise it has one at a time.
	Shared bool
	// Durable keeps it, and what is sent meanwhile, while it has no consumer, until
	// Unsubscribe. Otherwise it ends with its last consumer.
	Durable bool
	// Topics are the patterns, as those of bindings, of what it is about; at least one.
	Topics []string
	// Selector is the text of what a message must be besides, as that of a binding.
	Selector string
	// NoLocal is the Tx.Origin of what it gets nothing of; "" keeps nothing out. One that
	// is shared cannot have it.
	NoLocal string
}

// SubscribeOptions say how to subscribe.
type SubscribeOptions struct {
	Subscription
	// Queue is what its queue is called, by which anybody may consume it as a queue. It
	// must be the same each time.
	Queue string
	// Config is for the queue when it is made; Transient is not looked at.
	Config QueueConfig
}

// Attachment is one consumer of a subscription. Its methods may be called from any
// goroutine.
type Attachment struct {
	session *Session
	number  uint64
	queue   QueueInfo
}

// Queue describes the queue to receive from, as it was when the attachment began.
func (a *Attachment) Queue() QueueInfo { return a.queue }

// Subscribe makes the session a consumer of the subscription until the attachment
// or the session is closed, and makes the subscription if it is not there, all in one
// step. One that is durable is on disk then. If it is there with other topics, another
// selector or another NoLocal and without a consumer, it is deleted with its messages
// and made anew. ErrInUse when it has a consumer and differs, or has one and is not
// shared; ErrExists when it is there and differs in Shared or Queue, or a queue of that name is and
// is not its own; ErrInvalid for what makes no sense; ErrFull. When ctx ends first, it may
// still take effect, until the session ends.
func (s *Session) Subscribe(ctx context.Context, o SubscribeOptions) (*Attachment, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	config := o.Config
	config.Transient = !o.Durable
	if err := config.check(o.Queue); err != nil {
		return nil, err
	}
	r := &machine.Subscribe{
		Session: s.id, Attachment: s.b.attached.Add(1), Queue: o.Queue,
		Config: machine.Config(config), Subscription: machine.Subscription(o.Subscription),
	}
	r.Subscription.Topics = slices.Clone(o.Topics)
	if err := s.b.ask(ctx, r, &r.Owner); err != nil {
		return nil, err
	}
	if r.Err != nil {
		return nil, r.Err
	}
	return &Attachment{s, r.Attachment, queueInfo(&r.Info, s.b.clock)}, nil
}

// Close ends the attachment; what its session has leased stays leased. With the last
// one a subscription ends that is not durable. It may be called twice.
func (a *Attachment) Close(ctx context.Context) error {
	r := &machine.Detach{Session: a.session.id, Attachment: a.number}
	return a.session.b.ask(ctx, r, &r.Owner)
}

// Unsubscribe is [Broker.Unsubscribe] for the durable subscription that the attachment is to, which
// may be its one consumer, and ends with it. When it fails, nothing has changed.
func (a *Attachment) Unsubscribe(ctx context.Context) error {
	of := a.queue.Subscription
	r := &machine.Unsubscribe{Client: of.Client, Name: of.Name, Attachment: a.number}
	if err := a.session.b.ask(ctx, r, &r.Owner); err != nil {
		return err
	}
	return r.Err
}

// Unsubscribe deletes a durable subscription, its queue and what is in it. ErrNotFound;
// ErrInUse while it has a consumer. Jakarta Messaging 3.1, 8.3.
func (b *Broker) Unsubscribe(ctx context.Context, client, name string) error {
	r := &machine.Unsubscribe{Client: client, Name: name}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return err
	}
	return r.Err
}

// MaxSubscriptionName bounds the name of a subscription, in characters.
const MaxSubscriptionName = 128

// check refuses what makes no sense.
func (o *SubscribeOptions) check() error {
	if err := o.checkKind(); err != nil {
		return err
	}
	if len(o.Topics) == 0 {
		return fmt.Errorf("subscription to no topic: %w", ErrInvalid)
	}
	if len(o.NoLocal) > MaxFieldBytes {
		return fmt.Errorf("no-local of %d bytes, the limit is %d: %w", len(o.NoLocal), MaxFieldBytes, ErrInvalid)
	}
	for _, text := range append([]string{o.Selector, o.NoLocal}, o.Topics...) {
		if !utf8.ValidString(text) { // JSON would keep another
			return fmt.Errorf("subscription: %q is not UTF-8: %w", text, ErrInvalid)
		}
	}
	for _, topic := range o.Topics {
		if err := (Binding{Pattern: topic, Queue: o.Queue, Selector: o.Selector}).check(); err != nil {
			return err
		}
	}
	return nil
}

// checkKind holds to the four kinds of Jakarta Messaging 3.1, 8.3.
func (o *SubscribeOptions) checkKind() error {
	switch {
	case o.Name == "" && (o.Shared || o.Durable):
		return fmt.Errorf("a subscription that is shared or durable, without a name: %w", ErrInvalid)
	case o.Name != "" && !o.Shared && !o.Durable:
		return fmt.Errorf("subscription %q has a name, but is neither shared nor durable: %w", o.Name, ErrInvalid)
	case o.Durable && !o.Shared && o.Client == "":
		return fmt.Errorf("durable subscription %q is not shared and of no client: %w", o.Name, ErrInvalid)
	case o.Shared && o.NoLocal != "":
		return fmt.Errorf("shared subscription %q with no-local: %w", o.Name, ErrInvalid)
	case o.Client != "":
		if err := checkName("client", o.Client); err != nil {
			return err
		}
	}
	return checkSubscriptionName(o.Name)
}

// checkSubscriptionName holds to the names that Jakarta Messaging 3.1, 4.2.4 lets every
// client count on. Dialects that have others spell them within these.
func checkSubscriptionName(name string) error {
	if len(name) > MaxSubscriptionName {
		return fmt.Errorf("subscription name of %d characters, the limit is %d: %w", len(name), MaxSubscriptionName, ErrInvalid)
	}
	for _, r := range name {
		if !strings.ContainsRune("_.-", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return fmt.Errorf("subscription name %q: %q is none of letters, digits, underscore, dot and minus: %w", name, r, ErrInvalid)
		}
	}
	return nil
}
