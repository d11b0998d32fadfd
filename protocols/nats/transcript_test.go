package nats_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTranscripts plays testdata/*.txt: what a client says (C:), what the server
// must say, exactly (S:) or by a regular expression (S~), and that it must hang
// up (S.). "C*" says a line that is far too long. With INTEROP_AGAINST=host:port
// they are played to that server, a nats-server say, to see that they are right.
func TestTranscripts(t *testing.T) {
	files := must(filepath.Glob("testdata/*.txt"))(t)
	if len(files) == 0 {
		t.Fatal("no transcripts")
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			address := os.Getenv("INTEROP_AGAINST")
			if address == "" {
				address = start(t).address
			}
			play(t, address, string(must(os.ReadFile(f))(t)))
		})
	}
}

func play(t *testing.T, address, script string) {
	t.Helper()
	playOn(t, must(net.Dial("tcp", address))(t), script)
}

// playOn plays to whoever is at the other end of nc, which it closes.
func playOn(t *testing.T, nc net.Conn, script string) {
	t.Helper()
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	from := bufio.NewReader(nc)
	for i, line := range strings.Split(script, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		said := strings.TrimPrefix(line[2:], " ")
		switch line[:2] {
		case "C:":
			fmt.Fprint(nc, strings.ReplaceAll(said, `\r\n`, "\r\n")+"\r\n")
		case "C*":
			fmt.Fprintf(nc, said+"\r\n", strings.Repeat("x", 5000))
		case "S:", "S~":
			got, err := from.ReadString('\n')
			got = strings.TrimSuffix(got, "\r\n")
			matched := got == said
			if line[1] == '~' {
				matched = regexp.MustCompile("^(?:" + said + ")$").MatchString(got)
			}
			if err != nil || !matched {
				t.Fatalf("line %d: want %s\ngot %q, %v", i+1, said, got, err)
			}
		case "S.":
			if rest, err := from.ReadString('\n'); err == nil {
				t.Fatalf("line %d: the server goes on: %q", i+1, rest)
			}
		default:
			t.Fatalf("line %d: %q", i+1, line)
		}
	}
}
