package bench

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"
)

// allocation is what was allocated since the process began.
type allocation struct{ objects, bytes float64 }

// allocations counts without stopping the world for long.
func allocations() allocation {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return allocation{float64(m.Mallocs), float64(m.TotalAlloc)}
}

// per returns what was allocated since a, for each of n.
func (a allocation) per(n int, since allocation) allocation {
	return allocation{(a.objects - since.objects) / float64(n), (a.bytes - since.bytes) / float64(n)}
}

// memory is what the process holds.
type memory struct {
	resident float64 // bytes that the system has given it; 0 where it does not tell
	heap     float64 // bytes of live objects
	stacks   float64
}

// settledMemory collects the garbage first and gives what is free back to the
// system, so that two calls can be compared.
func settledMemory() memory {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return memory{resident: resident(os.Getpid()), heap: float64(m.HeapInuse), stacks: float64(m.StackInuse)}
}

// heapNow returns the bytes of the heap, dead objects included.
func heapNow() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64())
}

// resident returns a process's VmRSS in bytes; 0 where there is no /proc.
func resident(pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kb, err := strconv.ParseFloat(string(bytes.Fields(rest)[0]), 64)
			if err != nil {
				return 0
			}
			return kb * 1024
		}
	}
	return 0
}

// residentParts returns what of the resident bytes is the process's own, and what
// are pages of mapped files, which the system takes back when it needs them.
func residentParts() (own, mapped float64) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(string(f[1]), 64) // what is no number is not asked for
		switch string(f[0]) {
		case "RssAnon:":
			own = kb * 1024
		case "RssFile:":
			mapped = kb * 1024
		}
	}
	return own, mapped
}

// diskBytes returns the bytes that the files below dir take up, holes not counted.
func diskBytes(dir string) (float64, error) {
	var sum float64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return skipGone(err)
		}
		info, err := d.Info()
		if err != nil {
			return skipGone(err)
		}
		sum += float64(allocated(info))
		return nil
	})
	return sum, err
}

// skipGone passes over a file that was removed while the tree was walked.
func skipGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// cpuOf returns the processor time that the process uses while fn runs.
func cpuOf(fn func()) time.Duration {
	before := cpuTime()
	fn()
	return cpuTime() - before
}
