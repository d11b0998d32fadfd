package sqs_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/driver/golang"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// javaPatience bounds every single request to the judge: it is when the test gives up.
const javaPatience = rig.ClientTime

// javaSuite is a house, a judge in Java, clients in Go for the other dialects, and
// an S3 for the extended client.
type javaSuite struct {
	addrs bridge.Addrs
	judge *driver.Driver
	hello driver.Reply
	other *driver.Driver
	s3    *rig.S3
}

// openJavaSuite starts it all: one house and one virtual machine for all tests. It
// skips the test where there is no Java, unless one is required.
func openJavaSuite(t *testing.T) *javaSuite {
	t.Helper()
	if testing.Short() {
		t.Skip("short run")
	}
	s := &javaSuite{addrs: openJavaHouse(t)}
	var err error
	if s.s3, err = rig.StartS3(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.s3.Close)
	s.judge, err = startJudge(t, "http://"+s.addrs.SQS, s.s3.URL)
	if rig.MayBeLeftOut(err) {
		t.Skipf("Java is left out: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.other = driver.StartFunc(golang.Run)
	t.Cleanup(func() {
		if err := errors.Join(s.judge.Stop(), s.other.Stop()); err != nil {
			t.Error(err)
		}
	})
	if s.hello, err = s.judge.Call(t.Context(), driver.Request{Do: driver.Hello}, javaPatience); err != nil {
		t.Fatal(err)
	}
	return s
}

func startJudge(t *testing.T, args ...string) (*driver.Driver, error) {
	source, at := os.DirFS("java"), t.TempDir()
	l, err := rig.Java(t.Context(), source)
	if err != nil {
		return nil, err
	}
	if err := l.Install(at, source); err != nil {
		return nil, err
	}
	// The judge outlives the test's own context: cleanups still stop it.
	return driver.StartProcess(l.Command(context.Background(), filepath.Join(at, "Judge"), args...))
}

// openJavaHouse serves all dialects from a house in this process. It verifies every
// SQS request, against a key that may do everything and one that may only receive, and
// holds to the rules of Amazon that last 60 seconds there, for longer.
func openJavaHouse(t *testing.T) bridge.Addrs {
	t.Helper()
	cfg := rig.Config()
	cfg.DataDir = t.TempDir()
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	cfg.SQS.PurgeInterval, cfg.SQS.RecreateDelay = time.Hour, time.Hour
	cfg.AccessKeys = []config.AccessKey{
		javaKey(t, "interop"),
		javaKey(t, "reader", config.ActionReceive),
	}
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), javaPatience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	return h.Addrs()
}

// javaKey is an access key whose secret and user are called like itself.
func javaKey(t *testing.T, id string, actions ...config.Action) config.AccessKey {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.AccessKey{ID: id, Secret: config.SecretRef("file:" + path), User: id, Actions: actions}
}
