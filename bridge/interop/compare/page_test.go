package compare_test

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the table of differences into SPEC.md")

const (
	page     = "../../../protocols/nats/SPEC.md"
	heading  = "## Differences from nats-server 2.15.2\n"
	tableTop = "| step: field | ours | theirs | why |\n|---|---|---|---|\n"
)

// SPEC.md has the table of differences, word by word. -rewrite writes it.
func TestPageHasTheTable(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, section, found := strings.Cut(string(b), heading)
	intro, rest, whole := strings.Cut(section, tableTop)
	if !found || !whole {
		t.Fatalf("%s has no table below %q", page, heading)
	}
	end := endOfTable(rest)
	if rest[:end] == rows() {
		return
	}
	if !*rewrite {
		t.Fatalf("the table of %s is not that of the test: run go test -run TestPageHasTheTable -rewrite", page)
	}
	if err := os.WriteFile(page, []byte(before+heading+intro+tableTop+rows()+rest[end:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

// endOfTable is where the lines of a table end.
func endOfTable(s string) (end int) {
	for line := range strings.Lines(s) {
		if line[0] != '|' {
			break
		}
		end += len(line)
	}
	return end
}

// rows is the table as a page has it.
func rows() string {
	var b strings.Builder
	for _, d := range table {
		b.WriteString("| `" + d.where + "`: `" + d.field + "` | `" + d.ours + "` | `" + d.theirs + "` | " + d.why + " |\n")
	}
	return b.String()
}
