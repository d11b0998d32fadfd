package bridge_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every test that GUARANTEES.md names is in the file that it links to, and every
// numbered promise names one.
func TestGuaranteesAreTested(t *testing.T) {
	const dir = "../queuecore"
	page, err := os.ReadFile(filepath.Join(dir, "GUARANTEES.md"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile("\\[`(Test\\w+)`\\]\\(([^)]+)\\)")
	n := 0
	for _, m := range links.FindAllSubmatch(page, -1) {
		n++
		source, err := os.ReadFile(filepath.Join(dir, string(m[2])))
		if err != nil {
			t.Error(err)
		} else if !bytes.Contains(source, []byte("\nfunc "+string(m[1])+"(t *testing.T")) {
			t.Errorf("%s is not in %s", m[1], m[2])
		}
	}
	promises := regexp.MustCompile(`(?m)^\d+\. (.|\n  )+`).FindAll(page, -1)
	for _, p := range promises {
		if !links.Match(p) {
			t.Errorf("no test: %s", p)
		}
	}
	if n < 30 || len(promises) < 15 {
		t.Errorf("%d links, %d promises: is the page read right?", n, len(promises))
	}
}
