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

// refresh is one plain command, which leaves the index alone, unless the deadline may
// become earlier than its bound in the index. A bound is at most one TTLs.Liveness ahead,
// so only a shorter TTL needs the script.
func (s *Store) refresh(id string, ttl time.Duration) request {
	if ttl < s.traits.Liveness() {
		return s.onWorkspace(s.scripts.refresh, id, milliseconds(ttl))
	}
	key := s.keys.liveness(id)
	return pipeline.To(key, "pexpire", key, milliseconds(ttl))
}

func (s *Store) isOnline(id string) request {
	key := s.keys.liveness(id)
	return pipeline.To(key, "exists", key)
}

func (s *Store) clear(id string) request { return s.onWorkspace(s.scripts.clear, id) }

// scanCount is how many keys a server looks at for one answer to SCAN.
const scanCount = 1000

func (s *Store) scan(server *pipeline.Server, cursor string) request {
	return pipeline.At(server, "scan", cursor, "match", s.keys.pattern(), "count", scanCount)
}

// milliseconds rounds up, so that no life is shorter than was granted.
func milliseconds(ttl time.Duration) int64 {
	return int64((ttl + time.Millisecond - 1) / time.Millisecond)
}

// duration returns a number of milliseconds. One of another program may be more than a
// time.Duration holds: the longest stands for it.
func duration(ms int64) time.Duration {
	const most = int64(math.MaxInt64 / time.Millisecond)
	return time.Duration(min(most, max(-most, ms))) * time.Millisecond
}

// anyKey reports whether a command that counts the keys it found counted any.
func anyKey(cmd *redis.Cmd) (bool, error) {
	n, err := cmd.Int64()
	return n > 0, err
}

// remainingOf returns for how long the workspace that PTTL was asked about is online; 0 or
// less is offline.
func remainingOf(cmd *redis.Cmd) (time.Duration, error) {
	n, err := cmd.Int64()
	return fromPTTL(n), err
}

// fromPTTL returns an answer of PTTL as a duration. A key without a TTL has the longest.
func fromPTTL(pttl int64) time.Duration {
	const noTTL = -1
	if pttl == noTTL {
		return store.MaxTTL
	}
	return duration(pttl)
}

// unixMilli returns 0 for no time.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// flag returns yes or no as a script reads it.
func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
