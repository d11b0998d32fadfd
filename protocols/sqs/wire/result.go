package wire

// QueueURL answers CreateQueue and GetQueueUrl.
type QueueURL struct{ URL string }

func (r *QueueURL) write(w *writer) { w.text("QueueUrl", r.URL) }

// QueueList answers ListQueues.
type QueueList struct {
	URLs      []string
	NextToken string
}

func (r *QueueList) write(w *writer) {
	w.strings("QueueUrls", "QueueUrl", r.URLs, false)
	w.optional("NextToken", r.NextToken)
}

// SourceList answers ListDeadLetterSourceQueues.
type SourceList QueueList

// The model of the service spells the member with a small letter here, and
// requires it.
func (r *SourceList) write(w *writer) {
	w.strings("queueUrls", "QueueUrl", r.URLs, true)
	w.optional("NextToken", r.NextToken)
}

// QueueAttributes answers GetQueueAttributes.
type QueueAttributes struct{ Attributes Pairs }

func (r *QueueAttributes) write(w *writer) {
	w.pairs("Attributes", "Attribute", "Name", r.Attributes)
}

// QueueTags answers ListQueueTags.
type QueueTags struct{ Tags Pairs }

func (r *QueueTags) write(w *writer) { w.pairs("Tags", "Tag", "Key", r.Tags) }

// Sent answers SendMessage, and one entry of SendMessageBatch. Empty members are left out.
type Sent struct {
	ID                    string // of the entry within its batch
	MessageID             string
	MD5OfBody             string
	MD5OfAttributes       string
	MD5OfSystemAttributes string
	SequenceNumber        string
}

func (r *Sent) write(w *writer) {
	w.optional("Id", r.ID)
	w.text("MessageId", r.MessageID)
	w.text("MD5OfMessageBody", r.MD5OfBody)
	w.optional("MD5OfMessageAttributes", r.MD5OfAttributes)
	w.optional("MD5OfMessageSystemAttributes", r.MD5OfSystemAttributes)
	w.optional("SequenceNumber", r.SequenceNumber)
}

// Failed is an entry of a batch that failed on its own.
type Failed struct {
	ID  string
	Err *Error
}

func (w *writer) failed(list []Failed) {
	w.list("Failed", "BatchResultErrorEntry", len(list), func(i int) {
		w.text("Id", list[i].ID)
		w.text("Code", list[i].Err.Code.Query())
		w.text("Message", list[i].Err.Message)
		w.boolean("SenderFault", list[i].Err.Code.SenderFault())
	})
}

// SentBatch answers SendMessageBatch.
type SentBatch struct {
	Successful []Sent
	Failed     []Failed
}

func (r *SentBatch) write(w *writer) {
	w.list("Successful", "SendMessageBatchResultEntry", len(r.Successful), func(i int) { r.Successful[i].write(w) })
	w.failed(r.Failed)
}

// SettledBatch answers DeleteMessageBatch and ChangeMessageVisibilityBatch.
type SettledBatch struct {
	Action     string // which of the two
	Successful []string
	Failed     []Failed
}

func (r *SettledBatch) write(w *writer) {
	w.list("Successful", r.Action+"ResultEntry", len(r.Successful), func(i int) { w.text("Id", r.Successful[i]) })
	w.failed(r.Failed)
}

// Message is one received message. Empty members are left out.
type Message struct {
	MessageID       string
	ReceiptHandle   string
	MD5OfBody       string
	Body            string
	System          Pairs
	MD5OfAttributes string
	Attributes      Attributes
}

// Messages answers ReceiveMessage.
type Messages struct{ Messages []Message }

func (r *Messages) write(w *writer) {
	w.list("Messages", "Message", len(r.Messages), func(i int) { r.Messages[i].write(w) })
}

func (m *Message) write(w *writer) {
	w.text("MessageId", m.MessageID)
	w.text("ReceiptHandle", m.ReceiptHandle)
	w.text("MD5OfBody", m.MD5OfBody)
	w.text("Body", m.Body)
	w.pairs("Attributes", "Attribute", "Name", m.System)
	w.optional("MD5OfMessageAttributes", m.MD5OfAttributes)
	w.attributes(m.Attributes)
}
