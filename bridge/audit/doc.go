// Package audit writes who did what into a file, a line of JSON for each act. DESIGN.md says
// what stands in a line, what becomes of lines when the disk is full, and what is left out when
// somebody does the same over and over.
package audit
