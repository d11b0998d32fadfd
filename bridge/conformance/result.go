package conformance

import "time"

// Level is how much a sentence of a standard asks of a server (RFC 2119).
type Level string

// The levels. A rule for clients whose breach a server need not notice is a Should.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// Outcome is what became of a check.
type Outcome string

// The outcomes. A server that does not do what it may is Skipped, with the reason.
const (
	Pass     Outcome = "pass"
	Fail     Outcome = "fail"     // a MUST is broken, or the server did not do what every check builds on
	Deviates Outcome = "deviates" // a SHOULD is not followed
	Skipped  Outcome = "skipped"  // not judged; Why has the reason
)

// Clause is a sentence of one version of a standard.
type Clause struct {
	Version  string `json:"version"` // of the standard, as "1.2"
	Section  string `json:"section"` // its heading there
	Level    Level  `json:"level"`
	Sentence string `json:"sentence"`
}

// Result is what one check found in one version.
type Result struct {
	ID    string `json:"id"`    // unique together with the version
	Group string `json:"group"` // the heading in the table
	Clause
	Does    string  `json:"does"` // what the check does on the wire
	Outcome Outcome `json:"outcome"`

	// Sent has what was sent last, Expected and Got what should have come and
	// what came. Empty for a pass.
	Sent     []string `json:"sent,omitempty"`
	Expected string   `json:"expected,omitempty"`
	Got      string   `json:"got,omitempty"`
	// Why is the reason of Skipped.
	Why string `json:"why,omitempty"`

	Took time.Duration `json:"took_ns"`
}
