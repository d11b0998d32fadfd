package quota_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/tally"
	"github.com/sluicemq/sluice/queuecore"
)

// user is a principal of an account.
type user struct{ name, account string }

func (u user) Name() string                                   { return u.name }
func (u user) Account() string                                { return u.account }
func (user) May(protocols.Action, queuecore.Destination) bool { return true }

// wantOver wants err to be about a setting.
func wantOver(t *testing.T, err error, setting string) {
	t.Helper()
	var o *quota.Over
	if !errors.As(err, &o) || o.Setting != setting {
		t.Errorf("%v, want %s", err, setting)
	}
}

// A user has so many of each kind, over all that are him, and gets another one when one is given back.
func TestKinds(t *testing.T) {
	count := tally.New()
	b := quota.New(quota.Limits{Connections: 2, Subscriptions: 2, Transactions: 2}, quota.Options{Tally: count})
	for k, setting := range map[quota.Kind]string{
		quota.Connections: quota.SettingConnections, quota.Subscriptions: quota.SettingSubscriptions, quota.Transactions: quota.SettingTransactions,
	} {
		anna, same := b.Of(user{name: "anna"}), b.Of(user{name: "anna"})
		if err := errors.Join(anna.Take(k), same.Take(k)); err != nil {
			t.Fatal(err)
		}
		wantOver(t, anna.Take(k), setting)
		for _, other := range []user{{name: "ben"}, {name: "anna", account: "1"}} {
			if err := b.Of(other).Take(k); err != nil {
				t.Error(err)
			}
		}
		if n := b.InUse()[setting]; n != 2 {
			t.Errorf("%s: %d in use", setting, n)
		}
		same.Give(k, 1)
		if err := anna.Take(k); err != nil {
			t.Error(err)
		}
		if n := count.Counts()[setting]; n != 1 {
			t.Errorf("%s: %d counted", setting, n)
		}
		nobody := b.Of(user{})
		for range 5 {
			if err := nobody.Take(k); err != nil {
				t.Error(err)
			}
		}
	}
}

// Queues that are gone count no more, whoever has deleted them.
func TestQueues(t *testing.T) {
	there := map[string]bool{}
	b := quota.New(quota.Limits{Queues: 2}, quota.Options{Exists: func(q string) bool { return there[q] }})
	anna := b.Of(user{name: "anna"})
	for _, q := range []string{"a", "b", "a"} {
		if err := anna.Make(q); err != nil {
			t.Fatal(err)
		}
		there[q] = true
	}
	wantOver(t, anna.Make("c"), quota.SettingQueues)
	if err := b.Of(user{name: "ben"}).Make("c"); err != nil {
		t.Error(err)
	}
	delete(there, "b")
	if err := anna.Make("c"); err != nil {
		t.Error(err)
	}
	if n := b.InUse()[quota.SettingQueues]; n != 2 {
		t.Errorf("%d in use", n)
	}
}

// Consumers count as queues do, and apart from them.
func TestConsumers(t *testing.T) {
	b := quota.New(quota.Limits{Queues: 1, Consumers: 1}, quota.Options{})
	anna, there := b.Of(user{name: "anna"}), true
	exists := func(string) bool { return there }
	if err := errors.Join(anna.Make("a"), anna.MakeConsumer("a", exists), anna.MakeConsumer("a", exists)); err != nil {
		t.Fatal(err)
	}
	wantOver(t, anna.MakeConsumer("b", exists), quota.SettingConsumers)
	there = false
	if err := anna.MakeConsumer("b", exists); err != nil {
		t.Error(err)
	}
	if n := b.InUse()[quota.SettingConsumers]; n != 1 {
		t.Errorf("%d in use", n)
	}
}

// Spend lets everything pass, and says how long to wait until the rate is kept; what is not used
// within a second is gone.
func TestSpend(t *testing.T) {
	now := time.Unix(0, 0)
	count := tally.New()
	b := quota.New(quota.Limits{Requests: 10, Bytes: 1000}, quota.Options{Now: func() time.Time { return now }, Tally: count})
	u := b.Of(user{})
	for i := range 10 {
		if d := u.Spend(100); d != 0 {
			t.Fatalf("the request %d waits %v", i, d)
		}
	}
	if d := u.Spend(0); d != 100*time.Millisecond {
		t.Errorf("one too many waits %v", d)
	}
	if d := u.Spend(5000); d != 5*time.Second {
		t.Errorf("a large one waits %v", d)
	}
	if c := count.Counts(); c[quota.SettingRequests] != 2 || c[quota.SettingBytes] != 1 {
		t.Error(c)
	}
	now = now.Add(time.Hour)
	for range 10 {
		if d := u.Spend(0); d != 0 {
			t.Errorf("waits %v", d)
		}
	}
	if d := u.Spend(0); d == 0 {
		t.Error("an hour's worth was kept")
	}
}

// Who has looked at the clock before another one and comes behind him gives nobody time twice.
func TestSpendOutOfOrder(t *testing.T) {
	now := time.Unix(0, 0)
	b := quota.New(quota.Limits{Requests: 10}, quota.Options{Now: func() time.Time { return now }})
	u := b.Of(user{})
	for range 10 {
		u.Spend(0)
	}
	for range 5 {
		now = time.Unix(1, 0)
		u.Spend(0)
		now = time.Unix(0, 0)
		u.Spend(0)
	}
	now = time.Unix(1, 0)
	if d := u.Spend(0); d != 100*time.Millisecond {
		t.Errorf("the eleventh of a second waits %v", d)
	}
}

// Afford refuses who owes something, and what it refuses costs nothing.
func TestAfford(t *testing.T) {
	now := time.Unix(0, 0)
	b := quota.New(quota.Limits{Requests: 2, Bytes: 1000}, quota.Options{Now: func() time.Time { return now }})
	u := b.Of(user{name: "anna"})
	if err := errors.Join(u.Afford(0), u.Afford(0)); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		wantOver(t, u.Afford(0), quota.SettingRequests)
	}
	now = now.Add(500 * time.Millisecond)
	if err := u.Afford(4000); err != nil {
		t.Error(err)
	}
	now = now.Add(time.Second)
	err := u.Afford(0)
	wantOver(t, err, quota.SettingBytes)
	var o *quota.Over
	if errors.As(err, &o); o.Wait <= time.Second || o.Wait > 3*time.Second {
		t.Errorf("%v", o.Wait)
	}
}

// A connection is its user's until he leaves it, or another takes it.
func TestSeats(t *testing.T) {
	b := quota.New(quota.Limits{Connections: 1}, quota.Options{})
	anna, ben := user{name: "anna"}, user{name: "ben"}
	var seats quota.Seats
	client, server := net.Pipe()
	first := quota.SeatOf(seats.Enter(context.Background(), client))
	second := quota.SeatOf(seats.Enter(context.Background(), server))
	take := func(s *quota.Seat, p user) error {
		_, err := s.Take(b, p)
		return err
	}
	if err := errors.Join(take(first, anna), take(first, anna), take(second, ben)); err != nil {
		t.Fatal(err)
	}
	wantOver(t, take(second, anna), quota.SettingConnections)
	seats.Leave(client)
	seats.Leave(client)
	if err := take(second, anna); err != nil {
		t.Error(err)
	}
	if err := take(new(quota.Seat), ben); err != nil {
		t.Errorf("ben's was taken over by anna: %v", err)
	}
	if err := take(first, ben); err != nil {
		t.Errorf("a request that is the last of its connection: %v", err)
	}
	if n := b.InUse()[quota.SettingConnections]; n != 1 {
		t.Errorf("%d in use", n)
	}
}

// Nobody bounds whoever has no Book.
func TestNoBook(t *testing.T) {
	var b *quota.Book
	u := b.Of(user{name: "anna"})
	if err := errors.Join(u.Take(quota.Connections), u.Make("q"), u.Afford(1<<40)); err != nil || u.Spend(1<<40) != 0 || u.Paced() {
		t.Error(err)
	}
	u.Give(quota.Connections, 1)
	if b.InUse() != nil || quota.SeatOf(context.Background()) != nil {
		t.Error("something of nothing")
	}
	if _, err := new(quota.Seat).Take(b, user{}); err != nil {
		t.Error(err)
	}
}

func BenchmarkUnbounded(b *testing.B) {
	u := quota.New(quota.Limits{Connections: 10}, quota.Options{}).Of(user{name: "anna"})
	for b.Loop() {
		if u.Paced() {
			u.Spend(100)
		}
	}
}

func BenchmarkSpend(b *testing.B) {
	u := quota.New(quota.Limits{Requests: 1 << 40, Bytes: 1 << 50}, quota.Options{}).Of(user{name: "anna"})
	for b.Loop() {
		u.Spend(100)
	}
}

func ExampleOver() {
	u := quota.New(quota.Limits{Connections: 1}, quota.Options{}).Of(user{name: "anna"})
	fmt.Println(u.Take(quota.Connections), u.Take(quota.Connections))
	// Output: <nil> the limit is 1 connections of one user, over all of his connections; the setting is user_max_connections
}
