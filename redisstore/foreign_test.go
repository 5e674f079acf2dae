package redisstore_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// onEveryLayout runs a test with each layout, on a real server and on miniredis.
// Home is the beginning of the liveness keys of the shard of workspace "a".
func onEveryLayout(t *testing.T, o redisstore.Options, test func(t *testing.T, s *redisstore.Store, c *redis.Client, shard int, home string)) {
	for _, l := range []struct {
		layout redisstore.Layout
		shard  int
		home   string
	}{{redisstore.LayoutFlat, 0, "ws:"}, {redisstore.LayoutTagged, 44, "ws:{44}"}} {
		o.Layout = l.layout
		t.Run(l.layout.String()+" on Redis", func(t *testing.T) {
			server, s := realServer(t, o)
			test(t, s, server.Client(t), l.shard, l.home)
		})
		t.Run(l.layout.String()+" on miniredis", func(t *testing.T) {
			server, s := mini(t, o)
			stop := make(chan struct{})
			defer close(stop)
			go func() { // miniredis lets TTLs pass only when told
				const step = 5 * time.Millisecond
				for tick := time.NewTicker(step); ; {
					select {
					case <-tick.C:
						server.FastForward(step)
					case <-stop:
						tick.Stop()
						return
					}
				}
			}()
			test(t, s, raw(t, server.Addr()), l.shard, l.home)
		})
	}
}

func TestDataOfOtherProgramsStaysAsItIs(t *testing.T) {
	t.Parallel()
	const ttl = time.Second
	ctx := context.Background()
	onEveryLayout(t, redisstore.Options{TTLs: store.TTLs{Liveness: ttl}}, func(t *testing.T, s *redisstore.Store, c *redis.Client, shard int, home string) {
		require.NoError(t, s.SetOnline(ctx, "a"))
		others := map[string]func(key string) error{
			"hash":   func(key string) error { return c.HSet(ctx, key, "f", "v").Err() },
			"list":   func(key string) error { return c.RPush(ctx, key, "v").Err() },
			"set":    func(key string) error { return c.SAdd(ctx, key, "v").Err() },
			"string": func(key string) error { return c.Set(ctx, key, "v", 0).Err() },
		}
		for name, write := range others {
			require.NoError(t, write("ws:"+name))
		}
		require.NoError(t, c.Del(ctx, home+"a").Err())
		require.NoError(t, others["list"](home+"a"), "in place of a workspace that was online")

		var listed []string
		for status, err := range s.Online(ctx) {
			require.NoError(t, err)
			listed = append(listed, status.ID)
		}
		require.Empty(t, listed)
		n, err := s.Count(ctx)
		require.NoError(t, err)
		require.Zero(t, n)
		_, err = s.Lookup(ctx, "a")
		require.ErrorIs(t, err, store.ErrNotFound)

		_, err = s.Discover(ctx, time.Minute)
		require.NoError(t, err)
		require.Empty(t, watchFor(t, s, shard, 5*ttl/2))
		require.Empty(t, claim(t, s, shard))
		require.NoError(t, s.Expire(ctx, "a"))
		require.NoError(t, s.Forget(ctx, []string{"a", "hash", "list"}))
		for name := range others {
			require.EqualValues(t, 1, c.Exists(ctx, "ws:"+name).Val(), name)
			require.EqualValues(t, -1, c.TTL(ctx, "ws:"+name).Val(), name)
		}
		require.Equal(t, "list", c.Type(ctx, home+"a").Val())
		require.EqualValues(t, -1, c.TTL(ctx, home+"a").Val())
		sweep, err := s.Sweep(ctx, shard, driver.SweepOptions{Interval: time.Second})
		require.NoError(t, err)
		require.Zero(t, sweep.Online)
	})
}

func TestDataOfOtherProgramsIsCountedAndLoggedOnce(t *testing.T) {
	ctx := context.Background()
	var log lines
	server, s := realServer(t, redisstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	c := server.Client(t)
	// search lets some passes end, and more after the log has so many lines.
	search := func(lines int) {
		t.Helper()
		for range 2 {
			began := time.Now()
			require.Eventually(t, func() bool {
				d, err := s.Discover(ctx, time.Second)
				require.NoError(t, err)
				return log.count("other data") >= lines && d.LastPass.Sub(began) > time.Second
			}, 30*time.Second, 10*time.Millisecond)
		}
		require.Equal(t, lines, log.count("other data"))
	}
	require.NoError(t, s.Register(ctx, "a", "http://a", ""))
	search(0) // the store's own keys
	require.NoError(t, c.HSet(ctx, "ws:hash", "f", "v").Err())
	require.NoError(t, c.Set(ctx, "ws:string", "v", 0).Err())
	search(1)
	require.Equal(t, 1, log.count("keys=2"))
	for _, id := range ids(20) {
		require.NoError(t, c.Set(ctx, "ws:"+id, "v", 0).Err())
	}
	search(2)
	require.Equal(t, 1, log.count("keys=22"))
}

func TestAShortenedTTLIsDetectedWhenItEnds(t *testing.T) {
	const short = 300 * time.Millisecond
	ctx := context.Background()
	onEveryLayout(t, redisstore.Options{TTLs: store.TTLs{Liveness: time.Minute}}, func(t *testing.T, s *redisstore.Store, _ *redis.Client, shard int, _ string) {
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, s.RefreshFor(ctx, "a", short))
		sweep, err := s.Sweep(ctx, shard, driver.SweepOptions{Interval: time.Second})
		require.NoError(t, err)
		require.LessOrEqual(t, sweep.Next, short)
		require.Eventually(t, func() bool {
			sweep, err := s.Sweep(ctx, shard, driver.SweepOptions{Interval: time.Second})
			require.NoError(t, err)
			return len(sweep.Detected) == 1
		}, 30*time.Second, 10*time.Millisecond, "long before the first TTL ends")
	})
}
