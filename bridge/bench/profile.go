package bench

import (
	"errors"
	"os"
	"runtime/pprof"
)

// Profile writes a profile of the processor time of fn to the file called name, if
// there is a name.
func Profile(name string, fn func() error) (err error) {
	if name == "" {
		return fn()
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return fn()
}
