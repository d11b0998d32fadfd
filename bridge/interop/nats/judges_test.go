package nats_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// nats-py: core NATS, JetStream, its administration, restarts, TLS.
func TestNATSPy(t *testing.T) {
	judge(t, "python", "judge.py", func() (*rig.Language, error) {
		return rig.Python(t.Context(), os.DirFS("../driver/python")) // the libraries are the driver's
	})
}

// jnats: the same in Java.
func TestJNATS(t *testing.T) {
	judge(t, "java", "Judge", func() (*rig.Language, error) { return rig.Java(t.Context(), os.DirFS("java")) })
}

// nats.js over TCP and in WebSockets: the same in JavaScript.
func TestNATSJS(t *testing.T) {
	judge(t, "node", "judge.mjs", func() (*rig.Language, error) { return rig.Node(t.Context(), os.DirFS("node")) })
}

// judge runs a program of a language against each server, and shows each of its cases as a test.
func judge(t *testing.T, dir, program string, get func() (*rig.Language, error)) {
	t.Helper()
	t.Parallel()
	l, at := rig.Programs(t, get, os.DirFS(dir), os.DirFS("../report"))
	for _, server := range servers() {
		t.Run(server, func(t *testing.T) {
			t.Parallel() // each waits, most of its time, for leases to end
			where, err := json.Marshal(openSite(t, server))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			rig.Judge(t, l.Command(ctx, filepath.Join(at, program), string(where)))
		})
	}
}
