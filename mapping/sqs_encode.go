package mapping

import (
	"sort"
	"strconv"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// sqsMaxDelay is the longest DelaySeconds. A message that waited longer was
// delayed in words of another dialect or of ours (SendMessage, DelaySeconds).
const sqsMaxDelay = 15 * time.Minute

// Encode turns a delivery into what ReceiveMessage answers, but for the system
// attributes made of Delivery itself. It gives at most ten attributes, in the
// order of the properties; when there are more, those that matter to every
// consumer come first and the rest is packed into one. Binary values stay
// the message's own. What a dead letter says of itself is given while there is room.
// Packing and dead letters leave places free for what a JMS client adds when it
// sends the message on.
func (q SQS) Encode(x *queuecore.Delivery) SQSMessage { return q.encode(x, sqsMaxAttributes) }

// encode is Encode with room for so many attributes.
func (q SQS) encode(x *queuecore.Delivery, room int) SQSMessage {
	e := sqsEncoder{m: x.Message, room: room}
	var msgType string
	e.out.Body, msgType = q.encodeBody(x.Message, &e.rest)
	e.ids()
	e.fields(msgType)
	e.properties()
	e.choose()
	if x.Dead != nil {
		e.dead(x.Dead, strayedFrom(x))
	}
	return e.out
}

// sqsEncoder collects the attributes of one message, and what they cannot hold.
type sqsEncoder struct {
	m     *queuecore.Message
	room  int // for attributes
	out   SQSMessage
	slots []sqsSlot
	rest  packed
}

// sqsSlot is an attribute that would like one of the ten places.
type sqsSlot struct {
	attribute SQSAttribute
	rank      int     // the lower, the sooner it gets a place
	field     meaning // or userOwn
	text      string  // of the field, for packing
	property  int     // its place among the properties when field is userOwn
}

// The ranks of attributes. The message type stands first: without it the body
// cannot be read.
const (
	rankBody = iota
	rankTrace
	rankCorrelation
	rankReply
	rankType
	rankContent
	rankGroup
	rankTimes
	rankUser
)

// ids sets what goes in fields of the answer's own.
func (e *sqsEncoder) ids() {
	if isSQSID(e.m.Group) {
		e.out.GroupID = e.m.Group
	} else if e.m.Group != "" && !e.groupIsSaid() {
		e.rest.field(group, e.m.Group)
	}
	if isSQSID(e.m.DedupID) {
		e.out.DedupID = e.m.DedupID
	} else if e.m.DedupID != "" {
		e.rest.field(dedupID, e.m.DedupID)
	}
}

// groupIsSaid reports whether a property goes out that names the group; its
// rank always finds it a place.
func (e *sqsEncoder) groupIsSaid() bool {
	text, plain := e.plain(sqsGroup)
	return plain && text == e.m.Group && isSQSText(text)
}

// plain returns the text of the property called name, if it is a plain string.
func (e *sqsEncoder) plain(name string) (string, bool) {
	if p := findProperty(e.m.Properties, name); p != nil {
		return plainText(p)
	}
	return "", false
}

func (e *sqsEncoder) fields(msgType string) {
	m := e.m
	e.text(bodyKind, rankBody, sqsBodyKind, msgType)
	e.text(correlationID, rankCorrelation, sqsCorrelationID, m.CorrelationID)
	e.reply()
	e.text(messageType, rankType, sqsType, m.Type)
	e.text(contentType, rankContent, sqsContentType, m.ContentType)
	if m.Priority.IsSet() {
		e.number(priority, sqsPriority, "Number.int", level(m.Priority))
	}
	if !m.ExpiresAt.IsZero() {
		e.number(expiresAt, sqsExpiresAt, "Number.long", millis(m.ExpiresAt))
	}
	if waits(m, sqsMaxDelay) {
		e.number(deliverAt, sqsDeliverAt, "Number.long", millis(m.DeliverAt))
	}
}

func (e *sqsEncoder) text(w meaning, rank int, name, value string) {
	switch {
	case value == "":
	case isSQSText(value):
		a := SQSAttribute{Name: name, DataType: sqsString, Text: value}
		e.slots = append(e.slots, sqsSlot{attribute: a, rank: rank, field: w, text: value})
	default:
		e.rest.field(w, value)
	}
}

func (e *sqsEncoder) number(w meaning, name, dataType, value string) {
	a := SQSAttribute{Name: name, DataType: dataType, Text: value}
	e.slots = append(e.slots, sqsSlot{attribute: a, rank: rankTimes, field: w, text: value})
}

// reply adds the reply queue's name and, for the gateway to complete, its URL.
// JMS on SQS replies to queues alone: a topic is packed.
func (e *sqsEncoder) reply() {
	to := e.m.ReplyTo
	if to.IsZero() {
		return
	}
	canonical := STOMP{}.Name(to)
	if to.Kind != queuecore.KindQueue {
		e.rest.field(replyTo, canonical)
		return
	}
	if e.producerNames(to) {
		return // the producer's own attribute says it
	}
	name := SQS{}.QueueName(to.Name)
	a := SQSAttribute{Name: sqsReplyTo, DataType: sqsString, Text: name}
	e.slots = append(e.slots, sqsSlot{attribute: a, rank: rankReply, field: replyTo, text: canonical})
	if !e.producerURL() {
		a.Name = SQSReplyToURL
		e.slots = append(e.slots, sqsSlot{attribute: a, rank: rankReply, field: replyTo, text: canonical})
	}
}

// producerNames reports whether a property names the reply queue, as it does
// when the producer gave its name without a URL.
func (e *sqsEncoder) producerNames(to queuecore.Destination) bool {
	text, plain := e.plain(sqsReplyTo)
	return plain && text == SQS{}.QueueName(to.Name) && !e.producerURL()
}

// producerURL reports whether a property goes out as the URL of the reply queue.
func (e *sqsEncoder) producerURL() bool {
	p := findProperty(e.m.Properties, SQSReplyToURL)
	if p == nil {
		return false
	}
	a, ok := SQS{}.attribute(p)
	return ok && !e.misread(p, &a)
}

func (e *sqsEncoder) properties() {
	for i := range e.m.Properties {
		p := &e.m.Properties[i]
		if e.trace(p) {
			continue
		}
		a, ok := SQS{}.attribute(p)
		if !ok || e.misread(p, &a) {
			e.rest.property(i, p)
			continue
		}
		e.slots = append(e.slots, sqsSlot{attribute: a, rank: propertyRank(p.Name), property: i})
	}
}

// trace takes the trace header out of the properties; it costs no place.
func (e *sqsEncoder) trace(p *queuecore.Property) bool {
	text, plain := plainText(p)
	if p.Name != SQSTraceProperty || !plain || !isSQSText(text) {
		return false
	}
	e.out.TraceHeader = text
	return true
}

func propertyRank(name string) int {
	switch name {
	case "traceparent", "tracestate": // W3C Trace Context
		return rankTrace
	case sqsReplyTo, SQSReplyToURL:
		return rankReply
	case sqsGroup:
		return rankGroup
	}
	return rankUser
}

// misread reports whether Decode would not read the property p out of the
// attribute a, given the others.
func (e *sqsEncoder) misread(p *queuecore.Property, a *SQSAttribute) bool {
	q := SQS{}
	switch w := q.meaning(a.Name); {
	case w == replyTo && e.producerNames(e.m.ReplyTo):
		return false
	case w != userOwn:
		return e.given(a.Name) || q.takes(w, a, e.out.Body) || w == serverSet
	}
	switch a.Name {
	case sqsGroup: // it would make a group where there is none
		return e.m.Group == "" && a.DataType == sqsString
	case SQSReplyToURL: // it would pass for what the gateway completes
		return a.DataType == sqsString && a.Text == SQS{}.QueueName(e.m.ReplyTo.Name)
	}
	return false
}

// given reports whether an attribute has taken the name.
func (e *sqsEncoder) given(name string) bool {
	for i := range e.slots {
		if e.slots[i].attribute.Name == name {
			return true
		}
	}
	return false
}

// choose gives the places to those of the lowest rank and packs the others.
func (e *sqsEncoder) choose() {
	room := e.room
	if !e.rest.isZero() || len(e.slots) > room {
		room -= 1 + e.addedLater()
	}
	if len(e.slots) > room {
		e.packAfter(room)
	}
	if len(e.slots) > 0 {
		e.out.Attributes = make([]SQSAttribute, 0, len(e.slots)+1)
	}
	for i := range e.slots {
		e.out.Attributes = append(e.out.Attributes, e.slots[i].attribute)
	}
	if !e.rest.isZero() {
		rest := e.rest // a copy, so that only a message that is packed costs the heap
		a := SQSAttribute{Name: sqsPacked, DataType: sqsString, Text: rest.String()}
		e.out.Attributes = append(e.out.Attributes, a)
	}
}

// addedLater returns how many attributes the SQS JMS library adds to the message
// when its client sends it on as received: what it knows from elsewhere becomes an attribute
// then. With more than ten of them it could not be sent on.
func (e *sqsEncoder) addedLater() (n int) {
	if !e.given(sqsBodyKind) {
		n++
	}
	if e.out.GroupID != "" && !e.given(sqsGroup) {
		n++
	}
	if e.out.DedupID != "" && !e.given(sqsSequenceNumber) { // in FIFO queues alone
		n++
	}
	return n
}

// packAfter packs all slots but the first room by rank, and keeps the order of those.
func (e *sqsEncoder) packAfter(room int) {
	byRank := make([]int, len(e.slots))
	for i := range byRank {
		byRank[i] = i
	}
	sort.SliceStable(byRank, func(i, j int) bool { return e.slots[byRank[i]].rank < e.slots[byRank[j]].rank })
	for _, i := range byRank[room:] {
		if s := &e.slots[i]; s.field != userOwn {
			e.rest.field(s.field, s.text)
		} else {
			e.rest.property(s.property, &e.m.Properties[s.property])
		}
	}
	stay := byRank[:room]
	sort.Ints(stay)
	kept := make([]sqsSlot, 0, room)
	for _, i := range stay {
		kept = append(kept, e.slots[i])
	}
	e.slots = kept
}

// dead says why the message is a dead letter, as far as there are places left.
func (e *sqsEncoder) dead(d *queuecore.DeadLetter, origin string) {
	room := e.room - e.addedLater()
	for _, a := range []SQSAttribute{
		{Name: sqsDeadReason, DataType: sqsString, Text: printable(d.Reason)},
		{Name: sqsDeadAttempts, DataType: "Number.int", Text: strconv.Itoa(d.Attempts)},
		{Name: sqsDeadQueue, DataType: sqsString, Text: printable(d.Queue)},
		{Name: sqsOrigin, DataType: sqsString, Text: printable(origin)},
	} {
		if a.Text != "" && len(e.out.Attributes) < room {
			e.out.Attributes = append(e.out.Attributes, a)
		}
	}
}
