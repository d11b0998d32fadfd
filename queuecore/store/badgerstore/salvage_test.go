package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
)

func quiet() Options {
	return Options{Log: slog.New(slog.DiscardHandler), MinFree: -1, KeepEvery: -1, tune: small}
}

func noFinding(t *testing.T) func(Finding) {
	return func(f Finding) { t.Errorf("found: %+v", f) }
}

// versions fills a store in two sessions, with keys that the second one writes
// over or removes, and returns its directory.
func filledTwice(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for session := range 2 {
		s := openTiny(t, dir)
		for i := range 200 {
			put(t, s, fmt.Sprintf("key%03d", i*(session+1)), fmt.Sprintf("value %d of session %d", i, session))
		}
		put(t, s, "large", strings.Repeat(fmt.Sprint(session), 100_000))
		if session == 1 {
			var b store.Batch
			for i := range 50 {
				b.Delete(fmt.Appendf(nil, "key%03d", i))
			}
			if err := s.Write(&b); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// contents returns all that a store holds.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	s, err := openKept(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return contentsOf(t, s)
}

func contentsOf(t *testing.T, s *base) map[string]string {
	t.Helper()
	all := make(map[string]string)
	if err := s.Load(nil, func(k, v []byte) error { all[string(k)] = string(v); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %.40q, want %.40q", k, got[k], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
}

// Without manifest, registry and format there is nothing missing: of each key the
// newest version comes out, and what was removed does not.
func TestSalvageWithoutManifest(t *testing.T) {
	dir := filledTwice(t)
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.CopyFS(broken, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(context.Background(), broken, nil, noFinding(t)); err != nil {
		t.Fatal(err)
	}
	want := contents(t, dir)
	for _, name := range []string{"MANIFEST", "KEYREGISTRY", formatFile} {
		if err := os.Remove(filepath.Join(broken, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openKept(broken, quiet()); err == nil {
		t.Fatal("a store without a manifest opens")
	}
	to := filepath.Join(t.TempDir(), "to")
	sum, err := Salvage(context.Background(), broken, to, quiet(), nil, func(Finding) {})
	if err != nil || sum.Records != len(want) {
		t.Fatalf("%+v, %v", sum, err)
	}
	same(t, contents(t, to), want)
}

// A table that is gone takes its records along, and is named.
func TestSalvageWithoutTable(t *testing.T) {
	dir := filledTwice(t)
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	last := tables[len(tables)-1]
	if err := os.Remove(last); err != nil {
		t.Fatal(err)
	}
	if _, err := openKept(dir, quiet()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open: %v, want ErrCorrupt", err)
	}
	named := false
	to := filepath.Join(t.TempDir(), "to")
	_, err = Salvage(context.Background(), dir, to, quiet(), nil, func(f Finding) {
		named = named || f.File == filepath.Base(last) && !f.Harmless
	})
	if err != nil || !named {
		t.Errorf("the table is named: %v, %v", named, err)
	}
	contents(t, to)
}

// What nobody may look at, and where nothing may be put.
func TestSalvageRefuses(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := openTiny(t, dir)
	put(t, s, "a", "1")
	if _, err := Check(ctx, dir, nil, noFinding(t)); !errors.Is(err, ErrLocked) {
		t.Errorf("check of a store in use: %v", err)
	}
	if _, err := Salvage(ctx, dir, filepath.Join(dir, "x"), quiet(), nil, noFinding(t)); !errors.Is(err, ErrLocked) {
		t.Errorf("salvage of a store in use: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Salvage(ctx, dir, dir, quiet(), nil, noFinding(t)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("salvage into itself: %v", err)
	}
	if _, err := Check(ctx, t.TempDir(), nil, noFinding(t)); !errors.Is(err, ErrFormat) {
		t.Errorf("check of an empty directory: %v", err)
	}
	if _, err := Check(ctx, filepath.Join(dir, "none"), nil, noFinding(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("check of nothing: %v", err)
	}
}

// A queue whose record is lost keeps its messages; a broker would take it for
// deleted, and remove them.
func TestSalvageMendsQueue(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	b, err := openRot(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CreateQueue(ctx, "orders", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := b.Send(ctx, &queuecore.Message{Destination: queuecore.QueueNamed("orders"), CorrelationID: fmt.Sprintf("orders-0-9000-%d", i), Body: rotBody(fmt.Sprintf("orders-0-9000-%d", i), 9000)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	smash(t, dir, `"Name":"orders"`)
	var named []string
	to := filepath.Join(t.TempDir(), "to")
	if _, err := Salvage(ctx, dir, to, Options{Log: slog.New(slog.DiscardHandler), MinFree: -1, tune: rotTune}, queuecore.NewInspector(), func(f Finding) {
		named = append(named, fmt.Sprint(f.What, f.Records))
	}); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(named, "\n"); !strings.Contains(text, "the queue's record is lost") {
		t.Errorf("found: %s", text)
	}
	if b, err = openRot(ctx, to); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got, err := rotDrain(ctx, b.Broker); err != nil || len(got) != 3 {
		t.Errorf("%v, %v; %s", got, err, strings.Join(named, "\n"))
	}
}

// smash writes over a text, wherever it stands in the sorted tables.
func smash(t *testing.T, dir, text string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if changed := strings.ReplaceAll(string(content), text, strings.Repeat("#", len(text))); changed != string(content) {
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%q is in none of %v", text, paths)
}
