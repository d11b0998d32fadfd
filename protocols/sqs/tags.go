package sqs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// tagLabel begins the names of the labels that hold tags.
const tagLabel = "sqs.tag."

// SQS developer guide, "Queue tags": 50 tags, keys of 128 and values of 256 characters, no
// key that begins with aws:. What XML cannot carry would come back as something else.
func checkTags(tags wire.Pairs) error {
	for _, t := range tags {
		switch {
		case t.Name == "" || len([]rune(t.Name)) > maxTagKey:
			return badValue(t.Name, "Tag.Key", "Must be between 1 and 128 characters long.")
		case len([]rune(t.Value)) > maxTagValue:
			return badValue(t.Value, "Tag.Value", "Must be at most 256 characters long.")
		case strings.HasPrefix(strings.ToLower(t.Name), "aws:"):
			return badValue(t.Name, "Tag.Key", "The prefix aws: is reserved.")
		case !isText(t.Name) || !isText(t.Value):
			return invalid("The tag %q holds a character that no message may hold either.", t.Name)
		}
	}
	if len(tags) > maxTags {
		return tooManyTags(len(tags))
	}
	return nil
}

func tooManyTags(n int) error {
	return invalid("Too many tags added for queue: %d. The maximum is %d.", n, maxTags)
}

func (c *call) tagQueue(ctx context.Context, r *wire.TagQueue) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Create)
	if err != nil {
		return nil, err
	}
	if len(r.Tags) == 0 {
		return nil, missing("Tags")
	}
	if err := checkTags(r.Tags); err != nil {
		return nil, err
	}
	_, err = c.broker.UpdateQueue(ctx, q.Name, func(config *queuecore.QueueConfig) error {
		for _, t := range r.Tags {
			setLabel(config, tagLabel+t.Name, t.Value)
		}
		if n := len(tagsOf(config)); n > maxTags {
			return tooManyTags(n)
		}
		return nil
	})
	return nil, err
}

func (c *call) untagQueue(ctx context.Context, r *wire.UntagQueue) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Create)
	if err != nil {
		return nil, err
	}
	if len(r.Keys) == 0 {
		return nil, missing("TagKeys")
	}
	_, err = c.broker.UpdateQueue(ctx, q.Name, func(config *queuecore.QueueConfig) error {
		for _, k := range r.Keys {
			delete(config.Labels, tagLabel+k)
		}
		return nil
	})
	return nil, err
}

func (c *call) listQueueTags(_ context.Context, r *wire.Target) (wire.Result, error) {
	q, err := c.open(r, look()...)
	if err != nil {
		return nil, err
	}
	return &wire.QueueTags{Tags: tagsOf(&q.Config)}, nil
}

// tagsOf returns the tags of a queue, sorted.
func tagsOf(config *queuecore.QueueConfig) wire.Pairs {
	var tags wire.Pairs
	for k, v := range config.Labels {
		if key, ok := strings.CutPrefix(k, tagLabel); ok {
			tags = append(tags, wire.Pair{Name: key, Value: v})
		}
	}
	slices.SortFunc(tags, func(a, b wire.Pair) int { return cmp.Compare(a.Name, b.Name) })
	return tags
}
