package redisstore

import (
	"context"
	"net"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
)

// dialer connects to servers for the clients that Open makes.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// patient returns a dialer that never fails: the connection that it returns then does. So
// the client connects anew for each call, and serves the first one after an outage.
func patient(o *redis.Options) dialer {
	dial := redis.NewDialer(o)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return pipeline.Unreachable{Err: err}, nil
		}
		return conn, nil
	}
}

// writable returns a check of new connections. It refuses a replica, on which an online
// workspace may look offline.
func writable(key string) func(ctx context.Context, conn *redis.Conn) error {
	return func(ctx context.Context, conn *redis.Conn) error {
		// The key has no TTL: this changes nothing.
		if err := conn.Persist(ctx, key).Err(); redis.IsReadOnlyError(err) {
			return err
		}
		return nil // the calls return other errors
	}
}
