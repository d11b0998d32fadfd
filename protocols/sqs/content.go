package sqs

import (
	"strconv"
	"unicode/utf8"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

const traceHeader = "AWSTraceHeader"

// entryCheck is a message to be sent, and where to. What is said of a wrong one
// differs a little between a batch and a single message.
type entryCheck struct {
	entry *wire.SendEntry
	queue *queuecore.QueueInfo
	fifo  bool
	batch int // number of the entry in its batch, from 1; 0: not in a batch
}

// check returns what is wrong with the message, or nil.
// SendMessage and SendMessageBatch, request parameters.
func (x *entryCheck) check() *wire.Error {
	for _, f := range []func() *wire.Error{x.body, x.size, x.attributes, x.system, x.delay, x.group, x.dedup} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func (x *entryCheck) body() *wire.Error {
	if x.entry.Body == "" {
		if x.batch > 0 {
			return missing("SendMessageBatchRequestEntry." + strconv.Itoa(x.batch) + ".MessageBody")
		}
		return missing("MessageBody")
	}
	if r, bad := firstIllegal(x.entry.Body); bad {
		return wire.Errorf(wire.InvalidMessageContents, illegal, r, "message body")
	}
	return nil
}

const illegal = "Invalid binary character '#x%X' was found in the %s, the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]."

// firstIllegal returns the first character that a message may not hold.
func firstIllegal(s string) (rune, bool) {
	for i := wire.Plain(s, 0); i < len(s); i = wire.Plain(s, i+1) {
		if c := s[i]; c != '"' && c != '\\' {
			return firstIllegalRune(s[i:])
		}
	}
	return 0, false
}

// isText reports whether both forms can carry s.
func isText(s string) bool {
	_, bad := firstIllegal(s)
	return !bad
}

func firstIllegalRune(s string) (rune, bool) {
	for _, r := range s {
		if !wire.IsText(r) {
			return r, true
		}
	}
	return 0, false
}

func (x *entryCheck) size() *wire.Error {
	limit := maxSize(&x.queue.Config)
	if x.entry.Size() <= limit {
		return nil
	}
	if x.batch > 0 {
		return invalid("One or more parameters cannot be validated. Reason: Message must be shorter than %d bytes.", limit)
	}
	return invalid("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
}

// SendMessage, "MessageSystemAttributes": only AWSTraceHeader, of type String.
func (x *entryCheck) system() *wire.Error {
	for i := range x.entry.System {
		a := &x.entry.System[i]
		switch {
		case a.Name != traceHeader:
			return invalid("Message system attribute name '%s' is invalid.", cut(a.Name))
		case a.Lists:
			return listValues()
		case a.DataType != "String":
			return invalid("The type of message system attribute '%s' is invalid. It must be String.", a.Name)
		case len(a.Binary) > 0:
			return invalid("Message system attribute '%s' with type 'String' must use field 'String'.", a.Name)
		case a.Text == "":
			return invalid("Message system attribute '%s' must contain a non-empty value of type 'String'.", a.Name)
		case len(a.Text) > maxTraceHeader:
			return invalid("Message system attribute '%s' must be shorter than %d bytes.", a.Name, maxTraceHeader)
		}
		if r, bad := firstIllegal(a.Text); bad {
			return invalid(illegal, r, "message system attribute '"+a.Name+"'")
		}
	}
	return nil
}

// trace returns the value of AWSTraceHeader, or "". Without the attribute the header that
// traces the request itself goes on with its messages, as X-Ray expects it; what cannot be one
// is passed by.
// SQS developer guide, "Amazon SQS and AWS X-Ray": X-Amzn-Trace-Id, and the attribute.
func (c *call) trace(e *wire.SendEntry) string {
	if len(e.System) > 0 {
		return e.System[0].Text
	}
	h := c.r.Header.Get("X-Amzn-Trace-Id")
	if _, bad := firstIllegal(h); bad || len(h) > maxTraceHeader || !utf8.ValidString(h) {
		return ""
	}
	return h
}

func (x *entryCheck) delay() *wire.Error {
	d := x.entry.Delay
	switch {
	case !d.Set:
		return nil
	case d.Value < 0 || d.Value > maxDelay:
		return badValue(d.Value, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
	case x.fifo && d.Value != 0:
		return notForThisType(d.Value, "DelaySeconds")
	}
	return nil
}

// group checks MessageGroupId. A standard queue may have one too: it is then no
// order but a tenant.
func (x *entryCheck) group() *wire.Error {
	id := x.entry.GroupID
	switch {
	case id == "" && x.fifo && x.batch > 0:
		return invalid("The request must contain the parameter MessageGroupId.")
	case id == "" && x.fifo:
		return missing("MessageGroupId")
	case id != "" && !isID(id):
		return badID(id, "MessageGroupId")
	}
	return nil
}

func (x *entryCheck) dedup() *wire.Error {
	id := x.entry.DedupID
	switch {
	case id != "" && !x.fifo:
		return notForThisType(id, "MessageDeduplicationId")
	case id == "" && x.fifo && !dedupByContent(&x.queue.Config):
		return invalid("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case id != "" && !isID(id):
		return badID(id, "MessageDeduplicationId")
	}
	return nil
}

// isID reports whether s is 1 to 128 printable ASCII characters other than the space.
// SendMessage, "MessageDeduplicationId".
func isID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxID
}

func badID(id, parameter string) *wire.Error {
	return badValue(id, parameter, parameter+" can only include alphanumeric and punctuation characters. 1 to 128 in length.")
}
