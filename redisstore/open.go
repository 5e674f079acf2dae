package redisstore

import (
	"context"
	"log/slog"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store/driver"
)

// Open connects to the Redis at the URL and returns a store that owns the
// connection. Unless Options.Lazy is set, it returns once every master has passed the check
// of [Store.Ping] and the recorded layout is the store's. It logs a warning for a server
// that may evict keys.
//
// The URL has one of the forms of go-redis, with its query parameters:
//
//	redis://user:password@host:6379/0                               standalone
//	unix://user:password@/path/to/redis.sock?db=0                   standalone
//	redis://host:26379/0?master_name=name&addr=host2:26379          Sentinel
//	redis://user:password@host:6379?addr=host2:6379                 Cluster
//	redis://user:password@host:6379?cluster=true                    Cluster
//
// and rediss:// in place of redis:// for TLS, where the certificate is of an authority
// that the system knows or that SSL_CERT_FILE names; for another, or a certificate of
// the client, give [New] a client with a TLSConfig. With Sentinel, the user and the
// password before the host are those of the sentinels, and the parameters
// username and password are those of Redis.
//
// Connections are closed after a minute, unless the parameter
// conn_max_lifetime says otherwise, so that a name that comes to mean another
// server is looked up again.
//
// The error unwraps to store.ErrInvalid if the URL or an option cannot be
// used, to store.ErrUnavailable if the server does not serve, or to the error
// of the context. It never holds a password.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	const op = "Open"
	o, err := o.withDefaults(op)
	if err != nil {
		return nil, err
	}
	client, passwords, err := o.client(op, url)
	if err != nil {
		return nil, err
	}
	s, err := build(op, client, o, passwords...)
	if err != nil {
		_ = client.Close() // it has no connection yet
		return nil, err
	}
	s.owned = client
	if o.Lazy {
		return s, nil
	}
	if err := s.ping(ctx, op); err != nil {
		s.close(ctx) // the reason is err
		return nil, err
	}
	s.warnOfEviction(ctx)
	return s, nil
}

// NewClient returns the client that [Open] would make for the URL and the options, for
// an application that needs Redis for other things too: it gives the client to [New],
// with the same options, and closes it after the store. NewClient does no I/O.
//
// The commands of the application are then treated as those of the store are. None is
// sent again, not even after a dropped connection, and none waits for a server for
// longer than its context or Options.Timeout, unless it is one that blocks, such as
// BLPOP. On a Cluster the calls of the store keep the client informed of failovers.
//
// The error unwraps to store.ErrInvalid if the URL or an option cannot be used. It
// never holds a password.
func NewClient(url string, o Options) (redis.UniversalClient, error) {
	const op = "NewClient"
	o, err := o.withDefaults(op)
	if err != nil {
		return nil, err
	}
	client, _, err := o.client(op, url)
	return client, err
}

// client returns a client for the URL and options with defaults, and the passwords in it.
func (o Options) client(op, url string) (redis.UniversalClient, []string, error) {
	a, err := parse(url)
	if err != nil {
		return nil, nil, invalid(op, "%v", err)
	}
	client, err := a.connect(o.Timeout, keys{o.Prefix, o.Layout}.layoutKey())
	if err != nil {
		return nil, nil, invalid(op, "%v", err)
	}
	return client, a.passwords, nil
}

// Ping implements [store.Pinger]. Every master must answer, run scripts and take writes.
func (s *Store) Ping(ctx context.Context) error {
	return s.ping(ctx, "Ping")
}

func (s *Store) ping(ctx context.Context, op string) error {
	if err := driver.CheckMany(ctx, op, nil); err != nil {
		return err
	}
	limit := s.transport.Limit(ctx)
	masters, err := s.masters(limit)
	if err != nil {
		return s.translate(ctx, op, "", err)
	}
	var pings []request
	for _, server := range masters {
		pings = append(pings, pipeline.At(server, "eval", "return redis.call('TIME')", 0))
	}
	for shard := range s.keys.shards() {
		key := s.keys.deadlines(shard) // has no TTL, so that the write changes nothing
		pings = append(pings, pipeline.To(key, "persist", key))
	}
	return s.translate(ctx, op, "", s.transport.RunAll(limit, pings))
}

// warnOfEviction warns of servers that may evict keys. A server that
// refuses INFO is passed over; one that does not answer ends the check.
func (s *Store) warnOfEviction(ctx context.Context) {
	if !s.log.Enabled(ctx, slog.LevelWarn) {
		return
	}
	limit := s.transport.Limit(ctx)
	for _, server := range s.transport.KnownMasters() {
		info := pipeline.At(server, "info", "memory")
		if s.transport.Run(limit, []request{info}) != nil {
			return
		}
		text, _ := info.Cmd.Text() // "" if the user may not run INFO
		if policy := field(text, "maxmemory_policy"); policy != "" && policy != "noeviction" && field(text, "maxmemory") != "0" {
			s.log.Warn("liveness: the server may evict keys, and then the living look dead: want maxmemory-policy noeviction",
				"addr", server.Addr(), "policy", policy)
		}
	}
}

// field returns a value in a reply to INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
