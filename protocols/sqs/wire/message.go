package wire

// SendEntry is a message to be sent.
type SendEntry struct {
	ID         string // of the entry within its batch
	Body       string
	Delay      Int
	Attributes Attributes
	System     Attributes
	GroupID    string
	DedupID    string
}

func (r *SendEntry) set(name []byte, v value) error {
	switch string(name) {
	case "Id":
		return readString(&r.ID, v)
	case "MessageBody":
		return readString(&r.Body, v)
	case "DelaySeconds":
		return r.Delay.read(v)
	case "MessageAttributes":
		return v.dict(&r.Attributes)
	case "MessageSystemAttributes":
		return v.dict(&r.System)
	case "MessageGroupId":
		return readString(&r.GroupID, v)
	case "MessageDeduplicationId":
		return readString(&r.DedupID, v)
	}
	return v.skip()
}

// Size is the size of the message as SQS counts it: the body, and the name, type
// and value of each attribute. System attributes do not count.
func (r *SendEntry) Size() int {
	n := len(r.Body)
	for i := range r.Attributes {
		n += r.Attributes[i].Size()
	}
	return n
}

// SendMessage sends one message.
type SendMessage struct {
	Target
	SendEntry
}

func (r *SendMessage) set(name []byte, v value) error {
	if string(name) == "QueueUrl" {
		return r.Target.set(name, v)
	}
	return r.SendEntry.set(name, v)
}

// SendEntries are the messages of a batch.
type SendEntries []SendEntry

// usualEntries is room for as many as a batch may have.
const usualEntries = 10

func (l *SendEntries) add(v value) error {
	if *l == nil {
		*l = make(SendEntries, 0, usualEntries)
	}
	*l = append(*l, SendEntry{})
	return v.structure(&(*l)[len(*l)-1])
}

// SendMessageBatch sends up to ten messages.
type SendMessageBatch struct {
	Target
	Entries SendEntries
}

func (r *SendMessageBatch) set(name []byte, v value) error {
	return r.setList("Entries", &r.Entries, name, v)
}

// ReceiveMessage asks for messages.
type ReceiveMessage struct {
	Target
	SystemNames       Strings // of MessageSystemAttributeNames and the older AttributeNames
	AttributeNames    Strings
	Max               Int
	VisibilityTimeout Int
	Wait              Int
	AttemptID         string
}

func (r *ReceiveMessage) set(name []byte, v value) error {
	switch string(name) {
	case "MessageSystemAttributeNames", "AttributeNames":
		return v.list(&r.SystemNames)
	case "MessageAttributeNames":
		return v.list(&r.AttributeNames)
	case "MaxNumberOfMessages":
		return r.Max.read(v)
	case "VisibilityTimeout":
		return r.VisibilityTimeout.read(v)
	case "WaitTimeSeconds":
		return r.Wait.read(v)
	case "ReceiveRequestAttemptId":
		return readString(&r.AttemptID, v)
	}
	return r.Target.set(name, v)
}

// ReceiptEntry points at a received message: to delete it, or to change its
// visibility timeout.
type ReceiptEntry struct {
	ID                string // of the entry within its batch
	ReceiptHandle     string
	VisibilityTimeout Int
}

func (r *ReceiptEntry) set(name []byte, v value) error {
	switch string(name) {
	case "Id":
		return readString(&r.ID, v)
	case "ReceiptHandle":
		return readString(&r.ReceiptHandle, v)
	case "VisibilityTimeout":
		return r.VisibilityTimeout.read(v)
	}
	return v.skip()
}

// Settle is DeleteMessage or ChangeMessageVisibility.
type Settle struct {
	Target
	ReceiptEntry
}

func (r *Settle) set(name []byte, v value) error {
	if string(name) == "QueueUrl" {
		return r.Target.set(name, v)
	}
	return r.ReceiptEntry.set(name, v)
}

// ReceiptEntries are the entries of a batch.
type ReceiptEntries []ReceiptEntry

func (l *ReceiptEntries) add(v value) error {
	if *l == nil {
		*l = make(ReceiptEntries, 0, usualEntries)
	}
	*l = append(*l, ReceiptEntry{})
	return v.structure(&(*l)[len(*l)-1])
}

// SettleBatch is DeleteMessageBatch or ChangeMessageVisibilityBatch.
type SettleBatch struct {
	Target
	Entries ReceiptEntries
}

func (r *SettleBatch) set(name []byte, v value) error {
	return r.setList("Entries", &r.Entries, name, v)
}
