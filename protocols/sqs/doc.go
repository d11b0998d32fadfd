// Package sqs serves clients of Amazon SQS from a queuecore.Broker.
//
// It speaks both forms of the protocol on one port: AWS JSON 1.0, which the
// present SDKs use, and AWS Query with XML answers, which older ones use. A
// request goes through these steps, one file each:
//
//	server.go   net/http hands over a request
//	body.go     its body is read, within bounds
//	call.go     which form, which action, and the answer
//	auth.go     who is it: signature.go and canonical.go read, sigv4.go verifies
//	wire        the body becomes a request struct
//	actions.go  the table of actions: decode, handle
//	send.go, receive.go, settle.go, queues.go, ...   the handlers
//	errors.go   what went wrong, in the words of SQS
//
// A queue of the core shows itself as an SQS queue whoever made it. What SQS
// calls queue attributes is partly the core's configuration and partly kept in
// the queue's labels, see attributes.go.
package sqs
