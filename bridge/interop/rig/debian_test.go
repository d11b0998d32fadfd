package rig

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPlanned(t *testing.T) {
	says := "NOTE: This is only a simulation!\nReading package lists...\n" +
		"Inst rake (13.0.6-3 Debian:12.11/oldstable [all]) []\nInst ruby-stomp (1.4.10-2 Debian:12.11/oldstable [all])\n" +
		"Conf rake (13.0.6-3 Debian:12.11/oldstable [all])\n"
	if got := planned(says); !slices.Equal(got, []string{"rake", "ruby-stomp"}) {
		t.Errorf("planned %q", got)
	}
}

func TestBelow(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"usr/share/perl5", "usr/lib/a-linux-gnu/perl5/5.36"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	want := filepath.Join(root, "usr/share/perl5") + string(os.PathListSeparator) + filepath.Join(root, "usr/lib/a-linux-gnu/perl5/5.36")
	if got := below(root, "usr/share/perl5", "usr/lib/*/perl5/*", "opt/*"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
