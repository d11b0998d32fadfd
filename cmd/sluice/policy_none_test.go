package main_test

import (
	"path/filepath"
	"testing"
)

// Of a user who has nothing to say what he may, it is told that he may do everything, and not by what form.
func TestPolicyOfNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.yaml")
	writeFile(t, file, "users:\n  - name: keeper\n")
	for want, args := range map[string][]string{
		"allowed by default: a user without a policy may do everything\n": {"test", "keeper", "purge", "q"},
		"user keeper\n  no policy: everything is allowed\n":               {"ls", "keeper"},
	} {
		if got, stderr, code := fed(t, "", append([]string{"policy", "--users-file", file}, args...)...); code != 0 || got != want {
			t.Errorf("%q: %d, %s%s", args, code, got, stderr)
		}
	}
}
