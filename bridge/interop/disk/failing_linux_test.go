package disk_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// thinDisk is a disk that has promised more than it has, as thin volumes do: ext4
// on a loop device over a sparse file. Its syncs fail once the file system below
// is full, although it has space by its own count.
type thinDisk struct {
	t                   *testing.T
	below, image, mount string
}

func newThinDisk(t *testing.T) *thinDisk {
	t.Helper()
	below := smallDisk(t, 256)
	d := &thinDisk{t, below, filepath.Join(below, "image"), t.TempDir()}
	f, err := os.Create(d.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(2<<30), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"mkfs.ext4", "mount", "umount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	d.run("mkfs.ext4", "-q", "-F", d.image)
	if out, err := d.on(); err != nil {
		t.Skipf("no loop device can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.mount).Run() }) // it may be off already
	return d
}

// on mounts the disk; umount gives the loop device back.
func (d *thinDisk) on() ([]byte, error) {
	return exec.Command("mount", "-o", "loop,errors=continue", d.image, d.mount).CombinedOutput()
}

func (d *thinDisk) run(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// again takes the disk off and mounts it anew: what the kernel had in its memory
// alone is gone, as after a power cut.
func (d *thinDisk) again() {
	d.t.Helper()
	d.run("umount", d.mount)
	if out, err := d.on(); err != nil {
		d.t.Fatalf("mount: %v: %s", err, out)
	}
}

// A disk whose sync fails: whoever waits gets an error, nothing is confirmed any
// more, and the process ends with exit code 1 and the reason in its log. What was
// confirmed is on the disk itself.
func TestFailingDisk(t *testing.T) {
	disk := newThinDisk(t)
	dir := filepath.Join(disk.mount, "data")
	s := start(t, dir)
	want := set(s.sendAll("first"))
	foreign := fillUp(t, disk.below, 4)
	confirmed, err := s.sendUntilFailure()
	if err == nil {
		t.Fatal("the disk never failed")
	}
	for _, b := range confirmed {
		want[b] = true
	}
	var exit *exec.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the process ended with %v, want exit code 1", err)
	}
	for _, part := range []string{"the store failed", "store is unavailable", "data_dir " + dir} {
		if !strings.Contains(s.Log(), part) {
			t.Errorf("the log does not say %q", part)
		}
	}

	remove(t, foreign)
	disk.again()
	s = start(t, dir)
	s.awaitReady(http.StatusOK)
	s.drain(want)
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// With on_store_failure stay the process goes on refusing, and says why.
func TestFailingDiskStay(t *testing.T) {
	disk := newThinDisk(t)
	s := start(t, filepath.Join(disk.mount, "data"), "--on-store-failure=stay")
	s.sendAll("first")
	fillUp(t, disk.below, 4)
	if _, err := s.sendUntilFailure(); err == nil {
		t.Fatal("the disk never failed")
	}
	if body := s.awaitReady(http.StatusServiceUnavailable); !strings.Contains(body, "store is unavailable") {
		t.Errorf("/readyz says %s", body)
	}
	if code, _ := s.get("/livez"); code != http.StatusOK {
		t.Errorf("/livez: %d", code)
	}
	if _, body := s.get("/metrics"); !strings.Contains(body, `sluice_refusing{reason="store_failed"} 1`) {
		t.Error("/metrics do not say that the store has failed")
	}
	for _, c := range s.clients {
		c.wantFailed(t, c.send("refused"))
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// sendUntilFailure sends large messages until one is refused, and returns what
// was confirmed.
func (s *server) sendUntilFailure() (confirmed []string, err error) {
	c := s.clients[0].(*natsClient)
	padding := strings.Repeat("x", 512<<10)
	for i := range 200 {
		body := fmt.Sprintf("%06d %s", i, padding)
		if _, err := c.js.Publish(c.ctx, queue, []byte(body), jetstream.WithRetryAttempts(0)); err != nil {
			return confirmed, err
		}
		confirmed = append(confirmed, body)
	}
	return confirmed, nil
}
