package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
)

// filled repeats a unit between begin and end, as often as marks allow.
func filled(begin, unit, end string, marks int) string {
	each := 0
	for _, c := range "\n,:-?[]{}" {
		each += strings.Count(unit, string(c))
	}
	return begin + strings.Repeat(unit, marks/each-10) + end
}

// Whatever stands in a file of users or of settings, to read it takes no more memory than some 2,000 bytes for each mark
// that it may have, and what has more is refused before it is read.
func TestFilesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	readUsers := func(text string) error { _, err := config.ParseUsers([]byte(text)); return err }
	readFile := func(text string) error {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(t.Context(), config.Sources{File: path})
		return err
	}
	for name, x := range map[string]struct {
		begin, unit, end string
	}{
		"words": {"[", "a,", "]"}, "keys without values": {"{", "a,", "}"}, "maps": {"[", "{},", "]"}, "questions": {"{", "?,", "}"},
		"dashes": {"\n", "-\n", ""}, "nested dashes": {"\n", "- - - -\n", ""}, "quotes": {"[", `"",`, "]"}, "anchors": {"[", "&a ,", "]"}, "comments": {"[]\n", "#\n", ""},
	} {
		for _, file := range []struct {
			key   string
			marks int
			read  func(string) error
		}{{"users: ", config.MaxUsersMarks, readUsers}, {"access_keys: ", config.MaxFileMarks, readFile}} {
			text := filled(file.key+x.begin, x.unit, x.end, file.marks/40)
			if n := alloc.Bytes(func() { _ = file.read(text) }); n > 2000*uint64(file.marks/40) {
				t.Errorf("%s%s: %d KiB for %d marks", file.key, name, n>>10, file.marks/40)
			}
			text = filled(file.key+x.begin, x.unit, x.end, file.marks+file.marks/16)
			var err error
			n := alloc.Bytes(func() { err = file.read(text) })
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("there may be %d", file.marks)) || n > 8*uint64(len(text)) {
				t.Errorf("%s%s: %v, after %d KiB for %d KiB", file.key, name, err, n>>10, len(text)>>10)
			}
		}
	}
}

// A few aliases would make much of little.
func TestAliasesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("data_dir: &a0 x\n")
	fmt.Fprintf(&b, "queue_rules:\n  - &r {queues: a, dead_letter: b}\n%s", strings.Repeat("  - *r\n", 60_000))
	path := filepath.Join(t.TempDir(), "sluice.yaml")
	for name, text := range map[string]string{
		"wide": b.String(),
		"deep": "access_keys: [&a [x,x,x,x,x,x,x,x], &b [*a,*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b,*b], &d [*c,*c,*c,*c,*c,*c,*c,*c], " +
			"&e [*d,*d,*d,*d,*d,*d,*d,*d], &f [*e,*e,*e,*e,*e,*e,*e,*e], [*f,*f,*f,*f,*f,*f,*f,*f]]\n",
		"itself": "access_keys: &a [*a]\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		n := alloc.Bytes(func() { _, err = config.Load(t.Context(), config.Sources{File: path}) })
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("more than %d values", config.MaxFileMarks)) || n > 100<<20 {
			t.Errorf("%s: %v, after %d KiB", name, err, n>>10)
		}
	}
}
