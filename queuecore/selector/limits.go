package selector

import "cmp"

// Limits bound what a selector may cost. A field that is zero has its default.
type Limits struct {
	// Length is of the text, in bytes, without prefixes. Default 32,768.
	Length int
	// Depth is how far parentheses, NOT and signs may be nested. It bounds the
	// stack, in Compile as well as in Match. Default 200.
	Depth int
	// Nodes is how many values, names and operators there may be; what an IN
	// lists is not counted. It bounds the look-ups and comparisons of one
	// evaluation. Default 4,096.
	Nodes int
	// Steps is how much one evaluation may look at: a node is a step, and so are
	// 4 bytes of a string that is compared or searched, a character that "_" stands
	// for and a place where a pattern is tried. Default 131,072, which is half a
	// megabyte of strings, and two milliseconds at the worst.
	Steps int
}

// The defaults of Limits.
const (
	defaultLength = 32 << 10
	defaultDepth  = 200
	defaultNodes  = 4096
	defaultSteps  = 1 << 17
)

// stepBytes is how many bytes of a string make a step.
const stepBytes = 4

func (l Limits) orDefaults() Limits {
	return Limits{
		Length: cmp.Or(l.Length, defaultLength),
		Depth:  cmp.Or(l.Depth, defaultDepth),
		Nodes:  cmp.Or(l.Nodes, defaultNodes),
		Steps:  cmp.Or(l.Steps, defaultSteps),
	}
}

// steps are what an evaluation may still spend; below zero it has spent too much.
type steps int

// spend takes n steps, and reports whether they were there.
func (s *steps) spend(n int) bool {
	*s -= steps(n)
	return *s >= 0
}

// spendBytes takes the steps for n bytes of a string.
func (s *steps) spendBytes(n int) bool { return s.spend(1 + n/stepBytes) }

// bytes returns how many bytes there are steps for, if that is fewer than n.
func (s *steps) bytes(n int) int { return stepBytes * min(max(int(*s), 0), n/stepBytes+1) }
