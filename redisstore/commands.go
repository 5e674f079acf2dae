package redisstore

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
)

// request is one command for one server: the one that holds key, or at if
// that is set.
type request struct {
	key    string
	cmd    *redis.Cmd
	at     *queue
	asking bool   // the server must be told that it is asked on purpose
	source string // of the script, if it is one
}

func (s *Store) setOnline(id string, ttl time.Duration) request {
	return s.about(s.scripts.setOnline, id, milliseconds(ttl), milliseconds(s.keepDeaths))
}

// refresh is one command and leaves the index alone. That a TTL is longer than
// any before, the next sweep of this store writes there.
func (s *Store) refresh(id string, ttl time.Duration) request {
	for longest := s.refreshed.Load(); int64(ttl) > longest; longest = s.refreshed.Load() {
		s.refreshed.CompareAndSwap(longest, int64(ttl))
	}
	key := s.keys.liveness(id)
	return request{key: key, cmd: command("pexpire", key, milliseconds(ttl))}
}

func (s *Store) isOnline(id string) request {
	key := s.keys.liveness(id)
	return request{key: key, cmd: command("exists", key)}
}

func (s *Store) remaining(id string) request {
	key := s.keys.liveness(id)
	return request{key: key, cmd: command("pttl", key)}
}

func (s *Store) clear(id string) request { return s.about(s.scripts.clear, id) }

func (s *Store) cacheURL(key, url string) request {
	return request{key: key, cmd: command("set", key, url, "px", milliseconds(s.ttls.ForURL()))}
}

func (s *Store) getURL(key string) request {
	return request{key: key, cmd: command("get", key)}
}

func (s *Store) scan(q *queue, cursor string) request {
	return request{at: q, cmd: command("scan", cursor, "match", s.keys.pattern(), "count", most)}
}

func command(args ...any) *redis.Cmd {
	return redis.NewCmd(context.Background(), args...)
}

// milliseconds rounds up, so that nobody gets less than was granted.
func milliseconds(ttl time.Duration) int64 {
	return int64((ttl + time.Millisecond - 1) / time.Millisecond)
}

// found tells what a command answered that counts the keys it found.
func found(cmd *redis.Cmd) (bool, error) {
	n, err := cmd.Int64()
	return n > 0, err
}

// left tells what PTTL answered; 0 or less is offline.
func left(cmd *redis.Cmd) (time.Duration, error) {
	const noTTL = -1
	n, err := cmd.Int64()
	if n == noTTL && err == nil {
		return store.MaxTTL, nil
	}
	return time.Duration(n) * time.Millisecond, err
}
