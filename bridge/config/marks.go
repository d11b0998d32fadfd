package config

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// checkMarks refuses a text of which the parser would make more than memory should hold: some 400 bytes for each of
// the characters that begin a value in YAML, or stand between two, whatever is between them.
func checkMarks(text []byte, most int) error {
	n := 0
	for _, c := range text {
		switch c {
		case '\n', ',', ':', '-', '?', '[', ']', '{', '}':
			n++
		}
	}
	if n > most {
		return fmt.Errorf("lines and the characters , : - ? [ ] { } are %d together: there may be %d", n, most)
	}
	return nil
}

// checkSize refuses a document that has more than most values once each alias stands for all that its anchor names.
func checkSize(root *yaml.Node, most int) error {
	s := sizes{most: most, known: make(map[*yaml.Node]int)}
	if s.of(root) > most {
		return fmt.Errorf("with what its aliases stand for it has more than %d values", most)
	}
	return nil
}

// atMost refuses a list that is longer than the check of what it says allows, before it is read.
func atMost(most int, n *yaml.Node, key, what string) error {
	if len(n.Content) > most {
		return fmt.Errorf("line %d: %s has %d %s: there may be %d", n.Line, key, len(n.Content), what, most)
	}
	return nil
}

// sizes counts values, and each anchor's once.
type sizes struct {
	most  int
	known map[*yaml.Node]int
}

func (s *sizes) of(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if size, ok := s.known[n]; ok {
		return size
	}
	if n.Anchor != "" {
		s.known[n] = s.most + 1 // what holds itself has no end
	}
	size := 1
	for _, x := range n.Content {
		size = min(size+s.of(x), s.most+1)
	}
	if n.Anchor != "" {
		s.known[n] = size
	}
	return size
}
