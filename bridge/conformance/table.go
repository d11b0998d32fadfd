package conformance

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// none stands in the table where a version has no such sentence.
const none = "-"

// WriteTable writes a row for each check, grouped, with a column for each version;
// then whatever did not pass, in full, and the totals.
func (r *Report) WriteTable(w io.Writer) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s at %s (%s)\n", r.Protocol, r.Addr, orNone(r.Server))
	r.rows(b)
	for _, o := range []Outcome{Fail, Deviates, Skipped} {
		r.details(b, o)
	}
	fmt.Fprintf(b, "\n%d checks: %d pass, %d fail, %d deviate, %d skipped\n",
		len(r.Results), r.Count(Pass), r.Count(Fail), r.Count(Deviates), r.Count(Skipped))
	_, err := io.WriteString(w, b.String())
	return err
}

func orNone(s string) string {
	if s == "" {
		return "it does not say what it is"
	}
	return s
}

func (r *Report) rows(b *strings.Builder) {
	group := ""
	for i := 0; i < len(r.Results); {
		first := &r.Results[i]
		end := i + 1
		for end < len(r.Results) && r.Results[end].ID == first.ID {
			end++
		}
		if first.Group != group {
			group = first.Group
			line := fmt.Sprintf("\n%-34s", group)
			for _, v := range r.Versions {
				line += fmt.Sprintf("%-18s", v)
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
		r.row(b, r.Results[i:end])
		i = end
	}
}

// row writes one check in all versions.
func (r *Report) row(b *strings.Builder, same []Result) {
	line := fmt.Sprintf("  %-32s", same[0].ID)
	for _, v := range r.Versions {
		cell := none
		if i := slices.IndexFunc(same, func(x Result) bool { return x.Version == v }); i >= 0 {
			cell = fmt.Sprintf("%-8s %s", verdict(same[i].Outcome), same[i].Level)
		}
		line += fmt.Sprintf("%-18s", cell)
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// verdict makes what is wrong stand out.
func verdict(o Outcome) string {
	if o == Fail {
		return "FAIL"
	}
	return string(o)
}

func (r *Report) details(b *strings.Builder, o Outcome) {
	for i := range r.Results {
		if x := &r.Results[i]; x.Outcome == o {
			fmt.Fprintf(b, "\n%s: %s in %s, %q (%s)\n", verdict(o), x.ID, x.Version, x.Section, x.Level)
			x.detail(b)
		}
	}
}

func (x *Result) detail(b *strings.Builder) {
	if x.Outcome == Skipped {
		fmt.Fprintf(b, "  %s\n", x.Why)
		return
	}
	fmt.Fprintf(b, "  standard  %s\n  check     %s\n", x.Sentence, x.Does)
	for _, s := range x.Sent {
		fmt.Fprintf(b, "  sent      %s\n", s)
	}
	fmt.Fprintf(b, "  expected  %s\n  got       %s\n", x.Expected, x.Got)
}
