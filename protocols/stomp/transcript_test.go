package stomp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/mapping"
)

// The files in testdata are conversations. A line that begins with "C:" goes to
// the server, one with "S:" must come from it; a digit before the colon tells
// several connections apart. Lines of one side in a row make one or more frames,
// each ended by ^@. Of the server's headers those in the file must be there, with
// "!name" standing for one that must not, and in values {x} stands for what was
// seen first. "S: (nothing)", "S: (closed)", "C: (close)" and "T: 10s" are what
// they say; "#" begins a comment. A file whose name begins with that of a dialect and
// a dash is spoken in that dialect.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			inBubble(t, func(t *testing.T, h *house) {
				p := &player{h: h, file: file, clients: make(map[string]*client), seen: make(map[string]string)}
				p.play(string(text))
			}, withDialect(dialectOf(t, file)))
		})
	}
}

// dialectOf returns the dialect that a transcript is spoken in.
func dialectOf(t *testing.T, file string) mapping.STOMPDialect {
	name, _, named := strings.Cut(filepath.Base(file), "-")
	if !named {
		return mapping.PlainSTOMP
	}
	d, err := mapping.STOMPDialectNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// player plays one transcript.
type player struct {
	h       *house
	file    string
	clients map[string]*client
	seen    map[string]string
}

func (p *player) play(text string) {
	var frame []string
	who := ""
	for i, line := range strings.Split(text, "\n") {
		where := fmt.Sprintf("%s:%d", p.file, i+1)
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		side, rest, ok := strings.Cut(line, ":")
		if !ok {
			p.h.t.Fatalf("%s: %q", where, line)
		}
		rest = strings.TrimPrefix(rest, " ")
		if side == "T" {
			d, err := time.ParseDuration(rest)
			if err != nil {
				p.h.t.Fatalf("%s: %v", where, err)
			}
			time.Sleep(d)
			continue
		}
		if len(frame) > 0 && side != who {
			p.h.t.Fatalf("%s: the frame before is not ended", where)
		}
		who = side
		frame = append(frame, rest)
		if strings.HasSuffix(rest, "^@") || len(frame) == 1 && strings.HasPrefix(rest, "(") {
			p.step(where, side, strings.Join(frame, "\n"))
			frame = nil
		}
	}
}

// step says one thing, or hears it. Before that everybody has done what there was to do: a
// RECEIPT of SUBSCRIBE does not say that its consumer waits already, and before another one's.
func (p *player) step(where, side, frame string) {
	synctest.Wait()
	c := p.clients[side[1:]]
	if c == nil {
		c = p.h.dial()
		p.clients[side[1:]] = c
	}
	switch {
	case frame == "(close)":
		_ = c.nc.Close()
	case frame == "(closed)":
		c.expectClosed()
	case frame == "(nothing)":
		c.expectQuiet()
	case side[0] == 'C':
		c.send(p.fill(frame) + "\n")
	default:
		p.compare(where, c, strings.TrimSuffix(frame, "^@"))
	}
}

func (p *player) compare(where string, c *client, want string) {
	p.h.t.Helper()
	f := c.next()
	head, body, _ := strings.Cut(want, "\n\n")
	lines := strings.Split(head, "\n")
	if f.Command != lines[0] {
		p.h.t.Fatalf("%s: got %s, want %s", where, describe(&f), lines[0])
	}
	for _, line := range lines[1:] {
		if name, ok := strings.CutPrefix(line, "!"); ok {
			if v, there := f.Header(name); there {
				p.h.t.Fatalf("%s: the header %s is there: %q", where, name, v)
			}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		got, there := f.Header(name)
		if !there || !p.matches(got, value) {
			p.h.t.Fatalf("%s: %s is %q, want %q in %s", where, name, got, p.fill(value), describe(&f))
		}
	}
	if !p.matches(strings.TrimSuffix(string(f.Body), "\n"), body) {
		p.h.t.Fatalf("%s: the body is %q, want %q", where, f.Body, body)
	}
}

var variable = regexp.MustCompile(`\{\w+\}`)

// fill puts what was seen in the place of its names.
func (p *player) fill(s string) string {
	return variable.ReplaceAllStringFunc(s, func(name string) string {
		if v, ok := p.seen[name]; ok {
			return v
		}
		return name
	})
}

// matches compares, and remembers what stands in the place of new names.
func (p *player) matches(got, want string) bool {
	want = p.fill(want)
	names := variable.FindAllString(want, -1)
	pattern := regexp.QuoteMeta(want)
	for _, name := range names {
		pattern = strings.Replace(pattern, regexp.QuoteMeta(name), "(.*)", 1)
	}
	m := regexp.MustCompile("^(?s)" + pattern + "$").FindStringSubmatch(got)
	for i, name := range names {
		if m != nil {
			p.seen[name] = m[i+1]
		}
	}
	return m != nil
}
