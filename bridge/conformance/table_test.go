package conformance

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func sample() *Report {
	clause := func(v string, l Level) Clause { return Clause{v, "Section", l, "A sentence."} }
	return &Report{
		Protocol: "STOMP", Addr: "127.0.0.1:1", Server: "X/1", Versions: []string{"1.0", "1.2"},
		Results: []Result{
			{ID: "a.one", Group: "A", Clause: clause("1.0", Must), Outcome: Pass},
			{ID: "a.one", Group: "A", Clause: clause("1.2", Must), Outcome: Fail, Does: "looks", Sent: []string{`"x"`}, Expected: "this", Got: "that"},
			{ID: "a.two", Group: "A", Clause: clause("1.2", May), Outcome: Skipped, Why: "it need not"},
			{ID: "b.one", Group: "B", Clause: clause("1.0", Should), Outcome: Deviates, Expected: "more", Got: "less"},
		},
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	const want = `STOMP at 127.0.0.1:1 (X/1)

A                                 1.0               1.2
  a.one                           pass     MUST     FAIL     MUST
  a.two                           -                 skipped  MAY

B                                 1.0               1.2
  b.one                           deviates SHOULD   -

FAIL: a.one in 1.2, "Section" (MUST)
  standard  A sentence.
  check     looks
  sent      "x"
  expected  this
  got       that

deviates: b.one in 1.0, "Section" (SHOULD)
  standard  A sentence.
  check     
  expected  more
  got       less

skipped: a.two in 1.2, "Section" (MAY)
  it need not

4 checks: 1 pass, 1 fail, 1 deviate, 1 skipped
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestErr(t *testing.T) {
	r := sample()
	if err := r.Err(); !errors.Is(err, ErrBroken) {
		t.Errorf("got %v", err)
	}
	r.Results[1].Outcome = Deviates
	if err := r.Err(); err != nil {
		t.Errorf("got %v: what is no MUST breaks nothing", err)
	}
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil || strings.Count(b.String(), "\n") != 1 {
		t.Fatalf("%v: %s", err, b.String())
	}
	if x := back.Results[1]; x.ID != "a.one" || x.Outcome != Fail || x.Level != Must || x.Got != "that" {
		t.Errorf("%+v", x)
	}
}
