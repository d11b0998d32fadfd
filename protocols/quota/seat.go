package quota

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// Seat is one connection, which is some user's once it has logged in. The zero Seat is
// nobody's. All methods may be called from any goroutine.
type Seat struct {
	mu   sync.Mutex // over what follows
	user *User
	left bool
	used bool // a request has come
}

// Take makes the connection p's, and no longer that of whose it was, or returns an *Over: then it is
// as it was. A seat that was left stays nobody's.
func (s *Seat) Take(b *Book, p protocols.Principal) (*User, error) {
	if b == nil || s == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := b.Of(p)
	if u == s.user || s.left {
		return u, nil
	}
	if err := u.Take(Connections); err != nil {
		return nil, err
	}
	s.user.Give(Connections, 1)
	s.user = u
	return u, nil
}

// Use notes that a request has come by the connection.
func (s *Seat) Use() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = true
}

// Leave gives the connection back.
func (s *Seat) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user.Give(Connections, 1)
	s.user, s.left = nil, true
}

// Seats are those of the connections of an http.Server, whose requests each say who they
// are of. All methods may be called from any goroutine.
type Seats struct {
	mu    sync.Mutex // over seats
	seats map[net.Conn]seated
}

type seated struct {
	seat  *Seat
	since time.Time
}

// seatKey is where the context of a request has the seat of its connection.
type seatKey struct{}

// Enter is for http.Server.ConnContext.
func (s *Seats) Enter(ctx context.Context, nc net.Conn) context.Context {
	seat := new(Seat)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seats == nil {
		s.seats = make(map[net.Conn]seated)
	}
	s.seats[nc] = seated{seat, time.Now()}
	return context.WithValue(ctx, seatKey{}, seat)
}

// Leave is to be called once the connection is closed. It returns how long a connection was there that
// no request has come by, and 0 for others.
func (s *Seats) Leave(nc net.Conn) (unused time.Duration) {
	s.mu.Lock()
	x, ok := s.seats[nc]
	delete(s.seats, nc)
	s.mu.Unlock()
	if !ok {
		return 0
	}
	x.seat.Leave()
	if x.seat.used {
		return 0
	}
	return time.Since(x.since)
}

// SeatOf returns the seat of the connection that a request came by, or nil.
func SeatOf(ctx context.Context) *Seat {
	s, _ := ctx.Value(seatKey{}).(*Seat)
	return s
}
