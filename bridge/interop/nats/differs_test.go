package nats_test

// difference is something that the two servers answer differently by design.
type difference struct {
	sluice, natsServer string
	why                string
}

// differences is all of them: a judge claims the same of both servers in all else.
func differences() map[string]difference {
	return map[string]difference{
		"lifetime":    {"3600s", "3600", "a lifetime of 3600 is the message's, for all dialects, and is spelled anew for each"},
		"keyValue":    {"10052 key-value", "made", "a store of keys is a stream with limits retention, which no queue is"},
		"objectStore": {"10052 object stores", "made", "as a store of keys"},
		"counts":      {"at once", "later", "what a connection has acknowledged is counted in what it asks next; nats-server counts that, and who listens, behind its answers"},
	}
}

// answers are those of one server.
func answers(server string) map[string]string {
	all := make(map[string]string)
	for name, d := range differences() {
		all[name] = d.sluice
		if server == natsServer {
			all[name] = d.natsServer
		}
	}
	return all
}
