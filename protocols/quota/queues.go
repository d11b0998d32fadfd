package quota

import "sync"

// made are the queues, or the consumers of JetStream, that a user has made. Whose a queue is, no queue says: the
// core knows no users. So this is since the start of the server, and a queue counts until it
// is gone, whoever deletes it.
type made struct {
	mu    sync.Mutex // over names
	names map[string]struct{}
}

func (m *made) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.names)
}

// Make counts a queue that the user is about to make, or returns an *Over. Those that are gone, or never
// came to be, are looked for when the limit is reached: as many looks into the directory of
// queues as the limit says.
func (u *User) Make(queue string) error {
	if u == nil || u.limits.Queues == 0 || u.queues.add(queue, u.limits.Queues, u.book.Exists) {
		return nil
	}
	return u.over(&Over{Setting: SettingQueues, Limit: u.limits.Queues, What: "queues made by use or creation"})
}

// MakeConsumer is Make for a consumer of JetStream, by a name that is its own. Exists reports
// whether one is there yet, on the same goroutine.
func (u *User) MakeConsumer(name string, exists func(name string) bool) error {
	if u == nil || u.limits.Consumers == 0 || u.consumers.add(name, u.limits.Consumers, exists) {
		return nil
	}
	return u.over(&Over{Setting: SettingConsumers, Limit: u.limits.Consumers, What: "consumers"})
}

// add counts a name, if there is room.
func (m *made) add(name string, most int, exists func(string) bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, counted := m.names[name]; counted {
		return true
	}
	if len(m.names) >= most {
		m.forget(exists)
	}
	if len(m.names) >= most {
		return false
	}
	if m.names == nil {
		m.names = make(map[string]struct{})
	}
	m.names[name] = struct{}{}
	return true
}

// forget drops those that are gone. m.mu is held.
func (m *made) forget(exists func(string) bool) {
	for name := range m.names {
		if !exists(name) {
			delete(m.names, name)
		}
	}
}
