package router

var dot = []byte{'.'}

// set holds the subscriptions of one pattern.
type set[V any] struct {
	plain  []*Entry[V]
	groups []group[V]
}

// group is a queue group's members on one pattern.
type group[V any] struct {
	name    string
	members []*Entry[V]
}

func (s *set[V]) empty() bool { return len(s.plain) == 0 && len(s.groups) == 0 }

// of returns the members of a group; of "", those that are in none.
func (s *set[V]) of(queue string) []*Entry[V] {
	if queue == "" {
		return s.plain
	}
	for i := range s.groups {
		if s.groups[i].name == queue {
			return s.groups[i].members
		}
	}
	return nil
}

func (s *set[V]) add(e *Entry[V]) {
	if e.queue == "" {
		s.plain = insert(s.plain, e)
		return
	}
	for i := range s.groups {
		if g := &s.groups[i]; g.name == e.queue {
			g.members = insert(g.members, e)
			return
		}
	}
	s.groups = append(s.groups, group[V]{e.queue, insert(nil, e)})
}

// remove takes e out and reports whether the set is empty then.
func (s *set[V]) remove(e *Entry[V]) bool {
	if e.queue == "" {
		s.plain = drop(s.plain, e)
		return s.empty()
	}
	for i := range s.groups {
		g := &s.groups[i]
		if g.name != e.queue {
			continue
		}
		if g.members = drop(g.members, e); len(g.members) == 0 {
			last := len(s.groups) - 1
			s.groups[i], s.groups[last] = s.groups[last], group[V]{}
			s.groups = s.groups[:last]
		}
		break
	}
	return s.empty()
}

func insert[V any](list []*Entry[V], e *Entry[V]) []*Entry[V] {
	e.at = len(list)
	return append(list, e)
}

func drop[V any](list []*Entry[V], e *Entry[V]) []*Entry[V] {
	last := len(list) - 1
	list[e.at] = list[last]
	list[e.at].at = e.at
	list[last] = nil
	return list[:last]
}

// Matches is what Match found. The zero value is ready; its slices are good
// until the next Match with it.
type Matches[V any] struct {
	Plain  []V        // each of these gets the message
	Groups []Group[V] // one member of each of these gets it
}

// Group is a queue group with every member that the subject reaches, through
// whatever pattern.
type Group[V any] struct {
	Name    string
	Members []V
}

// Empty reports whether nothing was found.
func (m *Matches[V]) Empty() bool { return len(m.Plain) == 0 && len(m.Groups) == 0 }

func (m *Matches[V]) reset() {
	clear(m.Plain)
	m.Plain = m.Plain[:0]
	for i := range m.Groups {
		clear(m.Groups[i].Members)
		m.Groups[i].Members = m.Groups[i].Members[:0]
	}
	m.Groups = m.Groups[:0]
}

func (m *Matches[V]) take(s *set[V]) {
	for _, e := range s.plain {
		m.Plain = append(m.Plain, e.Value)
	}
	for i := range s.groups {
		g := m.group(s.groups[i].name)
		for _, e := range s.groups[i].members {
			g.Members = append(g.Members, e.Value)
		}
	}
}

// group returns the group called name, with the room of an earlier Match if
// there is some.
func (m *Matches[V]) group(name string) *Group[V] {
	for i := range m.Groups {
		if m.Groups[i].Name == name {
			return &m.Groups[i]
		}
	}
	if n := len(m.Groups); n < cap(m.Groups) {
		m.Groups = m.Groups[:n+1]
		m.Groups[n].Name = name
	} else {
		m.Groups = append(m.Groups, Group[V]{Name: name})
	}
	return &m.Groups[len(m.Groups)-1]
}
