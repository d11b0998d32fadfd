package rig

import (
	"errors"
	"testing"
)

func TestNamesOfGoPrograms(t *testing.T) {
	for pkg, want := range map[string]string{
		"github.com/nats-io/nats-server/v2": "nats-server",
		"github.com/nats-io/natscli/nats":   "nats",
		"example.org/very":                  "very",
		"example.org/module/v12":            "module",
	} {
		if got := programName(pkg); got != want {
			t.Errorf("%s makes %s, want %s", pkg, got, want)
		}
	}
}

func TestGoProgramThatCannotBeHad(t *testing.T) {
	inCache(t)
	t.Setenv("GOPROXY", "off")
	if _, err := GoProgram(t.Context(), "github.com/sluicemq/nothing", "v9.9.9"); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
}
