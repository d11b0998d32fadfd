package mapping

import (
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// Decode turns what SendMessage carries into a message; the destination is the
// gateway's to set. Binary values are not copied: the message owns them from
// then on. An attribute is read as a field only if it is spelled as Encode spells
// it; every other attribute is the user's and goes out as it came. The error is
// queuecore.ErrInvalid and names attribute, value and rule.
func (q SQS) Decode(x SQSMessage, now time.Time) (*queuecore.Message, error) {
	m := &queuecore.Message{Group: x.GroupID, DedupID: x.DedupID}
	in := sqsIntake{intake: intake{m: m, now: now}, all: x.Attributes, body: x.Body}
	if err := in.attributes(x.TraceHeader); err != nil {
		return nil, err
	}
	m.BodyKind, m.Body = sqsKind(in.msgType), q.decodeBody(x.Body, in.msgType)
	if x.Delay >= 0 && m.DeliverAt.IsZero() {
		m.DeliverAt = wholeMillis(now.Add(x.Delay))
	}
	if err := in.unpack(); err != nil {
		return nil, err
	}
	if m.Group == "" {
		m.Group = q.groupAttribute(x.Attributes)
	}
	endGroup(m)
	return m, nil
}

// sqsIntake gathers what the attributes of one message say.
type sqsIntake struct {
	intake
	all     []SQSAttribute
	body    string // as sent
	msgType string
}

func (in *sqsIntake) attributes(trace string) error {
	in.propertyRoom = len(in.all) + 1
	if trace != "" {
		in.property(SQSTraceProperty, trace)
	}
	for i := range in.all {
		if err := in.attribute(&in.all[i]); err != nil {
			return err
		}
	}
	return nil
}

func (in *sqsIntake) attribute(a *SQSAttribute) error {
	q := SQS{}
	w := q.meaning(a.Name)
	switch {
	case w == serverSet, w == userOwn && q.standsIn(a, in.all):
		return nil
	case !q.takes(w, a, in.body):
		return in.keep(a)
	case !in.first(w):
		return invalid(a.Name, a.Text, "named twice")
	}
	switch w {
	case packedRest:
		in.rest = Header{a.Name, a.Text}
	case bodyKind:
		in.msgType = a.Text
	case replyTo:
		return in.reply(a)
	default:
		return setField(in.m, w, a.Name, a.Text, in.now)
	}
	return nil
}

// keep adds an attribute as a property.
func (in *sqsIntake) keep(a *SQSAttribute) error {
	p, err := SQS{}.property(a)
	if err != nil {
		return err
	}
	if a.Name == "" || in.index.find(in.m.Properties, a.Name) >= 0 {
		return invalid(a.Name, a.Text, "a name must be given, and once")
	}
	in.append(p)
	return nil
}

// reply reads the name of the reply queue. A name that came without its URL
// stays a property too, so that Encode adds none.
func (in *sqsIntake) reply(a *SQSAttribute) error {
	queue, err := SQS{}.Queue(a.Text)
	if err != nil {
		return err
	}
	in.m.ReplyTo = queuecore.QueueNamed(queue)
	if findAttribute(in.all, SQSReplyToURL) == nil {
		return in.keep(a)
	}
	return nil
}

// standsIn reports whether a is a reply URL that Encode left to the gateway.
func (q SQS) standsIn(a *SQSAttribute, all []SQSAttribute) bool {
	if a.Name != SQSReplyToURL || a.DataType != sqsString {
		return false
	}
	name := findAttribute(all, sqsReplyTo)
	return name != nil && q.takes(replyTo, name, "") && a.Text == name.Text
}

func findAttribute(all []SQSAttribute, name string) *SQSAttribute {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// groupAttribute returns the group that a JMS client named on a queue where
// MessageGroupId is not sent. The attribute stays a property too.
func (SQS) groupAttribute(all []SQSAttribute) string {
	if a := findAttribute(all, sqsGroup); a != nil && a.DataType == sqsString {
		return a.Text
	}
	return ""
}

func (in *sqsIntake) unpack() error {
	if in.rest.Name == "" {
		return nil
	}
	p, err := parsePacked(in.rest.Name, in.rest.Value)
	if err != nil {
		return err
	}
	if p.Empty && in.body == sqsEmptyBody {
		in.m.Body = nil
	}
	return p.restore(in.rest.Name, in.m)
}
