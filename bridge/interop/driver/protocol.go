package driver

// The dialects, as requests name them.
const (
	STOMP = "stomp"
	NATS  = "nats"
	SQS   = "sqs"
)

// What a request may ask for.
const (
	// Hello asks for the language and the versions of the clients.
	Hello = "hello"
	// Produce sends Messages in order and returns when the server has confirmed
	// every one. What the dialect needs before (a stream, a queue URL) is made.
	Produce = "produce"
	// Consume receives exactly Count messages and does to each what Settle says.
	Consume = "consume"
	// Settle does to the deliveries of Handles what Settle says. A STOMP
	// delivery must be one that this driver holds.
	Settle = "settle"
	// Count asks how many messages the queue has. STOMP has no way to ask.
	Count = "count"
	// Close ends every connection to Addr; what they held is given up.
	Close = "close"
)

// How a delivery is settled.
const (
	Ack  = "ack"
	Nack = "nack" // to be delivered again, at once
	Hold = "hold" // not settled: the driver keeps it, and its connection
)

// Request is one line to a driver. Fields that an action has no use for are empty.
type Request struct {
	ID      int    `json:"id"`
	Do      string `json:"do"`
	Dialect string `json:"dialect,omitempty"`
	Addr    string `json:"addr,omitempty"` // host:port
	// Queue is what the dialect calls the queue: a destination, a stream and
	// its subject, or a queue name.
	Queue    string    `json:"queue,omitempty"`
	Messages []Message `json:"messages,omitempty"`
	Count    int       `json:"count,omitempty"`
	Settle   string    `json:"settle,omitempty"`
	Handles  []string  `json:"handles,omitempty"`
	// TimeoutMS bounds the whole request. A driver that cannot keep it answers
	// with an error that says how far it came.
	TimeoutMS int `json:"timeout_ms"`
}

// Reply is one line from a driver. Error is empty when all went well.
type Reply struct {
	ID       int               `json:"id"`
	Error    string            `json:"error,omitempty"`
	Language string            `json:"language,omitempty"`
	Clients  map[string]string `json:"clients,omitempty"` // by dialect, name and version
	Messages []Message         `json:"messages,omitempty"`
	Counts   *Counts           `json:"counts,omitempty"`
}

// Message is a message as a client library takes it or shows it. JSON has the
// body, and the value of a binary attribute, in base64.
type Message struct {
	Body []byte `json:"body"`
	// Headers are those of STOMP or NATS, in order.
	Headers [][2]string `json:"headers,omitempty"`
	// Attributes, Group and DedupID are those of SQS.
	Attributes []Attribute `json:"attributes,omitempty"`
	Group      string      `json:"group,omitempty"`
	DedupID    string      `json:"dedup_id,omitempty"`

	// What follows is set on what was received. Handle is the dialect's own name
	// for the delivery: the ack header, the ack subject or the receipt handle.
	Handle      string `json:"handle,omitempty"`
	Attempt     int    `json:"attempt,omitempty"`
	Destination string `json:"destination,omitempty"` // STOMP's header or the NATS subject
	// System are the system attributes of SQS.
	System map[string]string `json:"system,omitempty"`
}

// Attribute is an SQS message attribute. Binary is used when DataType begins
// with "Binary", Text otherwise.
type Attribute struct {
	Name     string `json:"name"`
	DataType string `json:"type"`
	Text     string `json:"text,omitempty"`
	Binary   []byte `json:"binary,omitempty"`
}

// Counts are a queue's messages. A dialect that cannot tell them apart calls
// all of them ready.
type Counts struct {
	Ready   int `json:"ready"`
	Leased  int `json:"leased"`
	Delayed int `json:"delayed"`
}

// IsZero reports whether the queue is empty.
func (c Counts) IsZero() bool { return c == Counts{} }
