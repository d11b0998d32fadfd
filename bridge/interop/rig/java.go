package rig

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// javaRelease is the oldest Java that will do: programs are written and compiled for it.
const javaRelease = 17

// Java returns a Java with the libraries that the pom.xml of dir lists. That
// file must pin every version, that of maven-dependency-plugin included, which copies the libraries.
// Maven is only needed for the first installation. The programs are the .java files of
// dir, one class each, of no package.
func Java(ctx context.Context, dir fs.FS) (*Language, error) {
	files, err := read(dir, "pom.xml")
	if err != nil {
		return nil, err
	}
	java, err := findJava(ctx)
	if err != nil {
		return nil, err
	}
	at, err := cached("java", files, func(at string) error {
		maven, err := exec.LookPath("mvn")
		if err != nil {
			return fmt.Errorf("%w: no mvn", ErrMissing)
		}
		_, err = run(ctx, at, maven, "--batch-mode", "--no-transfer-progress", "--quiet",
			"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(at, "lib"))
		return err
	})
	if err != nil {
		return nil, err
	}
	lib := filepath.Join(at, "lib", "*")
	return &Language{line: runsClasses(java, lib), prepare: func(dir string) error { return compile(ctx, dir, lib) }}, nil
}

// findJava returns the path of a java that is new enough.
func findJava(ctx context.Context) (string, error) {
	java, says, err := find(ctx, "java")
	if err == nil && release(says) < javaRelease {
		err = fmt.Errorf("%w: Java %d or newer is needed: %s", ErrMissing, javaRelease, firstLine(says))
	}
	return java, err
}

// release returns the number in what java --version says, as in "openjdk 17.0.15
// 2025-04-15", or 0.
func release(says string) int {
	words := strings.Fields(says)
	if len(words) < 2 {
		return 0
	}
	number, _, _ := strings.Cut(words[1], ".")
	n, _ := strconv.Atoi(number) // 0 when it is none
	return n
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// classes is the directory beside the programs that they are compiled into.
const classes = "classes"

// runsClasses returns the command lines of compiled programs. They are short-lived:
// they start sooner without the second compiler and with the simplest collector.
func runsClasses(java, lib string) func(program string) []string {
	return func(program string) []string {
		path := filepath.Join(filepath.Dir(program), classes) + string(os.PathListSeparator) + lib
		return []string{java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", path, filepath.Base(program)}
	}
}

// compile makes the classes of the programs in dir, unless an earlier run has.
// That they do not compile is not ErrMissing.
func compile(ctx context.Context, dir, lib string) error {
	sources, err := filepath.Glob(filepath.Join(dir, "*.java"))
	if err != nil {
		return err
	}
	var names []string
	for _, path := range sources {
		names = append(names, filepath.Base(path))
	}
	files, err := read(os.DirFS(dir), names...)
	if err != nil {
		return err
	}
	files["libraries"] = []byte(lib)
	at, err := cached("java-classes", files, func(at string) error { return compileIn(ctx, at, lib, names) })
	if err != nil {
		return err
	}
	return os.Symlink(filepath.Join(at, classes), filepath.Join(dir, classes))
}

func compileIn(ctx context.Context, at, lib string, names []string) error {
	javac, err := exec.LookPath("javac")
	if err != nil {
		return fmt.Errorf("%w: no javac", ErrMissing)
	}
	args := []string{"--release", strconv.Itoa(javaRelease), "-proc:none", "-nowarn", "-encoding", "UTF-8", "-cp", lib, "-d", classes}
	if text, err := output(ctx, at, javac, append(args, names...)...); err != nil {
		return fmt.Errorf("javac: %w: %s", err, text)
	}
	return nil
}
