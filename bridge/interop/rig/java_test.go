package rig

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJavaRelease(t *testing.T) {
	for says, want := range map[string]int{
		"openjdk 17.0.15 2025-04-15\nOpenJDK Runtime Environment": 17,
		"java 21 2023-09-19 LTS":                                  21,
		"openjdk 24-ea 2025-03-18":                                0, // nobody's daily work
		"java":                                                    0,
		"":                                                        0,
	} {
		if got := release(says); got != want {
			t.Errorf("release(%q) = %d, want %d", says, got, want)
		}
	}
}

// compiled returns a language without libraries, and a directory with one program.
func compiled(t *testing.T, source string) (l *Language, dir string, err error) {
	t.Helper()
	java, err := findJava(t.Context())
	if err == nil {
		_, _, err = find(t.Context(), "javac")
	}
	if errors.Is(err, ErrMissing) && !Required() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Main.java"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	lib := t.TempDir()
	return &Language{line: runsClasses(java, lib)}, dir, compile(t.Context(), dir, lib)
}

func TestJavaCompilesAndRuns(t *testing.T) {
	base := inCache(t)
	l, dir, err := compiled(t, `class Main { public static void main(String[] a) { System.out.print("hello, " + a[0]); } }`)
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.Command(t.Context(), filepath.Join(dir, "Main"), "you").Output()
	if err != nil || string(out) != "hello, you" {
		t.Errorf("said %q: %v", out, err)
	}
	at, err := os.Readlink(filepath.Join(dir, classes))
	if err != nil || !strings.HasPrefix(at, base) {
		t.Errorf("the classes are in %q, not in the cache: %v", at, err)
	}
}

// A mistake in a program is never taken for a missing language, or nobody would see it.
func TestJavaMistake(t *testing.T) {
	inCache(t)
	_, _, err := compiled(t, `class Main { int n = "text"; }`)
	if err == nil || errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "incompatible types") {
		t.Errorf("got %v", err)
	}
}
