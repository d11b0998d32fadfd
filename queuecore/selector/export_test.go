package selector

// Spent returns how many steps an evaluation takes.
func (s *Selector) Spent(f Fields) int {
	e := evaluation{fields: f, convert: s.convert, left: s.steps}
	e.truth(&s.root)
	return int(s.steps - e.left)
}
