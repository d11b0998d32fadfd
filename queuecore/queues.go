package queuecore

import (
	"context"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// CreateQueue makes a queue. If there is one of that name with an equal
// configuration, it is returned without error; if its configuration differs, it
// is returned with ErrExists.
func (b *Broker) CreateQueue(ctx context.Context, name string, c QueueConfig) (QueueInfo, error) {
	if err := Reserved(name); err != nil {
		return QueueInfo{}, err
	}
	return b.createQueue(ctx, &machine.CreateQueue{Name: name, Config: machine.Config(c)})
}

// EnsureQueue returns the queue called name, whatever its configuration, and
// makes it with c if there is none.
func (b *Broker) EnsureQueue(ctx context.Context, name string, c QueueConfig) (QueueInfo, error) {
	if q, err := b.Queue(name); err == nil {
		return q, nil
	}
	if err := Reserved(name); err != nil {
		return QueueInfo{}, err
	}
	return b.createQueue(ctx, &machine.CreateQueue{Name: name, Config: machine.Config(c), Any: true})
}

func (b *Broker) createQueue(ctx context.Context, r *machine.CreateQueue) (QueueInfo, error) {
	if err := checkName("queue", r.Name); err != nil {
		return QueueInfo{}, err
	}
	config := QueueConfig(r.Config)
	if err := config.check(r.Name); err != nil {
		return QueueInfo{}, err
	}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return QueueInfo{}, err
	}
	return queueInfo(&r.Info, b.clock), r.Err
}

func queueInfo(i *machine.QueueInfo, c *clock) QueueInfo {
	return QueueInfo{
		Name: i.Name, ID: i.ID, Config: QueueConfig(i.Config), Created: c.shown(i.Created), Modified: c.shown(i.Modified),
		Subscription: (*Subscription)(i.Subscription),
	}
}

// UpdateQueue changes a queue's configuration. change gets a copy of the present
// one, labels included, and runs on the broker's goroutine: it must not block
// and must not call the broker. When it returns an error nothing changes, and
// UpdateQueue returns that error. GroupOrder and Transient cannot change.
func (b *Broker) UpdateQueue(ctx context.Context, name string, change func(*QueueConfig) error) (QueueInfo, error) {
	if err := Reserved(name); err != nil {
		return QueueInfo{}, err
	}
	r := &machine.UpdateQueue{Name: name, Change: func(mc *machine.Config) error {
		config := QueueConfig(*mc)
		if err := change(&config); err != nil {
			return err
		}
		*mc = machine.Config(config)
		return config.check(name)
	}}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return QueueInfo{}, err
	}
	return queueInfo(&r.Info, b.clock), r.Err
}

// DeleteQueue removes a queue with its messages and bindings. Receivers that
// wait get ErrNotFound.
func (b *Broker) DeleteQueue(ctx context.Context, name string) error {
	if err := Reserved(name); err != nil {
		return err
	}
	r := &machine.DeleteQueue{Name: name}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return err
	}
	return r.Err
}

// Bind adds a binding; adding it again is no error. A binding of the same queue and
// pattern with another selector is replaced, between two sends.
func (b *Broker) Bind(ctx context.Context, x Binding) error {
	if err := x.check(); err != nil {
		return err
	}
	s, err := CompileSelector(x.Selector, SelectorOptions{})
	if err != nil {
		return err
	}
	r := &machine.Bind{Queue: x.Queue, Pattern: x.Pattern, Selector: s}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return err
	}
	return r.Err
}

// Unbind removes the binding of x's queue and pattern, whatever its selector; ErrNotFound.
func (b *Broker) Unbind(ctx context.Context, x Binding) error {
	r := &machine.Unbind{Queue: x.Queue, Pattern: x.Pattern}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return err
	}
	return r.Err
}
