package sqs_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
)

// -rewrite writes the answers that are given now into testdata.
var rewrite = flag.Bool("rewrite", false, "write the answers of the conversations into testdata")

// TestConversations holds the conversations in testdata. A line that begins with
// ">" is what a client says, one that begins with "<" is the answer:
//
//	> JSON ACTION BODY    a JSON request in query mode; JSON10 without query mode
//	> QUERY PATH FORM     a query request by POST; GET by GET
//	> SIGN KEY SECRET     requests are signed from now on; without KEY they are not
//	> WAIT 31s            time passes
//	< STATUS TYPE ERROR   ERROR is the x-amzn-query-error header
//	< BODY                XML with line breaks between the elements
//
// Ids are numbered in the order in which they come up: m1 is a message's, h1 a
// receipt handle, t1 a task handle, p1 a token of the next page. A request names them as
// $m1, $h1, $t1 and $p1.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var now string
			synctest.Test(t, func(t *testing.T) {
				h := openPiped(t, sqs.Options{Auth: keysFor(t, string(old))})
				now = newTalk(h).hold(string(old))
				h.close()
			})
			switch {
			case now == string(old):
			case *rewrite:
				if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("%s", difference(string(old), now))
			}
		})
	}
}

// keysFor returns who is known in a conversation that has signed requests: AKID
// may do everything, SENDER may send to queues whose names begin with in-.
func keysFor(t *testing.T, text string) protocols.Authenticator {
	if !strings.Contains(text, "\n> SIGN") {
		return auth.Open{}
	}
	return auth.New([]auth.Key{
		{ID: "AKID", User: "anna", Secret: secretOf(t, "SECRET")},
		{ID: "SENDER", User: "sven", Secret: secretOf(t, "OTHER"), Grant: auth.Grant{
			Actions: []protocols.Action{protocols.Send}, Queues: []string{"in-*"},
		}},
	})
}

// difference shows the first place where two texts differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	said := ""
	for i := 0; i < len(w) && i < len(g); i++ {
		if strings.HasPrefix(g[i], ">") {
			said = g[i]
		}
		if w[i] != g[i] {
			return fmt.Sprintf("line %d, after\n%s\n got %s\nwant %s", i+1, said, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

// talk is a conversation being held.
type talk struct {
	h    *house
	out  bytes.Buffer
	ids  map[string]string // by what came over the wire
	back map[string]string // the inverse
	last map[string]int    // by kind
}

func newTalk(h *house) *talk {
	return &talk{h: h, ids: map[string]string{}, back: map[string]string{}, last: map[string]int{}}
}

// hold says what the text says and returns it with the answers given.
func (k *talk) hold(text string) string {
	for _, line := range strings.SplitAfter(text, "\n") {
		if strings.HasPrefix(line, "<") {
			continue
		}
		k.out.WriteString(line)
		if said, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "> "); ok {
			k.say(k.fill(said))
		}
	}
	return k.out.String()
}

func (k *talk) say(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	what, body, _ := strings.Cut(rest, " ")
	switch verb {
	case "JSON":
		k.heard(k.h.post(what, body, "x-amzn-query-mode", "true"))
	case "JSON10":
		k.heard(k.h.post(what, body))
	case "QUERY":
		k.heard(k.h.form(what, body))
	case "GET":
		r, err := http.NewRequest("GET", "http://sqs.test"+what+"?"+body, nil)
		if err != nil {
			k.h.t.Fatal(err)
		}
		k.heard(k.h.do(r))
	case "SIGN":
		k.h.as = nil
		if what != "" {
			k.h.as = &signer{key: what, secret: body}
		}
	case "WAIT":
		d, err := time.ParseDuration(what)
		if err != nil {
			k.h.t.Fatal(err)
		}
		time.Sleep(d) // of the bubble's time
	default:
		k.h.t.Fatalf("unknown line: %s", line)
	}
}

func (k *talk) heard(res *http.Response, body string) {
	if res.Header.Get("Date") == "" || res.Header.Get("X-Amzn-Requestid") == "" {
		k.h.t.Errorf("no Date or no request id: %v", res.Header)
	}
	if n := strconv.Itoa(len(body)); res.Header.Get("Content-Length") != n {
		k.h.t.Errorf("Content-Length %s, want %s", res.Header.Get("Content-Length"), n)
	}
	k.line(strings.Join([]string{strconv.Itoa(res.StatusCode), res.Header.Get("Content-Type"), res.Header.Get("X-Amzn-Query-Error")}, " "))
	body = strings.ReplaceAll(body, "><", ">\n<")
	for line := range strings.SplitSeq(k.number(body), "\n") {
		k.line(line)
	}
}

func (k *talk) line(s string) {
	fmt.Fprintf(&k.out, "< %s\n", strings.TrimSpace(s))
}

// number gives short names to what differs from run to run.
func (k *talk) number(s string) string {
	s = regexp.MustCompile(`<RequestId>[^<]*`).ReplaceAllString(s, "<RequestId>id")
	s = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`).ReplaceAllStringFunc(s, k.named("m"))
	s = regexp.MustCompile(`eyJ0YXNrSWQi[A-Za-z0-9+/=]*`).ReplaceAllStringFunc(s, k.named("t"))
	s = regexp.MustCompile(`eyJvZiI6[A-Za-z0-9+/=]*`).ReplaceAllStringFunc(s, k.named("p"))
	return regexp.MustCompile(`01[0-9a-f]{56}`).ReplaceAllStringFunc(s, k.named("h"))
}

func (k *talk) named(kind string) func(string) string {
	return func(s string) string {
		if k.ids[s] == "" {
			k.last[kind]++
			name := kind + strconv.Itoa(k.last[kind])
			k.ids[s], k.back[name] = name, s
		}
		return k.ids[s]
	}
}

func (k *talk) fill(s string) string {
	return regexp.MustCompile(`\$[mhtp][0-9]+`).ReplaceAllStringFunc(s, func(name string) string {
		v, ok := k.back[name[1:]]
		if !ok {
			k.h.t.Fatalf("%s has not come up", name)
		}
		return v
	})
}
