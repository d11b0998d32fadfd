package sqs

import (
	"fmt"
	"strconv"
	"strings"

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

func (x *entryCheck) attributes() *wire.Error {
	if n := len(x.entry.Attributes); n > maxAttributes {
		return invalid("Number of message attributes [%d] exceeds the allowed maximum [%d].", n, maxAttributes)
	}
	for i := range x.entry.Attributes {
		a := &x.entry.Attributes[i]
		if err := checkName(a.Name); err != nil {
			return err
		}
		if err := checkValue(a); err != nil {
			return err
		}
	}
	return nil
}

// SQS developer guide, "Message attribute components": Name.
func checkName(name string) *wire.Error {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return invalid("The request must contain non-empty message (user) attribute names.")
	case len(name) > maxAttributeName:
		return invalid("Message (user) attribute name must be shorter than %d bytes.", maxAttributeName)
	case strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
		return invalid("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.")
	case !isAttributeName(name):
		return invalid("Invalid message (user) attribute name '%s'. A name can contain A-Z, a-z, 0-9, underscore, hyphen and period; it must not start or end with a period or have two in succession.", name)
	}
	return nil
}

func isAttributeName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// SQS developer guide, "Message attribute data types".
func checkValue(a *wire.Attribute) *wire.Error {
	switch {
	case a.Lists:
		return wire.Errorf(wire.UnsupportedOperation, "Message attribute list values in SendMessage operation are not supported.")
	case a.DataType == "":
		return invalid("The message (user) attribute '%s' must contain a non-empty message attribute type.", a.Name)
	case len(a.DataType) > maxAttributeType:
		return invalid("Message (user) attribute type must be shorter than %d bytes.", maxAttributeType)
	}
	switch a.BaseType() {
	case "String":
		return checkText(a, "String")
	case "Number":
		if err := checkText(a, "String"); err != nil {
			return err
		}
		if !isNumber(a.Text) {
			return invalid("Can't cast the value of message (user) attribute '%s' to a number.", a.Name)
		}
	case "Binary":
		if len(a.Binary) == 0 {
			return empty(a, "Binary")
		}
	default:
		return invalid("The type of message (user) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", a.Name)
	}
	return nil
}

func empty(a *wire.Attribute, kind string) *wire.Error {
	return invalid("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", a.Name, kind)
}

func checkText(a *wire.Attribute, kind string) *wire.Error {
	if a.Text == "" {
		return empty(a, kind)
	}
	for _, s := range []string{a.Text, a.DataType} {
		if r, bad := firstIllegal(s); bad {
			return invalid(illegal, r, fmt.Sprintf("message (user) attribute '%s'", a.Name))
		}
	}
	return nil
}

// isNumber reports whether s is a decimal number of at most 38 digits between
// 10^-128 and 10^126, zero, or the negative of one. Digits that only pad do not count.
func isNumber(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	mantissa, power, ok := splitExponent(s)
	if !ok {
		return false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	if all == "" || strings.Trim(all, "0123456789") != "" {
		return false
	}
	digits := strings.TrimLeft(all, "0")
	if digits == "" {
		return true
	}
	power += len(whole) - (len(all) - len(digits)) - 1 // of the first digit
	digits = strings.TrimRight(digits, "0")
	return len(digits) <= maxNumberDigits && power >= minNumberPower && power <= maxNumberPower
}

func splitExponent(s string) (mantissa string, power int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, true
	}
	n, err := strconv.ParseInt(s[i+1:], 10, 16)
	return s[:i], int(n), err == nil
}

// SendMessage, "MessageSystemAttributes": only AWSTraceHeader, of type String.
func (x *entryCheck) system() *wire.Error {
	for i := range x.entry.System {
		a := &x.entry.System[i]
		switch {
		case a.Name != traceHeader:
			return invalid("Message system attribute name '%s' is invalid.", cut(a.Name))
		case a.DataType != "String":
			return invalid("The type of message system attribute '%s' is invalid. It must be String.", a.Name)
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

// trace returns the value of AWSTraceHeader, or "".
func trace(e *wire.SendEntry) string {
	if len(e.System) == 0 {
		return ""
	}
	return e.System[0].Text
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
