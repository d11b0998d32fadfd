package sqs

import (
	"context"
	"errors"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// inWords turns any error into one that SQS has words for. What has none is
// logged under the id of the request and answered as an internal failure.
func (c *call) inWords(err error) *wire.Error {
	var e *wire.Error
	if errors.As(err, &e) {
		return e
	}
	var over *quota.Over
	switch {
	case errors.As(err, &over):
		return c.overQuota(over)
	case errors.Is(err, queuecore.ErrNotFound):
		return noQueue()
	case errors.Is(err, queuecore.ErrTooLarge), errors.Is(err, queuecore.ErrInvalid):
		return wire.Errorf(wire.InvalidParameterValue, "One or more parameters are invalid. Reason: %s.", capital(err.Error()))
	case errors.Is(err, queuecore.ErrRelay):
		return wire.Errorf(wire.UnsupportedOperation, "The operation is not supported for this queue. Reason: %s.", capital(err.Error()))
	case errors.Is(err, queuecore.ErrFull):
		return wire.Errorf(wire.RequestThrottled, "The request was refused for now. Reason: %s.", capital(err.Error()))
	case errors.Is(err, queuecore.ErrLimit):
		return wire.Errorf(wire.OverLimit, "The specified action violates a limit. Reason: %s.", capital(err.Error()))
	case errors.Is(err, queuecore.ErrClosed), errors.Is(err, queuecore.ErrUnavailable), errors.Is(err, protocols.ErrUnrecorded),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return wire.Errorf(wire.ServiceUnavailable, "The request could not be done: %v. Try again later.", err)
	}
	c.Log.Error("sqs: internal failure", "action", c.action, "request", c.id, "error", err)
	return internalFailure(c.id)
}

func internalFailure(id string) *wire.Error {
	return wire.Errorf(wire.InternalFailure, "The request failed because of an internal error. Its id is %s.", id)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func noQueue() *wire.Error {
	return &wire.Error{
		Code:         wire.QueueDoesNotExist,
		Message:      "The specified queue does not exist.",
		QueryMessage: "The specified queue does not exist for this wsdl version.",
	}
}

func unknownOperation(name string) *wire.Error {
	return wire.Errorf(wire.UnknownOperation, "The action %s is not valid for this endpoint.", cut(name))
}

func missing(parameter string) *wire.Error {
	return wire.Errorf(wire.MissingParameter, "The request must contain the parameter %s.", parameter)
}

// badValue says that a parameter has a value it may not have, and why.
func badValue(value any, parameter, reason string) *wire.Error {
	if s, ok := value.(string); ok {
		value = cut(s)
	}
	return wire.Errorf(wire.InvalidParameterValue, "Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

func invalid(format string, args ...any) *wire.Error {
	return wire.Errorf(wire.InvalidParameterValue, format, args...)
}

func (g *Gateway) tooLongRequest() *wire.Error {
	g.Tally.Add(settingBody)
	return invalid("One or more parameters are invalid. Reason: Request must be shorter than %d bytes. The setting is %s.",
		g.Limits.BodyBytes, settingBody)
}

// notForThisType refuses a parameter that belongs to the other type of queue.
func notForThisType(value any, parameter string) *wire.Error {
	return badValue(value, parameter, "The request include parameter that is not valid for this queue type.")
}

func badHandle(handle string) *wire.Error {
	return wire.Errorf(wire.ReceiptHandleIsInvalid, `The input receipt handle "%s" is not a valid receipt handle.`, cut(handle))
}

// cut bounds what an error repeats.
func cut(s string) string { return wire.Cut(s) }
