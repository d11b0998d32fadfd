package quota

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/tally"
)

// Limits are those of one user. 0: there is no such bound.
type Limits struct {
	Connections   int // open at a time
	Subscriptions int // at a time
	Transactions  int // open at a time
	Queues        int // that he made since the start and that are there yet
	Consumers     int // of JetStream, likewise
	Requests      int // a second: frames, protocol lines, HTTP requests
	Bytes         int // a second, that come from him
}

// Kind is something that a user has while he is connected.
type Kind uint8

// What a user has.
const (
	Connections Kind = iota
	Subscriptions
	Transactions
	kinds
)

// The settings of the limits.
const (
	SettingConnections   = "user_max_connections"
	SettingSubscriptions = "user_max_subscriptions"
	SettingTransactions  = "user_max_transactions"
	SettingQueues        = "user_max_queues"
	SettingConsumers     = "user_max_consumers"
	SettingRequests      = "user_max_requests"
	SettingBytes         = "user_max_bytes"
)

// Setting returns what the operator calls the limit of k.
func (k Kind) Setting() string {
	return [kinds]string{SettingConnections, SettingSubscriptions, SettingTransactions}[k]
}

func (k Kind) what() string {
	return [kinds]string{"connections", "subscriptions", "open transactions"}[k]
}

// Over is why a user is refused something.
type Over struct {
	Setting string
	Limit   int
	What    string        // that there may be so many of
	Wait    time.Duration // after which it may be asked again; 0: nobody knows
}

// Error names the limit and its setting.
func (o *Over) Error() string {
	return fmt.Sprintf("the limit is %d %s of one user, over all of his connections; the setting is %s", o.Limit, o.What, o.Setting)
}

// Options are what a Book counts with; zero fields are the defaults.
type Options struct {
	// Tally counts who is refused or slowed (nil: nobody counts).
	Tally *tally.Tally
	// Exists reports whether a queue is there (nil: all that were made are).
	Exists func(queue string) bool
	// Now is the clock (nil: time.Now).
	Now func() time.Time
}

// Book has a page for each user. All methods may be called from any goroutine. A nil
// Book bounds nobody.
type Book struct {
	limits Limits
	Options

	mu    sync.Mutex // over users
	users map[string]*User
}

// New returns a Book in which all users have the same limits.
func New(l Limits, o Options) *Book {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Exists == nil {
		o.Exists = func(string) bool { return true }
	}
	return &Book{limits: l, Options: o, users: make(map[string]*User)}
}

// Of returns the page of the user that p is. It is the same for every p of that name and account.
// Pages stay: there are no more of them than an Authenticator has let in.
func (b *Book) Of(p protocols.Principal) *User {
	if b == nil || p == nil {
		return nil
	}
	name := p.Name()
	if m, ok := p.(protocols.Member); ok && m.Account() != "" {
		name = m.Account() + "/" + name
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.users[name]
	if u == nil {
		u = newUser(b, name)
		b.users[name] = u
	}
	return u
}

// InUse returns, for each kind, how many the user has who has the most of them.
func (b *Book) InUse() map[string]int {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	most := map[string]int{SettingQueues: 0, SettingConsumers: 0}
	for k := range kinds {
		most[k.Setting()] = 0
	}
	for _, u := range b.users {
		for k := range kinds {
			most[k.Setting()] = max(most[k.Setting()], int(u.has[k].Load()))
		}
		most[SettingQueues] = max(most[SettingQueues], u.queues.len())
		most[SettingConsumers] = max(most[SettingConsumers], u.consumers.len())
	}
	return most
}

// User is the page of one. All methods may be called from any goroutine. A nil User has
// no limits.
type User struct {
	book      *Book
	limits    Limits
	requests  *bucket // nil: no bound
	bytes     *bucket // likewise
	has       [kinds]atomic.Int64
	queues    made
	consumers made
}

func newUser(b *Book, name string) *User {
	l := b.limits
	if name == "" {
		l = Limits{Requests: l.Requests, Bytes: l.Bytes}
	}
	return &User{book: b, limits: l, requests: newBucket(l.Requests), bytes: newBucket(l.Bytes)}
}

func (u *User) limit(k Kind) int {
	return [kinds]int{u.limits.Connections, u.limits.Subscriptions, u.limits.Transactions}[k]
}

// Take counts one more of a kind, until Give, or returns an *Over and counts the refusal alone.
func (u *User) Take(k Kind) error {
	if u == nil {
		return nil
	}
	limit := u.limit(k)
	if n := u.has[k].Add(1); limit > 0 && n > int64(limit) {
		u.has[k].Add(-1)
		return u.over(&Over{Setting: k.Setting(), Limit: limit, What: k.what()})
	}
	return nil
}

// Give takes back n of a kind that were taken.
func (u *User) Give(k Kind, n int) {
	if u != nil {
		u.has[k].Add(int64(-n))
	}
}

func (u *User) over(o *Over) error {
	u.book.Tally.Add(o.Setting)
	return o
}
