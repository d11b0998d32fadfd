package protocols

// Action is something a principal may or may not do.
type Action uint8

// The actions that a policy names.
const (
	Send Action = iota + 1
	Receive
	Browse
	// Create is to make a queue by a request for it, and to change its settings.
	Create
	Delete
	Purge
	Admin
	// CreateByUse is to have a queue made because one sends to it or subscribes.
	CreateByUse
	// Redrive is to say where a queue's dead letters go, and to move them from there.
	Redrive
)

// The actions that gateways ask about where one right is not enough, or where the short form of
// a policy, which is older than these rights, means another one. No policy names them.
const (
	// Divert is to have a queue's messages go to another queue: by a move, or as dead letters.
	// It takes Redrive and Receive, or who could not receive here would receive there.
	Divert Action = iota + 100
	// Bind is to keep what is published to the topic of a queue's own name in that queue: Receive.
	Bind
	// Inspect is to look at messages where Admin is asked for besides: Browse, and of a topic Receive.
	Inspect
	// Through is to have the messages of a stream from the queue of one of its consumers: Receive.
	Through
	// Fill is to send by a move where Admin is asked for besides: Send.
	Fill
	// Clear is to end messages that wait to be sent, where Admin is asked for besides: Purge of where they would go.
	Clear
)

// String returns the word that policies have for the action, or for what it takes.
func (a Action) String() string {
	switch a {
	case Send, Fill:
		return "send"
	case Receive, Bind, Through:
		return "receive"
	case Browse, Inspect:
		return "browse"
	case Create:
		return "create"
	case Delete:
		return "delete"
	case Purge, Clear:
		return "purge"
	case Admin:
		return "admin"
	case CreateByUse:
		return "create-by-use"
	case Redrive, Divert:
		return "redrive"
	}
	return "unknown"
}
