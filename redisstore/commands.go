package redisstore

import (
	"math"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store"
)

// request is one command for one server.
type request = pipeline.Request

// life is what a workspace is granted.
type life struct {
	ttl              time.Duration
	once             bool   // by SetOnlineFor
	url, internalURL string // to be cached, unless empty
}

func (s *Store) setOnline(id string, l life) request {
	return s.about(s.scripts.setOnline, id, milliseconds(l.ttl), milliseconds(s.keepDeaths),
		l.url, l.internalURL, milliseconds(s.traits.TTLs.ForURL()), flag(l.once))
}

// refresh is one plain command, which leaves the index alone, unless the
// deadline may become earlier than the bound in the index. No bound is later
// than one TTLs.Liveness from the time when it was set.
func (s *Store) refresh(id string, ttl time.Duration) request {
	if ttl < s.traits.Liveness() {
		return s.about(s.scripts.refresh, id, milliseconds(ttl))
	}
	key := s.keys.liveness(id)
	return pipeline.To(key, "pexpire", key, milliseconds(ttl))
}

func (s *Store) isOnline(id string) request {
	key := s.keys.liveness(id)
	return pipeline.To(key, "exists", key)
}

func (s *Store) remaining(id string) request {
	key := s.keys.liveness(id)
	return pipeline.To(key, "pttl", key)
}

func (s *Store) clear(id string) request  { return s.about(s.scripts.clear, id) }
func (s *Store) lookup(id string) request { return s.about(s.scripts.lookup, id) }

func (s *Store) cacheURL(key, url string) request {
	return pipeline.To(key, "set", key, url, "px", milliseconds(s.traits.TTLs.ForURL()))
}

func (s *Store) getURL(key string) request {
	return pipeline.To(key, "get", key)
}

func (s *Store) scan(server *pipeline.Server, cursor string) request {
	return pipeline.At(server, "scan", cursor, "match", s.keys.pattern(), "count", pipeline.Full)
}

// milliseconds rounds up: a life is not shorter than was granted.
func milliseconds(ttl time.Duration) int64 {
	return int64((ttl + time.Millisecond - 1) / time.Millisecond)
}

// duration returns a number of milliseconds. One of another program may be more than a
// time.Duration holds: the longest stands for it.
func duration(ms int64) time.Duration {
	const most = int64(math.MaxInt64 / time.Millisecond)
	return time.Duration(min(most, max(-most, ms))) * time.Millisecond
}

// found tells what a command answered that counts the keys it found.
func found(cmd *redis.Cmd) (bool, error) {
	n, err := cmd.Int64()
	return n > 0, err
}

// left tells for how long the workspace that PTTL was asked about is online; 0
// or less is offline.
func left(cmd *redis.Cmd) (time.Duration, error) {
	n, err := cmd.Int64()
	return lifetime(n), err
}

// lifetime returns what PTTL answers as a duration. A key without a TTL has the
// longest.
func lifetime(pttl int64) time.Duration {
	const noTTL = -1
	if pttl == noTTL {
		return store.MaxTTL
	}
	return duration(pttl)
}
