package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrBroken: a MUST of the standard is broken.
var ErrBroken = errors.New("the server breaks the standard")

// Report is what a run found. Nobody changes it.
type Report struct {
	Protocol string   `json:"protocol"`
	Addr     string   `json:"addr"`
	Server   string   `json:"server"`   // what it calls itself; may be empty
	Versions []string `json:"versions"` // those that were checked, oldest first
	Results  []Result `json:"results"`  // in the order of the checks, then of the versions
}

// Count returns how many checks ended so.
func (r *Report) Count(o Outcome) int {
	n := 0
	for i := range r.Results {
		if r.Results[i].Outcome == o {
			n++
		}
	}
	return n
}

// Err returns an ErrBroken when a check failed.
func (r *Report) Err() error {
	if n := r.Count(Fail); n > 0 {
		return fmt.Errorf("%w: %d of %d checks failed", ErrBroken, n, len(r.Results))
	}
	return nil
}

// WriteJSON writes the report as one line of JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
