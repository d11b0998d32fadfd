//go:build race

package main_test

// buildFlags build the program under test like the tests themselves.
func buildFlags() []string { return []string{"-race"} }
