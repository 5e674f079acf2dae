package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// legacy is the code that the store replaces: the same commands, by hand. Old
// and new replicas share one Redis during a rolling upgrade.
type legacy struct {
	t testing.TB
	c *redis.Client
}

func (l legacy) do(args ...any) any {
	l.t.Helper()
	v, err := l.c.Do(context.Background(), args...).Result()
	require.NoError(l.t, err, "%v", args)
	return v
}

func TestOldReplicas(t *testing.T) {
	ctx := context.Background()

	upgrade := func(t *testing.T) (legacy, *redisstore.Store) {
		server, s := realServer(t, redisstore.Options{})
		return legacy{t, server.Client(t)}, s
	}

	t.Run("what old replicas write, new ones read", func(t *testing.T) {
		old, s := upgrade(t)
		old.do("SET", "ws:a", "online", "EX", 180)
		old.do("SET", "ws:a:url", "http://a:1", "EX", 300)
		old.do("SET", "ws:a:internal_url", "http://a:2", "EX", 300)

		online, err := s.IsOnline(ctx, "a")
		require.NoError(t, err)
		require.True(t, online)
		url, err := s.GetCachedURL(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, "http://a:1", url)
		url, err = s.GetCachedInternalURL(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, "http://a:2", url)
		status, err := s.Lookup(ctx, "a")
		require.NoError(t, err)
		require.InDelta(t, 180, status.Remaining.Seconds(), 10)
		n, err := s.Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})

	t.Run("what new replicas write is what old ones wrote", func(t *testing.T) {
		old, s := upgrade(t)
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, s.CacheURL(ctx, "a", "http://a:1"))
		require.NoError(t, s.CacheInternalURL(ctx, "a", "http://a:2"))

		require.ElementsMatch(t, []any{"ws:a", "ws:a:url", "ws:a:internal_url", "ws::deadlines", "ws::layout"}, old.do("KEYS", "*"))
		require.Equal(t, int64(1), old.do("EXISTS", "ws:a"))
		require.Equal(t, "online", old.do("GET", "ws:a"))
		require.Equal(t, "http://a:1", old.do("GET", "ws:a:url"))
		require.Equal(t, "http://a:2", old.do("GET", "ws:a:internal_url"))
		require.InDelta(t, 180, old.do("TTL", "ws:a"), 10)
		require.InDelta(t, 300, old.do("TTL", "ws:a:url"), 10)
		require.InDelta(t, 300, old.do("TTL", "ws:a:internal_url"), 10)
	})

	t.Run("each refreshes what the other set", func(t *testing.T) {
		old, s := upgrade(t)
		old.do("SET", "ws:a", "online", "EX", 5)
		require.NoError(t, s.RefreshTTL(ctx, "a"))
		require.InDelta(t, 180, old.do("TTL", "ws:a"), 10)
		require.Equal(t, "online", old.do("GET", "ws:a"))

		require.NoError(t, s.SetOnline(ctx, "b"))
		require.Equal(t, int64(1), old.do("EXPIRE", "ws:b", 60))
		status, err := s.Lookup(ctx, "b")
		require.NoError(t, err)
		require.InDelta(t, 60, status.Remaining.Seconds(), 10)
	})

	t.Run("each clears what the other set", func(t *testing.T) {
		old, s := upgrade(t)
		for _, key := range []string{"ws:a", "ws:a:url", "ws:a:internal_url"} {
			old.do("SET", key, "http://a", "EX", 300)
		}
		require.NoError(t, s.Clear(ctx, "a"))
		require.Equal(t, []any{"ws::layout"}, old.do("KEYS", "*"))

		require.NoError(t, s.SetOnline(ctx, "b"))
		require.NoError(t, s.CacheURL(ctx, "b", "http://b"))
		old.do("DEL", "ws:b")
		old.do("DEL", "ws:b:url")
		old.do("DEL", "ws:b:internal_url")
		online, err := s.IsOnline(ctx, "b")
		require.NoError(t, err)
		require.False(t, online)
		_, err = s.GetCachedURL(ctx, "b")
		require.ErrorIs(t, err, store.ErrNotFound)
	})

	t.Run("a workspace that was set without a TTL has the longest", func(t *testing.T) {
		old, s := upgrade(t)
		old.do("SET", "ws:a", "online")
		status, err := s.Lookup(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, store.MaxTTL, status.Remaining)
	})

	t.Run("a URL that is not a string is damage, and is not repeated", func(t *testing.T) {
		old, s := upgrade(t)
		old.do("RPUSH", "ws:a:url", "http://secret")
		_, err := s.GetCachedURL(ctx, "a")
		require.ErrorIs(t, err, store.ErrCorrupt)
		require.NotContains(t, err.Error(), "secret")
	})

	t.Run("a TTL is rounded up to a millisecond", func(t *testing.T) {
		m, s := mini(t, redisstore.Options{TTLs: store.TTLs{Liveness: time.Minute + 1}})
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.Equal(t, time.Minute+time.Millisecond, m.TTL("ws:a"))
	})
}
