package bridge

import (
	"runtime/debug"
	"strings"
)

// unreleased is the version of a build that no tag names. Go calls one v0.0.0 and
// the date.
const unreleased = "0.1.0-dev"

// Version returns the version of the program and the commit it was built from;
// the commit is empty when the build does not tell.
func Version() (version, revision string) {
	version = unreleased
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, ""
	}
	if v, ok := strings.CutPrefix(info.Main.Version, "v"); ok && !strings.HasPrefix(v, "0.0.0-") {
		version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return version, revision
}
