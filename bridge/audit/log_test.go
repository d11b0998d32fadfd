package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// entry is a line as its readers see it.
type entry struct {
	Time                                             time.Time
	Event, User, Credential, Key, Remote             string
	Dialect, Listener, Connection, Action, Operation string
	Target, Result, Reason                           string
	Count                                            uint64
}

func read(t *testing.T, path string) (all []entry) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		var w entry
		if err := json.Unmarshal([]byte(l), &w); err != nil || !strings.HasSuffix(l, "\n") {
			t.Fatalf("%q: %v", l, err)
		}
		all = append(all, w)
	}
	return all
}

func at(address string) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		panic(err)
	}
	return a
}

func made(target string) protocols.Act {
	return protocols.Act{
		Client: protocols.Audited{User: "anna", Remote: at("192.0.2.1:1000"), Dialect: "stomp"},
		Action: protocols.AuditCreate, Operation: "SEND", Target: target,
	}
}

func login(address string, err error) protocols.Act {
	return protocols.Act{Client: protocols.Audited{User: "anna", Credential: "password", Remote: at(address)}, Action: protocols.AuditLogin, Err: err}
}

func open(t *testing.T, path string, o Options) *Log {
	t.Helper()
	l, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// A clock that stands.
func still() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 5, time.UTC) }

func TestLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, Options{Now: still})
	l.Record(protocols.Act{
		Client: protocols.Audited{
			User: "anna", Credential: "access_key", Key: "AK1", Remote: at("192.0.2.1:1000"),
			Dialect: "sqs", Listener: "192.0.2.2:9324", Connection: "r1",
		},
		Action: protocols.AuditPurge, Operation: "PurgeQueue", Target: "orders", Count: 7, Err: fmt.Errorf("no: %w", protocols.ErrDenied),
	})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `{"time":"2026-11-28T12:00:00.000000005Z","event":"denial","user":"anna","credential":"access_key","key":"AK1",` +
		`"remote":"192.0.2.1:1000","dialect":"sqs","listener":"192.0.2.2:9324","connection":"r1","action":"purge",` +
		`"operation":"PurgeQueue","target":"orders","result":"denied","reason":"no: credentials refused","count":7}` + "\n"
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s, %v", got, want, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestResults(t *testing.T) {
	for want, err := range map[string]error{
		"ok": nil, "denied": fmt.Errorf("x: %w", protocols.ErrDenied), "locked": fmt.Errorf("x: %w", &protocols.Locked{}), "failed": errors.New("x"),
	} {
		if got := resultOf(err); got != want {
			t.Errorf("%v is %s, want %s", err, got, want)
		}
	}
}

// Whatever a client sends, a line is one line, is JSON, is bounded, and shows a terminal nothing but text.
func TestNothingForgesALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, Options{})
	hostile := []string{
		"a\n{\"event\":\"login\",\"user\":\"root\",\"result\":\"ok\"}\n", "a\r\nb", "a\x00b", "a\"b\\c", "a\xff\xfe\x80b", "a\x1b[2Jb\u009b31m",
		"a\u2028b\u2029c", "a\u202eb\u200f", strings.Repeat("\n", 1<<20), strings.Repeat("\xff", 1<<20), strings.Repeat("ä", 1<<20), "𐀀\U000e0001", "",
	}
	for _, x := range hostile {
		l.Record(protocols.Act{
			Client: protocols.Audited{User: x, Credential: x, Key: x, Remote: at("192.0.2.1:1"), Dialect: x, Listener: x, Connection: x},
			Action: protocols.AuditCreate, Operation: x, Target: x, Err: nil,
		})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got := read(t, path)
	if len(got) != len(hostile) {
		t.Fatalf("%d lines, want %d", len(got), len(hostile))
	}
	for i, x := range hostile {
		want := strings.ToValidUTF8(x, "\uFFFD")
		if len(x) <= maxText && strings.Count(x, "\xff") == 0 && got[i].Target != want {
			t.Errorf("%q came back as %q", x, got[i].Target)
		}
		if got[i].Event != "act" || got[i].Result != "ok" {
			t.Errorf("%q made the event %q, result %q", cut(x), got[i].Event, got[i].Result)
		}
	}
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if len(line) > 32<<10 || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\x00\x1b\u0085\u009b\u2028\u2029\u202e\u200f") {
			t.Errorf("%d bytes: %.100q", len(line), line)
		}
	}
}

// A file that is renamed or removed is left alone, and a new one takes the lines from then on. One that is
// cut to nothing goes on, from its beginning.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	l := open(t, path, Options{})
	l.Record(made("a"))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	l.Record(made("b"))
	l.Record(made("c"))
	if old, now := read(t, path+".1"), read(t, path); len(old) != 1 || old[0].Target != "a" || len(now) != 2 || now[0].Target != "b" {
		t.Errorf("old %+v, new %+v", old, now)
	}
	if err := os.Truncate(path, 0); err != nil { // logrotate's copytruncate
		t.Fatal(err)
	}
	l.Record(made("d"))
	if now := read(t, path); len(now) != 1 || now[0].Target != "d" {
		t.Errorf("%+v", now)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	l.Record(made("e"))
	if now := read(t, path); len(now) != 1 || now[0].Target != "e" {
		t.Errorf("%+v", now)
	}
}

// What the machine died in the middle of does not spoil the first line of the next start.
func TestLastLineIsEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte(`{"time":"2026`), 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, path, Options{})
	l.Record(made("a"))
	text, err := os.ReadFile(path)
	if lines := strings.Split(string(text), "\n"); err != nil || len(lines) != 3 || lines[0] != `{"time":"2026` || !json.Valid([]byte(lines[1])) {
		t.Errorf("%q, %v", text, err)
	}
}

// disk is a file on a disk that may be full.
type disk struct {
	*file
	free int // bytes; -1: enough
}

func (d *disk) write(line []byte) error {
	if d.free < 0 {
		return d.file.write(line)
	}
	full := &os.PathError{Op: "write", Path: d.path, Err: syscall.ENOSPC}
	if d.free == 0 || len(d.torn) > 0 {
		return reason(full)
	}
	n := min(d.free, len(line))
	d.free -= n
	if _, err := d.file.open.Write(line[:n]); err != nil {
		return err
	}
	if n < len(line) {
		d.torn = append([]byte(nil), line[n:]...)
		return errTorn
	}
	return nil
}

func onDisk(t *testing.T, o Options) (*Log, *disk, string) {
	t.Helper()
	d := &disk{free: -1}
	o.open = func(path string) (appender, error) {
		f, err := openFile(path)
		d.file = f
		return d, err
	}
	path := filepath.Join(t.TempDir(), "audit.log")
	return open(t, path, o), d, path
}

func (l *Log) set(d *disk, free int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.free = free
}

// While the disk is full, lines wait and nobody is held up. What there is no room for is
// counted, and a line says how many those were.
func TestFullDiskGoesOn(t *testing.T) {
	l, d, path := onDisk(t, Options{})
	l.Record(made("first"))
	l.set(d, 10) // in the middle of a line
	const acts = maxWaiting + 101
	for i := range acts {
		l.Record(made(fmt.Sprint(i)))
	}
	if err := l.Login(login("192.0.2.9:1", nil)); err != nil {
		t.Errorf("a login is refused: %v", err)
	}
	if c := l.Counts(); !c.Failing || c.Lost != 101 { // one is torn, maxWaiting wait, the login is lost
		t.Errorf("%+v", c)
	}
	l.set(d, -1)
	l.Record(made("last"))
	got := read(t, path)
	if len(got) != 1+1+maxWaiting+2 {
		t.Fatalf("%d lines", len(got))
	}
	for i, x := range got[1 : 1+maxWaiting] {
		if x.Target != fmt.Sprint(i) {
			t.Fatalf("line %d is of %s", i, x.Target)
		}
	}
	if lost, last := got[len(got)-2], got[len(got)-1]; lost.Event != "lost" || lost.Count != 101 || last.Target != "last" {
		t.Errorf("%+v, %+v", lost, last)
	}
	if c := l.Counts(); c.Failing {
		t.Errorf("%+v", c)
	}
}

// With Refuse nobody is let in meanwhile, what changes something waits, and nothing is lost.
func TestFullDiskRefuses(t *testing.T) {
	l, d, path := onDisk(t, Options{Refuse: true})
	l.set(d, 0)
	if err := l.Login(login("192.0.2.9:1", nil)); !errors.Is(err, protocols.ErrUnrecorded) {
		t.Errorf("a login: %v", err)
	}
	for i := range maxWaiting - 1 {
		l.Record(made(fmt.Sprint(i)))
	}
	done := make(chan struct{})
	// Ends when there is room.
	go func() {
		defer close(done)
		l.Record(made("waits"))
	}()
	l.set(d, -1)
	l.turn()
	<-done
	if err := l.Login(login("192.0.2.9:1", nil)); err != nil {
		t.Errorf("a login: %v", err)
	}
	got := read(t, path)
	if c := l.Counts(); c.Lost != 0 || len(got) != maxWaiting+2 {
		t.Errorf("%+v, %d lines", c, len(got))
	}
}

// Close lets go whoever waits for the disk, and says what is missing.
func TestCloseOnAFullDisk(t *testing.T) {
	l, d, _ := onDisk(t, Options{Refuse: true})
	l.set(d, 0)
	for range maxWaiting {
		l.Record(made("x"))
	}
	done := make(chan struct{})
	// Ends by Close.
	go func() {
		defer close(done)
		l.Record(made("waits"))
	}()
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Error(err)
	}
	<-done
}
