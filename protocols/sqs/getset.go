package sqs

import (
	"context"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// openToSet opens a queue whose attributes are to be set. The policy hands out rights and
// takes them away, so to set that is to administer the queue.
func (c *call) openToSet(r *wire.SetQueueAttributes) (queuecore.QueueInfo, error) {
	_, rights := r.Attributes.Get(policyName)
	if rights && len(r.Attributes) == 1 {
		return c.open(&r.Target, protocols.Admin)
	}
	q, err := c.open(&r.Target, protocols.Create)
	if err == nil && rights {
		err = c.permit(&q, c.asked(protocols.Admin))
	}
	return q, err
}

// setQueueAttributes changes all that is asked for, or nothing.
func (c *call) setQueueAttributes(ctx context.Context, r *wire.SetQueueAttributes) (wire.Result, error) {
	q, err := c.openToSet(r)
	if err != nil {
		return nil, err
	}
	if len(r.Attributes) == 0 {
		return nil, missing("Attributes")
	}
	if err := c.checkAttributes(q.Name, isFIFO(&q), r.Attributes); err != nil {
		return nil, err
	}
	_, err = c.broker.UpdateQueue(ctx, q.Name, func(config *queuecore.QueueConfig) error {
		return c.apply(config, r.Attributes)
	})
	return nil, err
}

func (c *call) getQueueAttributes(ctx context.Context, r *wire.GetQueueAttributes) (wire.Result, error) {
	q, err := c.open(&r.Target, look()...)
	if err != nil {
		return nil, err
	}
	for _, name := range r.Names {
		if name != "All" && c.attribute(name) == nil && !isReadOnly(name) {
			return nil, unknownAttribute(name)
		}
	}
	out := &wire.QueueAttributes{}
	want := wanted(r.Names)
	if err := c.addReadOnly(ctx, out, &q, want); err != nil {
		return nil, err
	}
	fifo := isFIFO(&q)
	for _, a := range c.attributes {
		if !want(a.name) || a.fifo && !fifo {
			continue
		}
		if v := a.get(&q.Config); v != "" {
			out.Attributes = append(out.Attributes, wire.Pair{Name: a.name, Value: v})
		}
	}
	return out, nil
}

// wanted tells which names a client asked for.
func wanted(names []string) func(string) bool {
	return func(name string) bool {
		for _, n := range names {
			if n == name || n == "All" {
				return true
			}
		}
		return false
	}
}

const counts = "ApproximateNumberOfMessages"

func isReadOnly(name string) bool {
	switch name {
	case "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp":
		return true
	}
	rest, ok := strings.CutPrefix(name, counts)
	return ok && (rest == "" || rest == "NotVisible" || rest == "Delayed")
}

func (c *call) addReadOnly(ctx context.Context, out *wire.QueueAttributes, q *queuecore.QueueInfo, want func(string) bool) error {
	add := func(name string, v func() string) {
		if want(name) {
			out.Attributes = append(out.Attributes, wire.Pair{Name: name, Value: v()})
		}
	}
	add("QueueArn", func() string { return c.arn(q.Name) })
	add("CreatedTimestamp", func() string { return strconv.FormatInt(q.Created.Unix(), 10) })
	add("LastModifiedTimestamp", func() string { return strconv.FormatInt(q.Modified.Unix(), 10) })
	if !want(counts) && !want(counts+"NotVisible") && !want(counts+"Delayed") {
		return nil
	}
	s, err := c.broker.Stats(ctx, q.Name)
	if err != nil {
		return err
	}
	add(counts, func() string { return strconv.Itoa(s.Ready) })
	add(counts+"NotVisible", func() string { return strconv.Itoa(s.Leased + s.Resting + s.Parked) })
	add(counts+"Delayed", func() string { return strconv.Itoa(s.Delayed - s.Resting) })
	return nil
}
