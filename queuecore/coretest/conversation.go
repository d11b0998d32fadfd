package coretest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Conversations replays every file of dir: blocks of commands, a line "----",
// and what the machine is expected to answer, up to an empty line. With rewrite
// the files are written anew with what it does answer; commit that only if you
// understand what caused each change.
func Conversations(t *testing.T, dir string, rewrite bool) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations in %s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			conversation(t, file, rewrite)
		})
	}
}

func conversation(t *testing.T, file string, rewrite bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newSpeaker()
	var out bytes.Buffer
	for _, x := range parseExchanges(text) {
		got := s.speak(x.commands)
		if !rewrite && got != x.answer {
			t.Errorf("%s:%d:\n%s----\ngot:\n%swant:\n%s", filepath.Base(file), x.line, x.commands, got, x.answer)
		}
		fmt.Fprintf(&out, "%s%s----\n%s\n", x.comment, x.commands, got)
	}
	if rewrite {
		if err := os.WriteFile(file, bytes.TrimRight(out.Bytes(), "\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := bytes.TrimRight(out.Bytes(), "\n"); !t.Failed() && !bytes.Equal(want, bytes.TrimRight(text, "\n")) {
		t.Errorf("%s is not in the form that -rewrite gives it", file)
	}
}

// exchange is one block of a conversation.
type exchange struct {
	line              int
	comment, commands string
	answer            string
}

func parseExchanges(text []byte) []exchange {
	var all []exchange
	var x exchange
	inAnswer := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case inAnswer && line == "":
			all = append(all, x)
			x, inAnswer = exchange{}, false
		case inAnswer:
			x.answer += line + "\n"
		case line == "----":
			inAnswer = true
		case x.commands == "" && (line == "" || strings.HasPrefix(line, "#")):
			x.comment += line + "\n"
		default:
			if x.commands == "" {
				x.line = n
			}
			x.commands += line + "\n"
		}
	}
	if x.commands != "" {
		all = append(all, x)
	}
	return all
}
