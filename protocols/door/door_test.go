package door_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/sluicemq/sluice/protocols/door"
)

func from(address string) net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 1234))
}

func TestAddressesAreBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		first, second, third string
		full                 bool // for the third
	}{
		"one of IPv4":               {"192.0.2.1", "192.0.2.1", "192.0.2.1", true},
		"neighbours of IPv4":        {"192.0.2.1", "192.0.2.1", "192.0.2.2", false},
		"IPv4 in IPv6":              {"::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", true},
		"one network of IPv6":       {"2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", true},
		"two networks of IPv6":      {"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", false},
		"link-local with its zone":  {"fe80::1%eth0", "fe80::1%eth1", "fe80::2", true},
		"loopback":                  {"127.0.0.1", "127.0.0.1", "127.0.0.1", false},
		"loopback of IPv6":          {"::1", "::1", "::1", false},
		"loopback of IPv4 in IPv6 ": {"::ffff:127.0.0.1", "::ffff:127.0.0.1", "::ffff:127.0.0.1", false},
	} {
		t.Run(name, func(t *testing.T) {
			d := door.New(door.Limits{All: 10, Address: 2})
			leave, err := d.Enter(from(tt.first))
			if _, second := d.Enter(from(tt.second)); err != nil || second != nil {
				t.Fatal(err, second)
			}
			_, err = d.Enter(from(tt.third))
			var full *door.Full
			if errors.As(err, &full) != tt.full {
				t.Fatalf("the third: %v", err)
			}
			if !tt.full {
				return
			}
			if full.Limit != 2 || !full.From.Contains(netip.MustParseAddr(tt.first).Unmap().WithZone("")) || !strings.Contains(err.Error(), "2 connections from") {
				t.Errorf("%+v, %v", full, err)
			}
			if c := d.Counts(); c != (door.Counts{Open: 2, RefusedHere: 1}) {
				t.Errorf("%+v", c)
			}
			leave()
			if _, err := d.Enter(from(tt.third)); err != nil {
				t.Errorf("one has left: %v", err)
			}
		})
	}
}

func TestAllAreBounded(t *testing.T) {
	d := door.New(door.Limits{All: 2})
	pipe, _ := net.Pipe()
	leave, err := d.Enter(pipe.RemoteAddr())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Enter(from("192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	_, err = d.Enter(from("192.0.2.1"))
	var full *door.Full
	if !errors.As(err, &full) || full.Limit != 2 || full.From.IsValid() || !strings.Contains(err.Error(), "2 connections are open") {
		t.Fatalf("%v", err)
	}
	leave()
	if _, err := d.Enter(from("192.0.2.1")); err != nil {
		t.Error(err)
	}
	if c := d.Counts(); c != (door.Counts{Open: 2, RefusedAll: 1}) {
		t.Errorf("%+v", c)
	}
}

func TestManyAtADoor(t *testing.T) {
	d := door.New(door.Limits{All: 50, Address: 20})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 1000 {
				leave, err := d.Enter(from([]string{"192.0.2.1", "192.0.2.2", "::1"}[i%3]))
				if err == nil {
					leave()
				}
			}
		})
	}
	all.Wait()
	if c := d.Counts(); c.Open != 0 {
		t.Errorf("%+v", c)
	}
	for range 20 {
		if _, err := d.Enter(from("192.0.2.1")); err != nil {
			t.Fatal(err)
		}
	}
}
