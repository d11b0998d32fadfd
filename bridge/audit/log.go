package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

const (
	// every is how often the disk is told to keep what was written, and a line is tried
	// again that it did not take.
	every = time.Second
	// maxWaiting bounds the lines that wait for the disk to take them.
	maxWaiting = 1024
)

// Options are the settings of a Log; zero fields are the defaults.
type Options struct {
	// Refuse has nobody logged in while nothing can be recorded, and acts that change
	// something wait. Else they are done, and lines for which there is no room are counted.
	Refuse bool
	// Log is told when the file cannot be written, and when it can again (nil: slog.Default).
	Log *slog.Logger
	// Now is the clock (nil: time.Now).
	Now func() time.Time

	open func(path string) (appender, error) // nil: openFile
}

// appender is a file as a Log needs it.
type appender interface {
	write(line []byte) error
	keep() func() error
	close() error
}

// Log is the file. All methods may be called from any goroutine.
type Log struct {
	options Options
	path    string
	stop    context.CancelFunc
	stopped chan struct{} // closed when nothing runs any more

	mu      sync.Mutex // over what follows, and the writing
	room    *sync.Cond // there is some for lines that wait, or Close was called
	file    appender
	waiting [][]byte // for a disk that takes none
	trouble string   // why it does not; "": it does
	dirty   bool     // there are lines that the disk was not told to keep
	closed  bool
	floods  floods
	counts  Counts
	unsaid  uint64 // lines that are lost and no line has told of
}

// Counts is what /metrics tells of a Log. They only rise, but for Failing.
type Counts struct {
	Written uint64 // lines
	LeftOut uint64 // acts that a line told of by their number alone
	Lost    uint64 // acts that no line tells of
	Failing bool   // the file cannot be written at the moment
}

// Open opens the file at path for appending, and makes it if it is not there. The error
// does not name it. The Log must be closed.
func Open(path string, o Options) (*Log, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.open == nil {
		o.open = func(path string) (appender, error) { return openFile(path) }
	}
	f, err := o.open(path)
	if err != nil {
		return nil, err
	}
	l := &Log{options: o, path: path, file: f, stopped: make(chan struct{}), floods: newFloods()}
	l.room = sync.NewCond(&l.mu)
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	// Ends by Close.
	go func() {
		defer close(l.stopped)
		l.tend(ctx)
	}()
	return l, nil
}

// Login implements protocols.Audit. The line is written when it returns.
func (l *Log) Login(a protocols.Act) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	done := l.record(&a)
	if !l.options.Refuse || a.Err != nil || done == written || l.trouble == "" {
		return nil
	}
	a.Err = fmt.Errorf("%w: %s", protocols.ErrUnrecorded, l.trouble)
	if done == waits {
		l.waiting[len(l.waiting)-1] = lineOf(&a, l.options.Now())
	}
	return a.Err
}

// fate is what has become of a line.
type fate uint8

const (
	written fate = iota + 1
	waits        // for the disk, behind all others
	nowhere      // left out, or lost
)

// Record implements protocols.Audit. The line is written when it returns, unless the disk
// does not take it.
func (l *Log) Record(a protocols.Act) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.options.Refuse && !l.closed && len(l.waiting) >= maxWaiting && lasting(&a) {
		l.room.Wait()
	}
	l.record(&a)
}

// record writes the line of an act, or counts it where there are too many. l.mu is held.
func (l *Log) record(a *protocols.Act) fate {
	now := l.options.Now()
	write, told := l.floods.admit(a, now)
	l.tell(told, now)
	if !write {
		l.counts.LeftOut++
		return nowhere
	}
	return l.put(lineOf(a, now))
}

// tell writes how much was left out. l.mu is held.
func (l *Log) tell(told []flood, now time.Time) {
	for i := range told {
		l.put(told[i].line(now))
	}
}

// put writes a line behind those that wait, or has it wait. l.mu is held.
func (l *Log) put(line []byte) fate {
	if l.closed {
		return l.lose()
	}
	l.retry()
	if len(l.waiting) == 0 && l.write(line) {
		return written
	}
	if len(l.waiting) >= maxWaiting {
		return l.lose()
	}
	l.waiting = append(l.waiting, line)
	return waits
}

func (l *Log) lose() fate {
	l.counts.Lost++
	l.unsaid++
	return nowhere
}

// write writes a line, and notes whether that can be done. l.mu is held.
func (l *Log) write(line []byte) bool {
	err := l.file.write(line)
	done := err == nil || errors.Is(err, errTorn)
	if done {
		l.dirty = true
		l.counts.Written++
	}
	l.note(err)
	return done
}

// note logs what is new about the file. l.mu is held.
func (l *Log) note(err error) {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	was := l.trouble
	l.trouble, l.counts.Failing = trouble, err != nil
	switch {
	case (trouble == "") == (was == ""):
	case err != nil:
		l.options.Log.Error("the audit log cannot be written", "file", l.path, "err", err, "refuses", l.options.Refuse)
	default:
		l.options.Log.Info("the audit log can be written again", "file", l.path, "lost", l.counts.Lost)
	}
}

// retry writes the lines that wait, and then how many were lost. l.mu is held.
func (l *Log) retry() {
	for len(l.waiting) > 0 {
		if !l.write(l.waiting[0]) {
			return
		}
		l.waiting = l.waiting[1:]
		l.room.Broadcast()
	}
	if n := l.unsaid; n > 0 && l.trouble == "" && !l.closed {
		if l.write(begin(l.options.Now(), lostEvent).number("count", n).end()) {
			l.unsaid -= n
		}
	}
}

// tend does every second what must be done without an act, until ctx ends.
func (l *Log) tend(ctx context.Context) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			l.turn()
		}
	}
}

// turn tells of floods that are over, tries again what the disk did not take, and has it
// keep what it did.
func (l *Log) turn() {
	l.mu.Lock()
	now := l.options.Now()
	l.tell(l.floods.ended(now), now)
	l.retry()
	dirty, keep := l.dirty, l.file.keep()
	l.dirty = false
	l.mu.Unlock()
	if !dirty {
		return
	}
	if err := keep(); err != nil { // while others write
		l.mu.Lock()
		defer l.mu.Unlock()
		l.note(err)
	}
}

// Counts returns how things are.
func (l *Log) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Close tells of what was left out, writes what waits and syncs the file. Acts that come later
// are lost. The error is that of the file, or says how many lines it did not take.
func (l *Log) Close() error {
	l.stop()
	<-l.stopped
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	now := l.options.Now()
	l.tell(l.floods.all(), now)
	l.retry()
	l.closed = true
	l.room.Broadcast()
	var left error
	if n := len(l.waiting); n > 0 || l.unsaid > 0 {
		left = fmt.Errorf("%d acts are not in it: %s", uint64(n)+l.unsaid, l.trouble)
	}
	return errors.Join(left, l.file.keep()(), l.file.close())
}
