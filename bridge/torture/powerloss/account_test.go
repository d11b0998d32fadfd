package powerloss

import (
	"strings"
	"testing"
)

// Each script is what one child says after the other, told by "|".
func TestAccount(t *testing.T) {
	tests := []struct {
		name, script string
		interval     bool
		want         Broken
	}{
		{name: "all is there", script: "opened, sending p.1, sent p.1 | found p.1, opened"},
		{name: "not confirmed, not there", script: "opened, sending p.1 | opened"},
		{name: "not confirmed, there", script: "opened, sending p.1 | found p.1, opened"},
		{name: "lost", script: "opened, sending p.1, sent p.1 | opened", want: Broken{Lost: 1}},
		{name: "counted once", script: "opened, sending p.1, sent p.1 | opened | opened", want: Broken{Lost: 1}},
		{name: "lost later", script: "opened, sending p.1, sent p.1 | found p.1, opened | opened", want: Broken{Lost: 1}},
		{name: "there was no time to look", script: "opened, sending p.1, sent p.1 | found p.1 | found p.1, opened"},
		{name: "acked and gone", script: "opened, sending p.1, sent p.1, took p.1, acking p.1, acked p.1 | opened"},
		{name: "acking and gone", script: "opened, sending p.1, sent p.1, took p.1, acking p.1 | opened"},
		{name: "acking and there", script: "opened, sending p.1, sent p.1, took p.1, acking p.1 | found p.1, opened"},
		{name: "acked and back", script: "opened, sending p.1, sent p.1, took p.1, acking p.1, acked p.1 | found p.1, opened", want: Broken{Back: 1}},
		{name: "acked and delivered", script: "opened, sending p.1, sent p.1, took p.1, acking p.1, acked p.1, took p.1", want: Broken{Back: 1}},
		{name: "acked long ago and back", script: "opened, sending p.1, sent p.1, acking p.1, acked p.1 | opened | found p.1, opened", want: Broken{Damaged: 1}},
		{name: "twice", script: "opened, sending p.1, sent p.1 | found p.1, found p.1, opened", want: Broken{Twice: 1}},
		{name: "never sent", script: "opened | found damaged:x, opened", want: Broken{Damaged: 1}},
		{name: "half a transaction", script: "opened, sending p.1 p.1+0 | found p.1, opened", want: Broken{Torn: 1}},
		{name: "half a transaction, the other one was taken", script: "opened, sending p.1 p.1+0, took p.1+0, acking p.1+0, acked p.1+0 | found p.1, opened"},
		{name: "half of the acks", script: "opened, sending p.1 p.1+0, sent p.1 p.1+0, acking p.1 p.1+0 | found p.1, opened", want: Broken{Torn: 1}},
		{name: "moved", script: "opened, sending p.1, sent p.1, moving p.1 c.1, moved p.1 c.1 | found c.1, opened"},
		{name: "moving, not done", script: "opened, sending p.1, sent p.1, moving p.1 c.1 | found p.1, opened"},
		{name: "moving, done", script: "opened, sending p.1, sent p.1, moving p.1 c.1 | found c.1, opened"},
		{name: "moving, half done", script: "opened, sending p.1, sent p.1, moving p.1 c.1 | found p.1, found c.1, opened", want: Broken{Torn: 1}},
		{name: "moving, gone", script: "opened, sending p.1, sent p.1, moving p.1 c.1 | opened", want: Broken{Torn: 1}},
		{name: "moved and gone", script: "opened, sending p.1, sent p.1, moving p.1 c.1, moved p.1 c.1 | opened", want: Broken{Lost: 1}},
		{name: "a hole", script: "opened, sending p.1, sent p.1, sending p.2, sent p.2 | found p.2, opened", want: Broken{Lost: 1, Holes: 1}},
		{name: "the end is lost", script: "opened, sending p.1, sent p.1, sending p.2, sent p.2 | found p.1, opened", interval: true, want: Broken{Lost: 1}},
		{name: "half of a confirmed transaction", script: "opened, sending p.1 p.1+0, sent p.1 p.1+0 | found p.1, opened", interval: true, want: Broken{Lost: 1, Torn: 1}},
		{name: "all of it undone after half was taken", script: "opened, sending p.1 p.1+0, sent p.1 p.1+0, took p.1 | opened", interval: true, want: Broken{Lost: 2}},
		{name: "acks of old and new undone", script: "opened, sending p.1, sent p.1 | found p.1, opened, sending p.2, sent p.2, took p.1 p.2, acking p.1 p.2, acked p.1 p.2 | found p.1, opened", interval: true, want: Broken{Back: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(tt.interval)
			for _, child := range strings.Split(tt.script, "|") {
				a.found = make(map[string]int) // as Run does for each child
				for _, line := range strings.Split(child, ",") {
					words := strings.Fields(line)
					if err := a.hear(words[0], words[1:]); err != nil {
						t.Fatal(err)
					}
				}
			}
			got := a.broken
			if got.String() != tt.want.String() {
				t.Errorf("%s, want %s: %q", &got, &tt.want, got.Examples)
			}
			if (got.Err() == nil) != (tt.want.String() == new(Broken).String()) {
				t.Errorf("Err: %v", got.Err())
			}
		})
	}
}

// A body says whose it is, and no other does.
func TestBody(t *testing.T) {
	sizes := make(map[string]int)
	for _, prefix := range []string{"1.2.", "s1.sqs0."} {
		for i := range 300 {
			name := prefix + strings.Repeat("9", i%3) + string(rune('0'+i%10)) + strings.Repeat("1", i/10)
			b := body(name)
			switch {
			case len(b) > 1<<20:
				sizes[prefix+"large"]++
			case len(b) > 4<<10:
				sizes[prefix+"medium"]++
			}
			if got := nameOf(b); got != name {
				t.Errorf("%s is called %s", name, got)
			}
			b[len(b)-1]++
			if got := nameOf(b); !strings.HasPrefix(got, "damaged:") {
				t.Errorf("a damaged body is called %s", got)
			}
		}
	}
	if sizes["1.2.large"] == 0 || sizes["1.2.medium"] == 0 || sizes["s1.sqs0.large"] > 0 {
		t.Errorf("sizes: %v", sizes)
	}
}
