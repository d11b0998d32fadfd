package wire

import "net/http"

// Code is a kind of failure that SQS has a name for.
type Code uint8

// The failures, named as the JSON form names them.
const (
	QueueDoesNotExist Code = iota + 1
	QueueNameExists
	QueueDeletedRecently
	PurgeQueueInProgress
	BatchEntryIdsNotDistinct
	BatchRequestTooLong
	EmptyBatchRequest
	InvalidBatchEntryID
	TooManyEntriesInBatchRequest
	MessageNotInflight
	UnsupportedOperation
	ReceiptHandleIsInvalid
	InvalidMessageContents
	InvalidAttributeName
	InvalidAttributeValue
	InvalidAddress
	InvalidSecurity
	OverLimit
	RequestThrottled
	ResourceNotFound

	// The rest is not in the model of the service; all services share it.
	InvalidParameterValue
	MissingParameter
	AccessDenied
	UnknownOperation
	MissingAction
	MalformedInput
	InvalidClientTokenID
	MissingAuthenticationToken
	IncompleteSignature
	SignatureDoesNotMatch
	InternalFailure
	ServiceUnavailable
)

// spec is how the two forms spell a code, and the status it goes with. A status
// of 0 is 400.
type spec struct {
	shape  string // the JSON form's name
	query  string // the query form's name; empty: the same
	status int
}

const (
	legacy     = "AWS.SimpleQueueService."
	modelSpace = "com.amazonaws.sqs#"
	otherSpace = "com.amazon.coral.service#"
)

func (c Code) spec() spec {
	if c < InvalidParameterValue {
		return c.modelled()
	}
	return c.shared()
}

func (c Code) modelled() spec {
	switch c {
	case QueueDoesNotExist:
		return spec{"QueueDoesNotExist", legacy + "NonExistentQueue", 0}
	case QueueNameExists:
		return spec{"QueueNameExists", "QueueAlreadyExists", 0}
	case QueueDeletedRecently:
		return spec{"QueueDeletedRecently", legacy + "QueueDeletedRecently", 0}
	case PurgeQueueInProgress:
		return spec{"PurgeQueueInProgress", legacy + "PurgeQueueInProgress", http.StatusForbidden}
	case BatchEntryIdsNotDistinct:
		return spec{"BatchEntryIdsNotDistinct", legacy + "BatchEntryIdsNotDistinct", 0}
	case BatchRequestTooLong:
		return spec{"BatchRequestTooLong", legacy + "BatchRequestTooLong", 0}
	case EmptyBatchRequest:
		return spec{"EmptyBatchRequest", legacy + "EmptyBatchRequest", 0}
	case InvalidBatchEntryID:
		return spec{"InvalidBatchEntryId", legacy + "InvalidBatchEntryId", 0}
	case TooManyEntriesInBatchRequest:
		return spec{"TooManyEntriesInBatchRequest", legacy + "TooManyEntriesInBatchRequest", 0}
	case MessageNotInflight:
		return spec{"MessageNotInflight", legacy + "MessageNotInflight", 0}
	case UnsupportedOperation:
		return spec{"UnsupportedOperation", legacy + "UnsupportedOperation", 0}
	case ReceiptHandleIsInvalid:
		return spec{"ReceiptHandleIsInvalid", "", 0}
	case InvalidMessageContents:
		return spec{"InvalidMessageContents", "", 0}
	case InvalidAttributeName:
		return spec{"InvalidAttributeName", "", 0}
	case InvalidAttributeValue:
		return spec{"InvalidAttributeValue", "", 0}
	case InvalidAddress:
		return spec{"InvalidAddress", "", 0}
	case InvalidSecurity:
		return spec{"InvalidSecurity", "", http.StatusForbidden}
	case OverLimit:
		return spec{"OverLimit", "", http.StatusForbidden}
	case RequestThrottled:
		return spec{"RequestThrottled", "", http.StatusForbidden}
	case ResourceNotFound:
		return spec{"ResourceNotFoundException", "", http.StatusNotFound}
	}
	return InternalFailure.shared()
}

func (c Code) shared() spec {
	switch c {
	case InvalidParameterValue:
		return spec{"InvalidParameterValueException", "InvalidParameterValue", 0}
	case MissingParameter:
		return spec{"MissingRequiredParameterException", "MissingParameter", 0}
	case AccessDenied:
		return spec{"AccessDeniedException", "AccessDenied", http.StatusForbidden}
	case UnknownOperation:
		return spec{"UnknownOperationException", "InvalidAction", 0}
	case MissingAction:
		return spec{"UnknownOperationException", "MissingAction", 0}
	case MalformedInput:
		return spec{"SerializationException", "MalformedInput", 0}
	case InvalidClientTokenID:
		return spec{"UnrecognizedClientException", "InvalidClientTokenId", http.StatusForbidden}
	case MissingAuthenticationToken:
		return spec{"MissingAuthenticationTokenException", "MissingAuthenticationToken", http.StatusForbidden}
	case IncompleteSignature:
		return spec{"IncompleteSignatureException", "IncompleteSignature", 0}
	case SignatureDoesNotMatch:
		return spec{"InvalidSignatureException", "SignatureDoesNotMatch", http.StatusForbidden}
	case ServiceUnavailable:
		return spec{"ServiceUnavailableException", "ServiceUnavailable", http.StatusServiceUnavailable}
	}
	return spec{"InternalFailure", "InternalFailure", http.StatusInternalServerError}
}

// Shape returns the name of the code in the JSON form, namespace included.
func (c Code) Shape() string {
	if c < InvalidParameterValue {
		return modelSpace + c.spec().shape
	}
	return otherSpace + c.spec().shape
}

// Query returns the name of the code in the query form.
func (c Code) Query() string {
	s := c.spec()
	if s.query == "" {
		return s.shape
	}
	return s.query
}

// Status returns the HTTP status of the query form, which is also that of a JSON
// request in query mode. Without query mode, AWS JSON 1.0 knows only 400 for
// what the sender did wrong.
func (c Code) Status(queryMode bool) int {
	s := c.spec().status
	if s == 0 || !queryMode && s < http.StatusInternalServerError {
		return http.StatusBadRequest
	}
	return s
}

// SenderFault reports whether the sender is to blame.
func (c Code) SenderFault() bool { return c.Status(true) < http.StatusInternalServerError }

// Fault returns "Sender" or "Receiver".
func (c Code) Fault() string {
	if c.SenderFault() {
		return "Sender"
	}
	return "Receiver"
}
