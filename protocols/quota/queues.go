package quota

import "sync"

// made are the queues that a user has made. Whose a queue is, no queue says: the
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
	if u == nil || u.limits.Queues == 0 {
		return nil
	}
	m := &u.queues
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, counted := m.names[queue]; counted {
		return nil
	}
	if len(m.names) >= u.limits.Queues {
		m.forget(u.book.Exists)
	}
	if len(m.names) >= u.limits.Queues {
		return u.over(&Over{Setting: SettingQueues, Limit: u.limits.Queues, What: "queues made by use or creation"})
	}
	m.names[queue] = struct{}{}
	return nil
}

// forget drops those that are gone. m.mu is held.
func (m *made) forget(exists func(string) bool) {
	for name := range m.names {
		if !exists(name) {
			delete(m.names, name)
		}
	}
}
