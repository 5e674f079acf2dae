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
	"github.com/redis/go-redis/v9/maintnotifications"
)

// line is one connection to a server, for callers that arrive one at a time. Such a
// caller makes the round trip itself, and its context ends the read in which it waits:
// then the connection is of no use any more, so it is none of the application's client.
type line struct {
	client *redis.Client
	caller context.Context // of the round trip under way
	end    time.Time       // of its time
}

var errLineEnded = errors.New("the connection has ended")

// openLine connects to the client's server. It returns nil if it cannot, or should
// not: the client of a Sentinel closes connections to a server that is master no
// more, and would not know of this one.
func openLine(client *redis.Client, timeout time.Duration) *line {
	o := optionsLike(client, timeout)
	if _, _, err := net.SplitHostPort(o.Addr); err != nil && o.Network != "unix" {
		return nil // an address that only the dialer of the client understands
	}
	l := &line{caller: context.Background(), end: time.Now().Add(timeout)}
	var connected atomic.Bool
	dial := o.Dialer
	o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if connected.Swap(true) {
			return Unreachable{errLineEnded}, nil // a caller is not to wait for another connection
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

// over returns the connection of the line.
func (l *line) over(c net.Conn) net.Conn {
	conn := &lineConn{Conn: c, line: l}
	if raw, ok := c.(syscall.Conn); ok { // by which a pool sees whether it has ended
		return struct {
			*lineConn
			syscall.Conn
		}{conn, raw}
	}
	return conn
}

// lineConn is a connection whose reads end when the caller's time is up or its context
// is done. To look at that now and then costs less than to be told: a round trip is over
// long before.
type lineConn struct {
	net.Conn
	line *line
}

func (c *lineConn) Read(b []byte) (int, error) {
	const glance = 20 * time.Millisecond
	for {
		until := time.Now().Add(glance)
		last := c.line.end.Before(until)
		if last {
			until = c.line.end
		}
		if err := c.Conn.SetReadDeadline(until); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(b)
		if n > 0 || last || !errors.Is(err, os.ErrDeadlineExceeded) || c.line.caller.Err() != nil {
			return n, err
		}
	}
}

// SetReadDeadline does nothing: the line knows better.
func (c *lineConn) SetReadDeadline(time.Time) error { return nil }

// close ends a round trip that is under way, with an error.
func (l *line) close() {
	_ = l.client.Close() // the connection is of no use any more, whatever it says
}

// optionsLike returns the options for another client that connects as this one does,
// once and without repetition.
func optionsLike(client *redis.Client, timeout time.Duration) *redis.Options {
	const never, once = -1, 1
	o := *client.Options()
	o.MaxRetries, o.DialerRetries = never, once
	o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns, o.MaxConcurrentDials = 1, 0, 1, 0, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled} // they belong to the other client
	return &o
}
