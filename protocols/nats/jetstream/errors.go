package jetstream

import (
	"errors"
	"fmt"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Error is a JetStream API error: an HTTP-like status, nats-server's number for
// it, and a text that client libraries show their users.
type Error struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Description, e.ErrCode) }

// Is reports whether target is the same error with another text, or protocols.ErrDenied when e is of
// what a client may not.
func (e *Error) Is(target error) bool {
	if target == protocols.ErrDenied {
		return e.Code == forbidden
	}
	other, ok := target.(*Error)
	return ok && other.ErrCode == e.ErrCode
}

// with is e with another text.
func (e *Error) with(format string, args ...any) *Error {
	return &Error{e.Code, e.ErrCode, fmt.Sprintf(format, args...)}
}

// The errors of nats-server 2.12 that are answered here, with its texts; a text
// that ends with a colon is always completed.
var (
	errBadRequest         = &Error{400, 10003, "bad request"}
	errUnavailable        = &Error{503, 10008, "JetStream system temporarily unavailable"}
	errClusterRequired    = &Error{503, 10010, "JetStream clustering support required"}
	errConsumerCreate     = &Error{500, 10012, "consumer cannot be created"}
	errConsumerNotFound   = &Error{404, 10014, "consumer not found"}
	errConsumerInUse      = &Error{400, 10013, "consumer name already in use"}
	errNoDurableInSubject = &Error{400, 10016, "consumer expected to be durable but no durable name set in subject"}
	errDurableMismatch    = &Error{400, 10017, "consumer name in subject does not match durable name in request"}
	errNoDurable          = &Error{400, 10018, "consumer expected to be durable but a durable name was not set"}
	errEphemeralDurable   = &Error{400, 10020, "consumer expected to be ephemeral but a durable name was set in request"}
	errResources          = &Error{503, 10023, "insufficient resources"}
	errJSON               = &Error{400, 10025, "invalid JSON:"}
	errMaxConsumers       = &Error{400, 10026, "maximum consumers limit reached"}
	errMaxStreams         = &Error{400, 10027, "maximum number of streams reached"}
	errNotSupported       = &Error{503, 10036, "not currently supported"}
	errNoMessage          = &Error{404, 10037, "no message found"}
	errSequenceNotFound   = &Error{400, 10043, "sequence not found"}
	errStorage            = &Error{500, 10047, "insufficient storage resources available"}
	errStreamFailed       = &Error{500, 10049, "stream cannot be created"}
	errStreamConfig       = &Error{500, 10052, "invalid stream configuration"}
	errTooBig             = &Error{400, 10054, "message size exceeds maximum allowed"}
	errStreamMismatch     = &Error{400, 10056, "stream name in subject does not match request"}
	errMsgDelete          = &Error{500, 10057, "message delete failed"}
	errStreamExists       = &Error{400, 10058, "stream name already in use with a different configuration"}
	errStreamNotFound     = &Error{404, 10059, "stream not found"}
	errExpectedStream     = &Error{400, 10060, "expected stream does not match"}
	errOverlap            = &Error{400, 10065, "subjects overlap with an existing stream"}
	errLastMsgID          = &Error{400, 10070, "wrong last msg ID:"}
	errLastSequence       = &Error{400, 10071, "wrong last sequence:"}
	errReplicas           = &Error{500, 10074, "replicas > 1 not supported in non-clustered mode"}
	errInsufficient       = &Error{503, 10023, "insufficient resources"}
	errStoreFailed        = &Error{503, 10077, "store failed"}
	errDeliverWildcard    = &Error{400, 10079, "consumer deliver subject has wildcards"}
	errPushMaxWaiting     = &Error{400, 10080, "consumer in push mode can not set max waiting"}
	errDeliverCycle       = &Error{400, 10081, "consumer deliver subject forms a cycle"}
	errSmallHeartbeat     = &Error{400, 10083, "consumer idle heartbeat needs to be >= 100ms"}
	errPullExplicit       = &Error{400, 10084, "consumer in pull mode requires explicit ack policy on workqueue stream"}
	errPullRateLimit      = &Error{400, 10086, "consumer in pull mode can not have rate limit set"}
	errPullHeartbeat      = &Error{400, 10088, "consumer idle heartbeat requires a push based consumer"}
	errPullFlowControl    = &Error{400, 10089, "consumer flow control requires a push based consumer"}
	errDirect             = &Error{400, 10090, "consumer direct requires a push based consumer"}
	errPolicy             = &Error{400, 10094, "consumer delivery policy:"}
	errHeaderTooBig       = &Error{400, 10097, "header size exceeds maximum allowed of 64k"}
	errExplicitAck        = &Error{400, 10098, "workqueue stream requires explicit ack"}
	errUnfiltered         = &Error{400, 10099, "multiple non-filtered consumers not allowed on workqueue stream"}
	errNotUnique          = &Error{400, 10100, "filtered consumer not unique on workqueue stream"}
	errDeliverAll         = &Error{400, 10101, "consumer must be deliver all on workqueue stream"}
	errConsumerName       = &Error{400, 10103, "durable name can not contain '.', '*', '>'"}
	errDescription        = &Error{400, 10107, "consumer description is too long, maximum allowed is 4096"}
	errFlowNeedsHeartbeat = &Error{400, 10108, "consumer with flow control also needs heartbeats"}
	errPurge              = &Error{500, 10110, "purge failed"}
	errRollup             = &Error{500, 10111, "rollup not permitted"}
	errDeliverSubject     = &Error{400, 10112, "invalid push consumer deliver subject"}
	errSmallExpires       = &Error{400, 10115, "consumer max request expires needs to be >= 1ms"}
	errDeliverBackoff     = &Error{400, 10116, "max deliver is required to be > length of backoff values"}
	errSubjectDetails     = &Error{500, 10117, "subject details would exceed maximum allowed"}
	errAckPendingExcess   = &Error{400, 10121, "consumer max ack pending exceeds system limit"}
	errPathSeparators     = &Error{400, 10127, "Consumer name can not contain path separators"}
	errReplicasNegative   = &Error{400, 10133, "replicas count cannot be negative"}
	errConsumerMetadata   = &Error{400, 10135, "consumer metadata exceeds maximum size of 128KB"}
	errFilterMismatch     = &Error{400, 10131, "Consumer create request did not match filtered subject from create subject"}
	errNameMismatch       = &Error{400, 10132, "Consumer Durable and Name have to be equal if both are provided"}
	errTwoFilters         = &Error{400, 10136, "consumer cannot have both FilterSubject and FilterSubjects specified"}
	errFilterInSubject    = &Error{400, 10137, "consumer with multiple subject filters cannot use subject based API"}
	errOverlappingFilters = &Error{400, 10138, "consumer subject filters cannot overlap"}
	errEmptyFilter        = &Error{400, 10139, "consumer filter in FilterSubjects cannot be empty"}
	errConsumerExists     = &Error{400, 10148, "consumer already exists"}
	errConsumerMissing    = &Error{400, 10149, "consumer does not exist"}
	errInactiveExcess     = &Error{400, 10153, "consumer inactive threshold exceeds system limit"}
	errPriorityGroup      = &Error{400, 10160, "Provided priority group does not exist for this consumer"}
	errTTLInvalid         = &Error{400, 10165, "invalid per-message TTL"}
	errTTLDisabled        = &Error{400, 10166, "per-message TTL is disabled"}
	errIncrDisabled       = &Error{400, 10168, "message counters is disabled"}
	errAtomicDisabled     = &Error{400, 10174, "atomic publish is disabled"}
	errPushPriority       = &Error{400, 10178, "priority groups can not be used with push consumers"}
	errAckWaitNegative    = &Error{400, 10183, "consumer ack wait needs to be positive"}
	errBackoffNegative    = &Error{400, 10184, "consumer backoff needs to be positive"}
	errAPILevel           = &Error{412, 10185, "JetStream minimum api level required"}
	errSchedulesDisabled  = &Error{400, 10188, "message schedules is disabled"}
	errSchedulePattern    = &Error{400, 10189, "message schedules pattern is invalid"}
	errScheduleTarget     = &Error{400, 10190, "message schedules target is invalid"}
	errScheduleTTL        = &Error{400, 10191, "message schedules invalid per-message TTL"}
	errScheduleRollup     = &Error{400, 10192, "message schedules invalid rollup"}
	errNoExpectedSequence = &Error{400, 10193, "missing sequence for expected last sequence per subject"}
	errScheduleSource     = &Error{400, 10203, "message schedules source is invalid"}
	errReset              = &Error{400, 10204, "invalid reset:"}
	errBatchDisabled      = &Error{400, 10205, "batch publish is disabled"}
	errScheduleTimeZone   = &Error{400, 10223, "message schedules time zone is invalid"}
)

// apiError turns what the core says into what JetStream says. It is the only
// place that does. Errors without a better word keep fallback's number.
func apiError(err error, fallback *Error) *Error {
	var known *Error
	var last *queuecore.WrongLast
	var id *queuecore.WrongID
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &last):
		return errLastSequence.with("wrong last sequence: %d", last.Last)
	case errors.As(err, &id):
		return errLastMsgID.with("wrong last msg ID: %s", id.ID)
	case errors.Is(err, queuecore.ErrUncounted):
		return errLastSequence.with("wrong last sequence: the subjects of this stream are not counted, set max_msgs_per_subject: %v", err)
	case errors.Is(err, queuecore.ErrNotFound):
		return errStreamNotFound
	case errors.Is(err, queuecore.ErrExists):
		return errStreamExists
	case errors.Is(err, queuecore.ErrTooLarge):
		return errTooBig.with("%s: %v", errTooBig.Description, err)
	case errors.Is(err, queuecore.ErrNoSpace):
		return errStorage.with("%s: %v", errStorage.Description, err)
	case errors.Is(err, queuecore.ErrFull), errors.Is(err, queuecore.ErrUnavailable):
		return errStoreFailed.with("%v", err)
	case errors.Is(err, queuecore.ErrLimit):
		return errInsufficient.with("%s: %v", errInsufficient.Description, err)
	case errors.Is(err, queuecore.ErrClosed):
		return errUnavailable
	}
	return fallback.with("%v", err)
}
