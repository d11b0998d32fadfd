package wire

// StartMove is StartMessageMoveTask.
type StartMove struct {
	SourceARN, DestinationARN string
	Rate                      Int // messages a second
}

func (r *StartMove) set(name []byte, v value) error {
	switch string(name) {
	case "SourceArn":
		return readString(&r.SourceARN, v)
	case "DestinationArn":
		return readString(&r.DestinationARN, v)
	case "MaxNumberOfMessagesPerSecond":
		return r.Rate.read(v)
	}
	return v.skip()
}

// CancelMove is CancelMessageMoveTask.
type CancelMove struct{ TaskHandle string }

func (r *CancelMove) set(name []byte, v value) error {
	if string(name) == "TaskHandle" {
		return readString(&r.TaskHandle, v)
	}
	return v.skip()
}

// ListMoves is ListMessageMoveTasks.
type ListMoves struct {
	SourceARN  string
	MaxResults Int
}

func (r *ListMoves) set(name []byte, v value) error {
	switch string(name) {
	case "SourceArn":
		return readString(&r.SourceARN, v)
	case "MaxResults":
		return r.MaxResults.read(v)
	}
	return v.skip()
}

// MoveStarted answers StartMessageMoveTask.
type MoveStarted struct{ TaskHandle string }

func (r *MoveStarted) write(w *writer) { w.text("TaskHandle", r.TaskHandle) }

// MoveCanceled answers CancelMessageMoveTask.
type MoveCanceled struct{ Moved int }

func (r *MoveCanceled) write(w *writer) { w.number("ApproximateNumberOfMessagesMoved", int64(r.Moved)) }

// Move is one entry of ListMessageMoveTasks. Empty members are left out, but for the
// numbers of messages and the time.
type Move struct {
	TaskHandle     string
	Status         string
	SourceARN      string
	DestinationARN string
	Rate           int
	Moved, Total   int
	TotalUnknown   bool // Total is left out
	FailureReason  string
	Started        int64 // milliseconds since 1970
}

func (r *Move) write(w *writer) {
	w.optional("TaskHandle", r.TaskHandle)
	w.text("Status", r.Status)
	w.text("SourceArn", r.SourceARN)
	w.optional("DestinationArn", r.DestinationARN)
	if r.Rate > 0 {
		w.number("MaxNumberOfMessagesPerSecond", int64(r.Rate))
	}
	w.number("ApproximateNumberOfMessagesMoved", int64(r.Moved))
	if !r.TotalUnknown {
		w.number("ApproximateNumberOfMessagesToMove", int64(r.Total))
	}
	w.optional("FailureReason", r.FailureReason)
	w.number("StartedTimestamp", r.Started)
}

// Moves answers ListMessageMoveTasks.
type Moves struct{ Moves []Move }

func (r *Moves) write(w *writer) {
	w.list("Results", "ListMessageMoveTasksResultEntry", len(r.Moves), func(i int) { r.Moves[i].write(w) })
}
