package driver_test

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

const patience = time.Minute

// answering returns a driver that answers every request with one text.
func answering(t *testing.T, text string) *driver.Driver {
	d := driver.StartFunc(func(_ context.Context, in io.Reader, out io.Writer) error {
		for s := bufio.NewScanner(in); s.Scan(); {
			if _, err := io.WriteString(out, text); err != nil {
				return err
			}
		}
		return nil
	})
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestCall(t *testing.T) {
	tests := []struct{ name, answer, want string }{
		{"good", `{"id":1,"language":"x"}` + "\n", ""},
		{"error", `{"id":1,"error":"57 of 100 came"}` + "\n", "57 of 100 came"},
		{"wrong id", `{"id":7}` + "\n", "request 1 was answered with 7"},
		{"no JSON", "Traceback\n", "no reply"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := answering(t, tt.answer)
			_, err := d.Call(t.Context(), driver.Request{Do: driver.Hello}, patience)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A driver that has ended fails the call under way and all after it.
func TestDriverIsGone(t *testing.T) {
	d := driver.StartFunc(func(_ context.Context, in io.Reader, _ io.Writer) error {
		_, err := bufio.NewReader(in).ReadBytes('\n')
		return err
	})
	for range 2 {
		_, err := d.Call(t.Context(), driver.Request{Do: driver.Hello}, patience)
		if err == nil || !strings.Contains(err.Error(), "the driver is gone") {
			t.Errorf("got %v", err)
		}
	}
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
}

// A driver that does not answer is stopped when the caller's time is over.
func TestDriverIsStuck(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	d := driver.StartFunc(func(own context.Context, in io.Reader, _ io.Writer) error {
		defer close(stopped)
		if _, err := bufio.NewReader(in).ReadBytes('\n'); err != nil {
			return err
		}
		cancel()
		<-own.Done()
		return own.Err()
	})
	_, err := d.Call(ctx, driver.Request{Do: driver.Hello}, patience)
	if err == nil || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("got %v", err)
	}
	<-stopped
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
}
