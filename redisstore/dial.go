package redisstore

import (
	"context"
	"net"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
)

// dialer connects to servers for the clients that Open makes.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// patient returns a dialer that never fails, so that the client tries anew for each
// call, and the first one after an outage is served.
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

// writable is for a new connection: it is of no use to a server that is a replica,
// where a workspace may look offline that is not.
func writable(key string) func(ctx context.Context, conn *redis.Conn) error {
	return func(ctx context.Context, conn *redis.Conn) error {
		// The key has no TTL: this changes nothing.
		if err := conn.Persist(ctx, key).Err(); redis.IsReadOnlyError(err) {
			return err
		}
		return nil // of other troubles the calls tell
	}
}
