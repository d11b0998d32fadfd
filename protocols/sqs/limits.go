package sqs

import "time"

// The limits of SQS.
// SQS developer guide, "Message quotas" and "Queue quotas"; SQS API reference.
const (
	maxQueueName  = 80 // CreateQueue, "QueueName"
	maxMessage    = 1 << 20
	minMessage    = 1 << 10 // SetQueueAttributes, "MaximumMessageSize"
	maxBatchBytes = 1 << 20 // SendMessageBatch
	maxEntries    = 10      // of a batch
	maxEntryID    = 80      // SendMessageBatchRequestEntry, "Id"
	maxReceive    = 10      // ReceiveMessage, "MaxNumberOfMessages"

	maxAttributes    = 10  // message attributes, "Message attribute components"
	maxAttributeName = 256 // likewise
	maxAttributeType = 256 // likewise
	maxID            = 128 // MessageGroupId, MessageDeduplicationId, ReceiveRequestAttemptId
	maxNumberDigits  = 38  // "Number has up to 38 digits of precision"
	maxNumberPower   = 126 // "and it can be between 10^-128 and 10^+126"
	minNumberPower   = -128

	maxVisibility = 43200   // seconds; ChangeMessageVisibility, also in total
	maxDelay      = 900     // seconds; SendMessage, "DelaySeconds"
	maxWait       = 20      // seconds; ReceiveMessage, "WaitTimeSeconds"
	minRetention  = 60      // seconds; SetQueueAttributes, "MessageRetentionPeriod"
	maxRetention  = 1209600 // likewise

	defaultRetention  = 345600
	defaultVisibility = 30
	defaultKeyReuse   = 300 // seconds; "KmsDataKeyReusePeriodSeconds"
	minKeyReuse       = 60
	maxKeyReuse       = 86400

	maxInFlight     = 120_000 // of one queue; "Message quotas", "In-flight messages per queue"
	maxReceiveCount = 1000    // of a redrive policy
	maxSources      = 10      // RedriveAllowPolicy, "sourceQueueArns"
	maxTags         = 50      // TagQueue
	maxTagKey       = 128
	maxTagValue     = 256
	maxPage         = 1000 // ListQueues, "MaxResults"
	maxMoves        = 10   // ListMessageMoveTasks, "MaxResults"
	maxMoveRate     = 500  // StartMessageMoveTask, "MaxNumberOfMessagesPerSecond"

	maxActions         = 7  // AddPermission, "Actions"
	maxPermissionLabel = 80 // AddPermission, "Label"

	// fifoWindow is how long a FIFO queue remembers a deduplication id.
	// SQS developer guide, "Exactly-once processing in Amazon SQS".
	fifoWindow = 5 * time.Minute
	// answerWindow is how long the id of a receive is good.
	// SQS API reference, ReceiveMessage, "ReceiveRequestAttemptId".
	answerWindow = 5 * time.Minute
)

// Limits that SQS does not name.
const (
	// standardWindow is how long a standard queue remembers the deduplication
	// ids that other dialects know; an SQS client cannot give one there.
	standardWindow = 2 * time.Minute
	// deleteGrace is how long a message of a FIFO queue stays hidden for its
	// deletion to be done. If the server dies in between, its group waits for so long.
	deleteGrace = 3 * time.Second
	// maxTraceHeader bounds AWSTraceHeader, which does not count to the size of
	// a message.
	maxTraceHeader = 2 << 10
	// sizeSlack is how much more a message may measure in the core than in SQS:
	// the core counts the trace header, the group and the ids too.
	sizeSlack = maxTraceHeader + 1<<10
	// maxCredential bounds the credential of a signature, maxSignedHeaders the names
	// that it lists, and maxParams the parameters of an address that is signed.
	maxCredential    = 256
	maxSignedHeaders = 100
	maxParams        = 1000
	// maxSigningKeys bounds the signing keys that are remembered, of some 200 bytes
	// each: one for each access key, day and region.
	maxSigningKeys = 1000
	// maxPolicies bounds the policies that are kept read, of some ten times their text each.
	maxPolicies = 1000
	// maxAnswers and maxAnswerBytes bound the answers that are remembered for receives
	// with an id. The oldest go first.
	maxAnswers     = 100_000
	maxAnswerBytes = 64 << 20
	// freeBody is what any request may hold without being counted against
	// Limits.PendingBytes. Buffers up to this size are kept for reuse.
	freeBody = 64 << 10
)

// Limits bound what clients can make a gateway hold. Zero fields are the defaults.
type Limits struct {
	// HeaderBytes bounds the request line and the header of a request (zero: 32 KiB). A header that is
	// longer than twice that is not read to its end, and answered by net/http.
	HeaderBytes int
	// BodyBytes bounds the body of one request (zero: 8 MiB). A message of 1 MiB
	// can be up to six times as long when all its characters are escaped.
	BodyBytes int
	// PendingBytes bounds the bodies being read at the same time, beyond the
	// first 64 KiB of each (zero: 256 MiB). A request over it is throttled.
	PendingBytes int64
	// Connections bounds the open connections (zero: 10,000). One over it is
	// closed at once.
	Connections int
	// HeaderTimeout bounds the reading of a request's header (zero: 10 s).
	HeaderTimeout time.Duration
	// BodyTimeout bounds the reading of a request, header and body together (zero:
	// 30 s).
	BodyTimeout time.Duration
	// WriteTimeout bounds the writing of an answer once there is one (zero: 30
	// s). The wait of a long poll does not count.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection may lie idle (zero: 2 min). It should
	// be longer than the 20 s of a long poll, since SDKs pool connections.
	IdleTimeout time.Duration
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.HeaderBytes, 32<<10)
	orDefault(&l.BodyBytes, 8<<20)
	orDefault(&l.Connections, 10_000)
	orDefault(&l.PendingBytes, 256<<20)
	orDefault(&l.HeaderTimeout, 10*time.Second)
	orDefault(&l.BodyTimeout, 30*time.Second)
	orDefault(&l.WriteTimeout, 30*time.Second)
	orDefault(&l.IdleTimeout, 2*time.Minute)
	return l
}

// What the operator calls the limits that are counted here.
const (
	settingHeader         = "sqs_max_header_size"
	settingBody           = "sqs_max_body"
	settingBodyMemory     = "sqs_body_memory"
	settingHeaderTimeout  = "sqs_header_timeout"
	settingRequestTimeout = "sqs_request_timeout"
	settingWriteTimeout   = "sqs_write_timeout"
)

func orDefault[T ~int | ~int64](p *T, d T) {
	if *p == 0 {
		*p = d
	}
}
