package dialects_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// stomp.py, used as with each of the brokers, gets what it counts on.
func TestStompPy(t *testing.T) {
	judge(t, "python", "judge.py", func() (*rig.Language, error) {
		return rig.Python(t.Context(), os.DirFS("../driver/python")) // the libraries are the driver's
	})
}

// stomp.py keeps what its own options promise, in each dialect.
func TestStompPyOptions(t *testing.T) {
	judge(t, "python", "options.py", func() (*rig.Language, error) { return rig.Python(t.Context(), os.DirFS("../driver/python")) })
}

// Spring's broker relay and clients, and a JMS client over STOMP.
func TestJava(t *testing.T) {
	judge(t, "java", "Judge", func() (*rig.Language, error) { return rig.Java(t.Context(), os.DirFS("java")) })
}

// Net::Stomp of Debian.
func TestPerl(t *testing.T) {
	judge(t, "perl", "judge.pl", func() (*rig.Language, error) { return rig.Perl(t.Context()) })
}

// The gem stomp of Debian.
func TestRuby(t *testing.T) {
	judge(t, "ruby", "judge.rb", func() (*rig.Language, error) { return rig.Ruby(t.Context()) })
}

// The extension stomp of PECL, as Debian has it.
func TestPHP(t *testing.T) {
	judge(t, "php", "judge.php", func() (*rig.Language, error) { return rig.PHP(t.Context()) })
}

// judge runs a program of a language against a house, and shows each of its cases as a test. The
// program is given the addresses for plain, activemq, artemis and rabbitmq, and that of the house's lever.
func judge(t *testing.T, dir, program string, get func() (*rig.Language, error)) {
	t.Helper()
	t.Parallel() // most of it waits for clients that connect again
	l, at := rig.Programs(t, get, os.DirFS(dir), os.DirFS("../report"))
	h := openHouse(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rig.Judge(t, l.Command(ctx, filepath.Join(at, program), append(h.addrs, rig.Lever(t, h.stop, h.start))...))
}
