package redisstore

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

// Open connects to the Redis at the URL and returns a store that owns the
// connection. It returns once the server has answered and the recorded layout
// is the store's.
//
// The URL has one of the forms of go-redis, with its query parameters:
//
//	redis://user:password@host:6379/0                               standalone
//	unix://user:password@/path/to/redis.sock?db=0                   standalone
//	redis://host:26379/0?master_name=name&addr=host2:26379          Sentinel
//	redis://user:password@host:6379?addr=host2:6379                 Cluster
//	redis://user:password@host:6379?cluster=true                    Cluster
//
// and rediss:// in place of redis:// for TLS. With Sentinel, the user and the
// password before the host are those of the sentinels, and the parameters
// username and password are those of Redis.
//
// The error unwraps to store.ErrInvalid if the URL or an option cannot be
// used, to store.ErrUnavailable if the server does not serve, or to the error
// of the context. It never holds a password.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	const op = "Open"
	if err := o.complete(op); err != nil {
		return nil, err
	}
	a, err := parse(url)
	if err != nil {
		return nil, invalid(op, "%v", err)
	}
	client, err := a.connect(o.Timeout)
	if err != nil {
		return nil, invalid(op, "%v", err)
	}
	s, err := build(op, client, o, a.passwords...)
	if err != nil {
		_ = client.Close() // it has no connection yet
		return nil, err
	}
	s.owned = client
	if err := s.ping(ctx, op); err != nil {
		_ = s.Close() // the reason is err
		return nil, err
	}
	return s, nil
}

// Ping implements [store.Pinger]. On a Cluster every master must answer.
func (s *Store) Ping(ctx context.Context) error {
	return s.ping(ctx, "Ping")
}

func (s *Store) ping(ctx context.Context, op string) error {
	if err := store.CheckMany(ctx, op, nil); err != nil {
		return err
	}
	w := s.wait(ctx)
	masters, err := s.masters(w)
	if err != nil {
		return s.translate(ctx, op, "", err)
	}
	pings := make([]request, len(masters))
	for i, q := range masters {
		pings[i] = request{at: q, cmd: command("ping")}
	}
	return s.translate(ctx, op, "", s.runAll(w, pings))
}
