package jetstream

import (
	"maps"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// word is a setting of a queue that a StreamConfig has no field for: a key of the stream's
// metadata. It shows what the queue has, whoever has set it. A request that leaves the key
// out says nothing of it; an empty value takes the setting away.
type word struct {
	key string
	get func(q *queuecore.QueueConfig) string          // "" when there is nothing to show
	put func(q *queuecore.QueueConfig, v string) error // the error says what v must be
}

// The keys of metadata that are words begin so.
const wordPrefix = "sluice."

const (
	wordDeadLetter = wordPrefix + "dead_letter"
	wordExpiredTo  = wordPrefix + "expired_to"
	wordDelay      = wordPrefix + "delay"
	wordFIFO       = wordPrefix + "fifo"
)

// fifoDuplicates is the duplicate_window of FIFO streams that name none, SQS's interval.
const fifoDuplicates = 5 * time.Minute

func words() []word {
	return []word{
		queueWord(wordDeadLetter, func(q *queuecore.QueueConfig) *string { return &q.DeadLetter }),
		queueWord(wordExpiredTo, func(q *queuecore.QueueConfig) *string { return &q.ExpiredTo }),
		{wordDelay, getDelay, putDelay},
		{wordFIFO, getFIFO, putFIFO},
	}
}

// queueWord is a word whose value is a stream.
func queueWord(key string, field func(*queuecore.QueueConfig) *string) word {
	return word{
		key: key,
		get: func(q *queuecore.QueueConfig) string {
			if *field(q) == "" {
				return ""
			}
			return mapping.NATS{}.Stream(*field(q))
		},
		put: func(q *queuecore.QueueConfig, v string) (err error) {
			if *field(q) = ""; v != "" {
				*field(q), err = mapping.NATS{}.Queue(v)
			}
			return err
		},
	}
}

func getDelay(q *queuecore.QueueConfig) string {
	if q.Delay == 0 {
		return ""
	}
	return q.Delay.String()
}

func putDelay(q *queuecore.QueueConfig, v string) error {
	if q.Delay = 0; v == "" {
		return nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > queuecore.MaxDelay {
		return errStreamConfig.with("%s of %q is no duration from 0s to %v, such as 1m30s", wordDelay, v, queuecore.MaxDelay)
	}
	q.Delay = d
	return nil
}

func getFIFO(q *queuecore.QueueConfig) string {
	if q.GroupOrder {
		return "true"
	}
	return ""
}

func putFIFO(q *queuecore.QueueConfig, v string) error {
	if v != "" && v != "true" && v != "false" {
		return errStreamConfig.with("%s of %q is neither true nor false", wordFIFO, v)
	}
	q.GroupOrder = v == "true"
	return nil
}

// readWords shows in c what the queue has, and no more.
func (c *StreamConfig) readWords(q *queuecore.QueueConfig) {
	for _, w := range words() {
		c.show(w, q)
	}
}

func (c *StreamConfig) show(w word, q *queuecore.QueueConfig) {
	v := w.get(q)
	if v == "" {
		delete(c.Metadata, w.key)
		return
	}
	if c.Metadata == nil {
		c.Metadata = make(map[string]string)
	}
	c.Metadata[w.key] = v
}

// checkMetadata takes the words out of a request's metadata into c.said. A key that would
// be a word and is none is refused: whoever misspells one counts on it.
func (c *StreamConfig) checkMetadata() *Error {
	var q queuecore.QueueConfig
	for _, w := range words() {
		v, ok := c.Metadata[w.key]
		if !ok {
			continue
		}
		if err := w.put(&q, v); err != nil {
			return asConfigError(w.key, err)
		}
		if c.said == nil {
			c.said, c.Metadata = make(map[string]string), maps.Clone(c.Metadata)
		}
		c.said[w.key] = v
		c.show(w, &q)
	}
	for key := range c.Metadata {
		if _, ok := c.said[key]; !ok && strings.HasPrefix(key, wordPrefix) {
			return errStreamConfig.with("metadata %q is no setting of a stream: there are %s, %s, %s and %s",
				key, wordDeadLetter, wordExpiredTo, wordDelay, wordFIFO)
		}
	}
	return nil
}

func asConfigError(key string, err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return errStreamConfig.with("%s: %v", key, err)
}

// writeWords makes the queue have what the request says.
func (c *StreamConfig) writeWords(q *queuecore.QueueConfig) error {
	for _, w := range words() {
		if v, ok := c.said[w.key]; ok {
			if err := w.put(q, v); err != nil {
				return asConfigError(w.key, err)
			}
		}
	}
	return nil
}

// follow completes a request for a stream that is there with what it leaves out: words, and
// the duplicate_window of a FIFO queue, in which SQS has a say.
func (c *StreamConfig) follow(old *stream) {
	for _, w := range words() {
		if _, ok := c.said[w.key]; !ok {
			c.show(w, &old.queue.Config)
		}
	}
	if c.windowUnnamed && old.queue.Config.GroupOrder {
		c.Duplicates = old.config.Duplicates
		if c.MaxAge > 0 {
			c.Duplicates = min(c.Duplicates, c.MaxAge)
		}
	}
}

// mayHand checks where the stream of a queue would hand messages on to: streams that are
// there, to which the client may send, and which do not hand them back. What the queue has
// already, in old, is not asked about.
func (e *Engine) mayHand(c *Client, queue string, old queuecore.QueueConfig, config *StreamConfig) error {
	next := old
	if err := config.writeWords(&next); err != nil {
		return err
	}
	for _, x := range []struct{ key, was, is string }{
		{wordDeadLetter, old.DeadLetter, next.DeadLetter}, {wordExpiredTo, old.ExpiredTo, next.ExpiredTo},
	} {
		if x.is == "" || x.is == x.was {
			continue
		}
		if err := e.checkHand(c, queue, x.key, x.is); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) checkHand(c *Client, from, key, to string) error {
	if err := c.mayDivert(key, from, to); err != nil {
		return err
	}
	shown := mapping.NATS{}.Stream(to)
	info, err := e.broker.Queue(to)
	switch {
	case to == from:
		return errStreamConfig.with("%s: stream %q cannot be its own", key, shown)
	case err != nil || info.Config.Transient:
		return errStreamConfig.with("%s: there is no stream %q: create it first", key, shown)
	}
	if e.reaches(to, from, make(map[string]bool)) {
		return errStreamConfig.with("%s: stream %q hands on to %q itself: messages would go round", key, shown, mapping.NATS{}.Stream(from))
	}
	return nil
}

// mayDivert asks whether the client may have a queue's messages go to another one.
func (c *Client) mayDivert(key, from, to string) error {
	if err := c.may(protocols.Send, key, queuecore.QueueNamed(to)); err != nil {
		return err
	}
	return c.may(protocols.Divert, key+" of stream", queuecore.QueueNamed(from))
}

// reaches reports whether what queue gives up may come to target; seen is where it has
// looked already.
func (e *Engine) reaches(queue, target string, seen map[string]bool) bool {
	if queue == target {
		return true
	}
	info, err := e.broker.Queue(queue)
	if err != nil || seen[queue] {
		return false
	}
	seen[queue] = true
	for _, next := range []string{info.Config.DeadLetter, info.Config.ExpiredTo} {
		if next != "" && e.reaches(next, target, seen) {
			return true
		}
	}
	return false
}
