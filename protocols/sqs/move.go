package sqs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// startMove begins to move dead letters to a queue, or back to where they came from.
// StartMessageMoveTask: "only dead-letter queues", "one active message movement task
// is supported per queue".
func (c *call) startMove(ctx context.Context, r *wire.StartMove) (wire.Result, error) {
	source, err := c.moveSource(r.SourceARN)
	if err != nil {
		return nil, err
	}
	sources := c.sourcesOf(source.Name)
	if len(sources) == 0 {
		return nil, invalid("Source queue must be configured as a Dead Letter Queue.")
	}
	destination, err := c.moveDestination(&source, r.DestinationARN, sources)
	if err != nil {
		return nil, err
	}
	if r.Rate.Set {
		if err := numberWithin("MaxNumberOfMessagesPerSecond", r.Rate.Value, maxMoveRate); err != nil {
			return nil, err
		}
	}
	v, err := c.broker.StartMove(ctx, source.Name, destination, r.Rate.Value)
	if errors.Is(err, queuecore.ErrExists) {
		return nil, wire.Errorf(wire.UnsupportedOperation, "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	if err != nil {
		return nil, err
	}
	return &wire.MoveStarted{TaskHandle: c.taskHandle(&v)}, nil
}

// moveSource finds the queue to move from. A move receives its messages and deletes them,
// so a policy must let the client do that too.
// SQS developer guide, "Configuring queue permissions for dead-letter queue redrive".
func (c *call) moveSource(arn string) (queuecore.QueueInfo, error) {
	q, err := c.findARN("SourceArn", arn, c.asked(protocols.Redrive))
	for _, action := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if err == nil {
			err = c.permit(&q, wish{action, anyOf(protocols.Receive)})
		}
	}
	return q, err
}

// numberWithin refuses a number that is not between 1 and high.
func numberWithin(parameter string, n, high int) error {
	if n < 1 || n > high {
		return invalid("Value for parameter %s is invalid. Reason: You must enter a number that's between 1 and %d.", parameter, high)
	}
	return nil
}

// sourcesOf returns the names of the queues that have this one as their dead-letter queue.
func (c *call) sourcesOf(dead string) (names []string) {
	for _, q := range c.broker.Queues("") {
		if q.Config.MaxAttempts > 0 && q.Config.DeadLetter == dead {
			names = append(names, q.Name)
		}
	}
	return names
}

// moveDestination checks where messages are to go: "" is where they came from, and
// then the client must be allowed to send to each queue that gives its messages up
// to this one.
func (c *call) moveDestination(source *queuecore.QueueInfo, arn string, sources []string) (string, error) {
	if arn == "" {
		for _, name := range sources {
			if err := c.allow(name, sending()); err != nil {
				return "", err
			}
		}
		return "", nil
	}
	to, err := c.findARN("DestinationArn", arn, sending())
	switch {
	case err != nil:
		return "", err
	case to.Name == source.Name:
		return "", invalid("Source queue arn and destination queue arn cannot be the same.")
	case isFIFO(&to) != isFIFO(source):
		return "", invalid("The source queue and destination queue must be of the same queue type.")
	}
	return to.Name, nil
}

// findARN is find by the ARN that a parameter holds.
func (c *call) findARN(parameter, arn string, w wish) (queuecore.QueueInfo, error) {
	if arn == "" {
		return queuecore.QueueInfo{}, missing(parameter)
	}
	service, name, ok := splitARN(arn)
	if !ok || service != "sqs" {
		return queuecore.QueueInfo{}, invalid("You must use this format to specify the %s: arn:<partition>:<service>:<region>:<account-id>:<resource-id>", parameter)
	}
	q, err := c.find(name, w)
	if e := (*wire.Error)(nil); errors.Is(err, queuecore.ErrNotFound) || errors.As(err, &e) && e.Code == wire.QueueDoesNotExist {
		return queuecore.QueueInfo{}, wire.Errorf(wire.ResourceNotFound, "The resource that you specified for the %s parameter doesn't exist.", parameter)
	}
	return q, err
}

// task is what a task handle says of a move.
type task struct {
	ID     string `json:"taskId"`
	Source string `json:"sourceArn"`
}

// taskHandle names a move: the base64 form of a JSON object.
func (g *Gateway) taskHandle(v *queuecore.Move) string {
	b, err := json.Marshal(task{v.ID.String(), g.arn(v.Source)})
	if err != nil {
		panic("a task handle cannot be encoded: " + err.Error()) // plain texts only
	}
	return base64.StdEncoding.EncodeToString(b)
}

func parseTaskHandle(handle string) (t task, ok bool) {
	b, err := base64.StdEncoding.DecodeString(handle)
	return t, err == nil && json.Unmarshal(b, &t) == nil && t.ID != "" && t.Source != ""
}

// cancelMove ends a move that runs; what has been moved stays where it is.
// CancelMessageMoveTask: "can only cancel a message movement when the current status is RUNNING".
func (c *call) cancelMove(ctx context.Context, r *wire.CancelMove) (wire.Result, error) {
	if r.TaskHandle == "" {
		return nil, missing("TaskHandle")
	}
	t, ok := parseTaskHandle(r.TaskHandle)
	if !ok {
		return nil, invalid("Value for parameter TaskHandle is invalid.")
	}
	source, err := c.findARN("SourceArn", t.Source, c.asked(protocols.Redrive))
	if err == nil {
		err = c.permit(&source, c.asked(protocols.Receive))
	}
	if err != nil {
		return nil, err
	}
	v, err := c.cancelTask(ctx, source.Name, t.ID)
	if errors.Is(err, queuecore.ErrNotFound) {
		return nil, noTask() // it has ended
	}
	if err != nil {
		return nil, err
	}
	return &wire.MoveCanceled{Moved: v.Moved}, nil
}

// cancelTask cancels the move from source whose id is spelled so.
func (c *call) cancelTask(ctx context.Context, source, id string) (queuecore.Move, error) {
	moves, err := c.broker.Moves(ctx, source)
	if err != nil {
		return queuecore.Move{}, err
	}
	i := slices.IndexFunc(moves, func(v queuecore.Move) bool { return v.ID.String() == id })
	if i < 0 {
		return queuecore.Move{}, noTask()
	}
	return c.broker.CancelMove(ctx, source, moves[i].ID)
}

func noTask() error { return wire.Errorf(wire.ResourceNotFound, "Task does not exist.") }

// listMoves shows the last moves from a queue, the latest first.
// ListMessageMoveTasks, "MaxResults": 1 unless given, up to 10.
func (c *call) listMoves(ctx context.Context, r *wire.ListMoves) (wire.Result, error) {
	source, err := c.findARN("SourceArn", r.SourceARN, c.asked(look()...))
	if err != nil {
		return nil, err
	}
	n := r.MaxResults.Or(1)
	if err := numberWithin("MaxResults", n, maxMoves); err != nil {
		return nil, err
	}
	moves, err := c.broker.Moves(ctx, source.Name)
	if err != nil {
		return nil, err
	}
	out := &wire.Moves{}
	for i := range moves[:min(n, len(moves))] {
		out.Moves = append(out.Moves, c.shownMove(&moves[i]))
	}
	return out, nil
}

// shownMove puts a move into words of SQS.
// ListMessageMoveTasksResultEntry: "TaskHandle", "FailureReason".
func (g *Gateway) shownMove(v *queuecore.Move) wire.Move {
	m := wire.Move{
		Status: moveStatus(v.Status), SourceARN: g.arn(v.Source), Rate: v.Rate, Moved: v.Moved, Total: v.Total,
		Started: v.Started.UnixMilli(),
	}
	if v.Selector != "" {
		m.TotalUnknown = true
	}
	if v.Destination != "" {
		m.DestinationARN = g.arn(v.Destination)
	}
	switch v.Status {
	case queuecore.MoveRunning:
		m.TaskHandle = g.taskHandle(v)
	case queuecore.MoveFailed:
		m.FailureReason = failureReason(v)
	}
	return m
}

func moveStatus(s queuecore.MoveStatus) string {
	switch s {
	case queuecore.MoveRunning:
		return "RUNNING"
	case queuecore.MoveDone:
		return "COMPLETED"
	case queuecore.MoveCanceled:
		return "CANCELLED"
	}
	return "FAILED"
}

// failureReason returns the word of SQS for why a move failed, or, where SQS has none,
// a sentence.
// SQS developer guide, "Troubleshoot dead-letter queue and DLQ redrive issues".
func failureReason(v *queuecore.Move) string {
	switch v.Reason {
	case queuecore.MoveNoOrigin:
		return "CouldNotDetermineMessageSource"
	case queuecore.MoveNoQueue:
		return wire.QueueDoesNotExist.Query()
	}
	return capital(string(v.Reason)) + "."
}
