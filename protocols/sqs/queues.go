package sqs

import (
	"context"
	"errors"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// createQueue makes a queue, or finds the one that is there. Attributes that the
// request leaves out are not compared with those of the queue.
func (c *call) createQueue(ctx context.Context, r *wire.CreateQueue) (wire.Result, error) {
	queue, err := c.newQueueName(r)
	if err != nil {
		return nil, err
	}
	if err := c.allowCreation(queue, r.Attributes); err != nil {
		return nil, err
	}
	change, err := c.creation(queue, r)
	if err != nil {
		return nil, err
	}
	q, err := c.broker.Queue(queue)
	if errors.Is(err, queuecore.ErrNotFound) {
		if c.deleted.has(queue, c.Now()) {
			return nil, wire.Errorf(wire.QueueDeletedRecently, "You must wait %s seconds after deleting a queue before you can create another with the same name.",
				seconds(c.RecreateDelay))
		}
		var config queuecore.QueueConfig
		if config, err = c.newConfig(queue, change, r.Tags); err != nil {
			return nil, err
		}
		if err := c.user.Make(queue); err != nil {
			return nil, err
		}
		q, err = c.broker.CreateQueue(ctx, queue, config)
		if err == nil {
			return &wire.QueueURL{URL: c.queueURL(queue)}, nil
		}
	}
	if err != nil && !errors.Is(err, queuecore.ErrExists) {
		return nil, err
	}
	if err := c.sameAttributes(&q, change); err != nil {
		return nil, err
	}
	return &wire.QueueURL{URL: c.queueURL(queue)}, nil
}

// allowCreation asks whether the client may make the queue. A policy hands out rights, so
// it takes more to give the queue one.
func (c *call) allowCreation(queue string, attributes wire.Pairs) error {
	if err := c.allow(queue, c.asked(protocols.Create)); err != nil {
		return err
	}
	if _, ok := attributes.Get(policyName); ok {
		return c.allow(queue, c.asked(protocols.Admin))
	}
	return nil
}

// newQueueName returns the core's name of the queue to be made.
// CreateQueue, "QueueName".
func (c *call) newQueueName(r *wire.CreateQueue) (string, error) {
	if r.QueueName == "" {
		return "", missing("QueueName")
	}
	const (
		standard = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
		fifo     = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
	)
	stem, suffixed := strings.CutSuffix(r.QueueName, fifoSuffix)
	v, asked := r.Attributes.Get("FifoQueue")
	switch {
	case asked && v == "true":
		if !suffixed || !isName(stem) || len(r.QueueName) > maxQueueName {
			return "", invalid(fifo)
		}
	case asked:
		return "", unknownAttribute("FifoQueue")
	case !isName(r.QueueName) || len(r.QueueName) > maxQueueName:
		return "", invalid(standard)
	}
	queue, err := c.names.Queue(r.QueueName)
	if err != nil {
		return "", invalid("The queue name %s is reserved: %v.", r.QueueName, err)
	}
	return queue, nil
}

// isName reports whether s is made of the characters of queue names and batch entry ids.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}

// creation checks the attributes and tags of a new queue.
func (c *call) creation(queue string, r *wire.CreateQueue) (wire.Pairs, error) {
	fifo := strings.HasSuffix(queue, fifoSuffix)
	if err := c.checkAttributes(queue, fifo, r.Attributes); err != nil {
		return nil, err
	}
	return r.Attributes, checkTags(r.Tags)
}

// newConfig returns the configuration of a new queue.
func (c *call) newConfig(queue string, change, tags wire.Pairs) (queuecore.QueueConfig, error) {
	config := queuecore.QueueConfig{
		Lease:       defaultVisibility * second,
		Retention:   defaultRetention * second,
		DedupWindow: standardWindow,
		MaxInFlight: maxInFlight,
	}
	if strings.HasSuffix(queue, fifoSuffix) {
		config.GroupOrder = true
		config.DedupWindow = fifoWindow
	} else {
		config.FairGroups = true
	}
	for _, t := range tags {
		setLabel(&config, tagLabel+t.Name, t.Value)
	}
	return config, c.apply(&config, change)
}

func (c *call) getQueueURL(_ context.Context, r *wire.GetQueueURL) (wire.Result, error) {
	if r.QueueName == "" {
		return nil, missing("QueueName")
	}
	q, err := c.find(r.QueueName, c.asked(look()...))
	if err != nil {
		return nil, err
	}
	return &wire.QueueURL{URL: c.queueURL(q.Name)}, nil
}

func (c *call) deleteQueue(ctx context.Context, r *wire.Target) (wire.Result, error) {
	q, err := c.open(r, protocols.Delete)
	if err != nil {
		return nil, err
	}
	if err := c.broker.DeleteQueue(ctx, q.Name); err != nil {
		return nil, err
	}
	c.deleted.note(q.Name, c.Now())
	return nil, nil
}

func (c *call) purgeQueue(ctx context.Context, r *wire.Target) (wire.Result, error) {
	q, err := c.open(r, protocols.Purge)
	if err != nil {
		return nil, err
	}
	if !c.purged.first(q.Name, c.Now()) {
		return nil, wire.Errorf(wire.PurgeQueueInProgress, "Only one PurgeQueue operation on %s is allowed every %s seconds.",
			c.names.QueueName(q.Name), seconds(c.PurgeInterval))
	}
	_, err = c.broker.Purge(ctx, q.Name)
	return nil, err
}

func (c *call) listQueues(_ context.Context, r *wire.ListQueues) (wire.Result, error) {
	list, token, err := c.page(&r.Page, r.Prefix, func(name string, q *queuecore.QueueInfo) bool {
		return strings.HasPrefix(name, r.Prefix)
	})
	return &wire.QueueList{URLs: list, NextToken: token}, err
}

func (c *call) listSources(_ context.Context, r *wire.ListDeadLetterSourceQueues) (wire.Result, error) {
	dead, err := c.open(&r.Target, look()...)
	if err != nil {
		return nil, err
	}
	list, token, err := c.page(&r.Page, c.names.QueueName(dead.Name), func(_ string, q *queuecore.QueueInfo) bool {
		return q.Config.MaxAttempts > 0 && q.Config.DeadLetter == dead.Name
	})
	return &wire.SourceList{URLs: list, NextToken: token}, err
}
