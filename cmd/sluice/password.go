package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// readPassword asks on the terminal, where nothing is shown, or else reads a line of standard
// input. Twice: a new one, in which a slip would not be noticed.
func readPassword(cmd *cobra.Command, prompt string, twice bool) (string, error) {
	f, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return lineOf(cmd.InOrStdin())
	}
	password, err := ask(cmd, f, prompt)
	if err != nil || !twice {
		return password, err
	}
	again, err := ask(cmd, f, "Again: ")
	if err == nil && again != password {
		err = errors.New("these are two passwords: nothing was done")
	}
	return password, err
}

func ask(cmd *cobra.Command, f *os.File, prompt string) (string, error) {
	fmt.Fprint(cmd.ErrOrStderr(), prompt)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(cmd.ErrOrStderr())
	return string(b), err
}

// lineOf returns the first line, without its end.
func lineOf(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	line = strings.TrimRight(line, "\r\n")
	if err == nil && line == "" {
		err = errors.New("no password came from standard input")
	}
	return line, err
}
