package compare_test

// difference is what a house answers otherwise than nats-server 2.15.2 does, and why. In where, which
// names steps, field, ours and theirs a * is any text.
type difference struct{ where, field, ours, theirs, why string }

var table = []difference{}
