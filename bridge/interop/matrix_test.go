package interop_test

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// matrix is what came of a set of crossings.
type matrix struct {
	rows, columns []string

	mu    sync.Mutex
	cells map[[2]string]cell // by row and column, guarded by mu
}

// cell is one crossing: it went well, failed with a reason, or was left out with one.
type cell struct {
	took   time.Duration
	err    error
	absent string
}

func newMatrix(rows, columns []string) *matrix {
	return &matrix{rows: rows, columns: columns, cells: make(map[[2]string]cell)}
}

func (m *matrix) set(row, column string, c cell) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cells[[2]string{row, column}] = c
}

func (c cell) String() string {
	switch {
	case c.err != nil:
		return "FAIL"
	case c.absent != "":
		return "skip"
	case c.took == 0:
		return "not run"
	}
	return fmt.Sprintf("ok %.1fs", c.took.Seconds())
}

// String draws the matrix, with the reasons of what is not ok below it.
func (m *matrix) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b, reasons strings.Builder
	width := widest(append([]string{""}, m.rows...))
	line := func(first string, cells []string) {
		b.WriteString(pad(first, width))
		for _, c := range cells {
			b.WriteString("  " + pad(c, 10))
		}
		b.WriteByte('\n')
	}
	line("", m.columns)
	said := make(map[string]bool)
	for _, row := range m.rows {
		var cells []string
		for _, column := range m.columns {
			c := m.cells[[2]string{row, column}]
			cells = append(cells, c.String())
			if c.err != nil {
				fmt.Fprintf(&reasons, "%s, %s: %v\n", row, column, c.err)
			} else if c.absent != "" && !said[column] {
				said[column] = true
				fmt.Fprintf(&reasons, "%s: skipped, %s\n", column, c.absent)
			}
		}
		line(row, cells)
	}
	return b.String() + reasons.String()
}

func widest(all []string) (n int) {
	for _, s := range all {
		n = max(n, utf8.RuneCountInString(s))
	}
	return n
}

func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}
