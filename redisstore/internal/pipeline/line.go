package pipeline

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// line is one connection to a server, for callers that arrive one at a time. Such a
// caller waits in a read that knows no context: to set it free the line is closed,
// which would be no way to treat a connection of the application's client.
type line struct{ client *redis.Client }

var errLineEnded = errors.New("the connection has ended")

// openLine connects to the client's server. It returns nil if it cannot, or should
// not: the client of a Sentinel closes connections to a server that is master no
// more, and would not know of this one.
func openLine(client *redis.Client, timeout time.Duration) *line {
	o := optionsLike(client, timeout)
	if _, _, err := net.SplitHostPort(o.Addr); err != nil && o.Network != "unix" {
		return nil // an address that only the dialer of the client understands
	}
	var connected atomic.Bool
	dial := o.Dialer
	o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if connected.Swap(true) {
			return Unreachable{errLineEnded}, nil // a caller is not to wait for another connection
		}
		return dial(ctx, network, addr)
	}
	l := &line{redis.NewClient(o)}
	if l.client.Ping(deadline{context.Background(), time.Now().Add(timeout)}).Err() != nil {
		l.close()
		return nil
	}
	return l
}

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
