package badgerstore

import (
	"bytes"
	"errors"
	"io"
)

// Assertions is an output for the standard library's log package, through which
// badger ends the process when it meets something that cannot be: a damaged index
// of a table, for one, also in the middle of a read. As the log's output it makes a
// panic of that, which the store catches where it reads; everything else goes to Next.
type Assertions struct{ Next io.Writer }

func (a Assertions) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("Assert failed")) {
		panic(errors.New("badger: assertion failed"))
	}
	return a.Next.Write(line)
}
