package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

func headers(t *testing.T, block string) (string, error) {
	t.Helper()
	var got []string
	err := wire.EachHeader(block, func(name, value string) bool {
		got = append(got, name+"="+value)
		return true
	})
	return strings.Join(got, "|"), err
}

func TestEachHeaderKeepsOrderAndRepetition(t *testing.T) {
	tests := []struct{ block, want string }{
		{"NATS/1.0\r\n\r\n", ""},
		{"NATS/1.0\r\na: 1\r\nA: 2\r\na:3\r\n\r\n", "a=1|A=2|a=3"},
		{"NATS/1.0\r\nk:  two blanks \r\n\r\n", "k=two blanks "},
		{"NATS/1.0\r\nk:\r\n: no name\r\nurl: http://x\r\n\r\n", "k=|url=http://x"},
		{"NATS/1.0 503\r\nk: v\r\n\r\n", "k=v"},
	}
	for _, tt := range tests {
		if got, err := headers(t, tt.block); err != nil || got != tt.want {
			t.Errorf("%q: %q, %v; want %q", tt.block, got, err, tt.want)
		}
	}
}

func TestEachHeaderRefusals(t *testing.T) {
	for _, block := range []string{
		"", "NATS/1.0", "HTTP/1.1\r\n\r\n", "NATS/1.0\r\nno colon\r\n\r\n", "NATS/1.0\r\nk: v\r\n", "NATS/1.0\r\nk: v",
		"NATS/1.0\r\nk: " + strings.Repeat("x", wire.MaxHeader) + "\r\n\r\n",
	} {
		if got, err := headers(t, block); !errors.Is(err, wire.ErrHeader) {
			t.Errorf("%.40q: %.40q, %v", block, got, err)
		}
	}
}

func TestAppendHeaderCannotForgeAnother(t *testing.T) {
	block := wire.EndHeader(wire.AppendHeader(wire.BeginHeader(nil), "k\r\n", "v\r\nNats-Msg-Id: forged"))
	if got, err := headers(t, string(block)); err != nil || got != "k  =v  Nats-Msg-Id: forged" {
		t.Errorf("%q, %v", got, err)
	}
}
