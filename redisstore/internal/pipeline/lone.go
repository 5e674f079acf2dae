package pipeline

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// loneCalls is how many round trips in a row must have been of one call before there is a
// connection for lone callers.
const loneCalls = 16

// loneConn is a connection to a server for lone callers: they arrive one at a time. Such a
// caller makes the round trip itself, and its context ends the read in which it waits.
// After that the connection is not used again, so it is not taken from the client of the
// application.
type loneConn struct {
	client *redis.Client
	caller context.Context // of the round trip under way
	end    time.Time       // when that caller stops waiting
}

var errLoneEnded = errors.New("the connection has ended")

// dialLone connects to the client's server. It returns nil if it cannot, or should not:
// the client of a Sentinel closes its connections to a former master, and would not know
// of this one.
func dialLone(client *redis.Client, timeout time.Duration) *loneConn {
	o := optionsLike(client, timeout)
	if _, _, err := net.SplitHostPort(o.Addr); err != nil && o.Network != "unix" {
		return nil // an address that only the dialer of the client understands
	}
	l := &loneConn{caller: context.Background(), end: time.Now().Add(timeout)}
	var connected atomic.Bool
	dial := o.Dialer
	o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if connected.Swap(true) {
			return Unreachable{errLoneEnded}, nil // a caller is not to wait for another connection
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return l.over(conn), nil
	}
	l.client = redis.NewClient(o)
	if l.client.Ping(l.caller).Err() != nil {
		l.close()
		return nil
	}
	return l
}

// over returns a connection whose reads the caller ends.
func (l *loneConn) over(c net.Conn) net.Conn {
	conn := &interruptible{Conn: c, lone: l}
	if raw, ok := c.(syscall.Conn); ok { // a pool looks there whether the server has closed it
		return struct {
			*interruptible
			syscall.Conn
		}{conn, raw}
	}
	return conn
}

// interruptible is a connection whose reads end when the time of the caller is up or its
// context is done. It polls both, which costs less than to be woken: a round trip is mostly
// over before the first poll.
type interruptible struct {
	net.Conn
	lone *loneConn
}

func (c *interruptible) Read(b []byte) (int, error) {
	const glance = 20 * time.Millisecond
	for {
		until := time.Now().Add(glance)
		last := c.lone.end.Before(until)
		if last {
			until = c.lone.end
		}
		if err := c.Conn.SetReadDeadline(until); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(b)
		if n > 0 || last || !errors.Is(err, os.ErrDeadlineExceeded) || c.lone.caller.Err() != nil {
			return n, err
		}
	}
}

// SetReadDeadline does nothing: Read sets the deadline.
func (c *interruptible) SetReadDeadline(time.Time) error { return nil }

// close ends a round trip that is under way, with an error.
func (l *loneConn) close() {
	_ = l.client.Close() // the connection is not used again, whatever the error
}

// callAlone makes the round trip of one command in the goroutine of its caller, if
// nothing else is under way: where the processors are busy, to hand it to another
// goroutine takes longer than the round trip. It reports false if the call was not
// sent and is to be submitted.
func (s *Server) callAlone(c *call, end time.Time) bool {
	const longest = 32 // arguments: a write that may block is not for the goroutine of the caller
	if s.lone.Load() == nil || s.crowded.Load() || len(c.cmds) > 1 || len(c.cmds[0].Cmd.Args()) > longest || !s.begin() {
		return false
	}
	defer s.end()
	l := s.lone.Load()
	if l == nil {
		return false
	}
	c.lone, l.caller, l.end = l, c.ctx, end
	err := s.client.Process(c.ctx, &c.cmds[0])
	c.lone = nil
	if !c.answered() || c.misplaced() {
		s.closeLone(l)
	}
	if c.state.Load() == pending && c.hooksPassed.Load() { // the connection had ended before
		c.reset()
		return false
	}
	if c.answered() || c.ctx.Err() == nil {
		s.judge([]*call{c}, err)
	}
	c.finish(err)
	return true
}

// begin counts the caller as running if nothing else is.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.running > 0 {
		return false
	}
	s.running++
	return true
}

func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.signalIdle()
}

// provideLone makes the connection for lone callers after loneCalls round trips in a row of
// one call each.
func (s *Server) provideLone(batch []*call) {
	if len(batch) > 1 || s.health.down.Load() {
		s.inARow.Store(0)
		return
	}
	if s.inARow.Add(1) != loneCalls || s.lone.Load() != nil {
		return
	}
	l := dialLone(s.client, s.timeout)
	if l == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.lone.CompareAndSwap(nil, l) {
		l.close()
	}
}

// closeLone closes that connection, unless another has replaced it.
func (s *Server) closeLone(l *loneConn) {
	if l != nil && s.lone.CompareAndSwap(l, nil) {
		s.inARow.Store(0)
		l.close()
	}
}
