package sqs

import (
	"context"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// action is one operation of SQS: how its request is read, and who handles it.
type action struct {
	onQueue bool // it may be sent to the path of a queue
	request func() wire.Request
	handle  func(*call, context.Context, wire.Request) (wire.Result, error)
}

// on makes an action of a handler. T is the type of its request.
func on[T any, P interface {
	*T
	wire.Request
}](h func(*call, context.Context, P) (wire.Result, error)) action {
	return action{
		onQueue: true,
		request: func() wire.Request { return P(new(T)) },
		handle: func(c *call, ctx context.Context, r wire.Request) (wire.Result, error) {
			return h(c, ctx, r.(P))
		},
	}
}

// service marks an action that is about no queue.
func service(a action) action {
	a.onQueue = false
	return a
}

// actions is the table of all operations of SQS.
func actions() map[string]action {
	return map[string]action{
		"CreateQueue":        service(on((*call).createQueue)),
		"ListQueues":         service(on((*call).listQueues)),
		"GetQueueUrl":        on((*call).getQueueURL),
		"DeleteQueue":        on((*call).deleteQueue),
		"PurgeQueue":         on((*call).purgeQueue),
		"GetQueueAttributes": on((*call).getQueueAttributes),
		"SetQueueAttributes": on((*call).setQueueAttributes),

		"SendMessage":      on((*call).sendMessage),
		"SendMessageBatch": on((*call).sendMessageBatch),
		"ReceiveMessage":   on((*call).receiveMessage),

		"DeleteMessage":                on((*call).deleteMessage),
		"DeleteMessageBatch":           on((*call).deleteMessageBatch),
		"ChangeMessageVisibility":      on((*call).changeVisibility),
		"ChangeMessageVisibilityBatch": on((*call).changeVisibilityBatch),

		"TagQueue":                   on((*call).tagQueue),
		"UntagQueue":                 on((*call).untagQueue),
		"ListQueueTags":              on((*call).listQueueTags),
		"ListDeadLetterSourceQueues": on((*call).listSources),

		"AddPermission":    on((*call).addPermission),
		"RemovePermission": on((*call).removePermission),

		"StartMessageMoveTask":  on((*call).startMove),
		"CancelMessageMoveTask": on((*call).cancelMove),
		"ListMessageMoveTasks":  on((*call).listMoves),
	}
}
