package redisstore_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// watched is a store that a test sweeps, on a server whose clock is the test's.
type watched struct {
	*redisstore.Store
	t      *testing.T
	server *miniredis.Miniredis
	now    time.Time
}

const (
	ttl   = 3 * time.Minute // by default
	lease = 30 * time.Second
)

// watch returns a store past the grace that the first sweep begins.
func watch(t *testing.T, o redisstore.Options) *watched {
	server, s := mini(t, o)
	w := &watched{s, t, server, time.UnixMilli(1_800_000_000_000)}
	server.SetTime(w.now)
	w.sweep()
	w.pass(ttl)
	w.sweep()
	return w
}

// pass lets time pass without anybody watching.
func (w *watched) pass(d time.Duration) {
	w.step(d)
	w.server.FastForward(d)
}

// step steps the server's clock, but not the TTLs of its keys.
func (w *watched) step(d time.Duration) {
	w.now = w.now.Add(d)
	w.server.SetTime(w.now)
}

// sweep sweeps as one who promised to come again within an hour.
func (w *watched) sweep() store.Sweep {
	w.t.Helper()
	s, err := w.Sweep(context.Background(), 0, store.Watch{Interval: time.Hour})
	require.NoError(w.t, err)
	return s
}

// claim wants exactly these deaths to be handed out.
func (w *watched) claim(ids ...string) []store.Death {
	w.t.Helper()
	return claim(w.t, w.Store, 0, ids...)
}

func claim(t *testing.T, s *redisstore.Store, shard int, ids ...string) []store.Death {
	t.Helper()
	deaths, err := s.Claim(context.Background(), shard, store.Quota{Most: 1000, Lease: lease})
	require.NoError(t, err)
	claimed := []string{}
	for _, d := range deaths {
		claimed = append(claimed, d.ID)
	}
	require.ElementsMatch(t, ids, claimed)
	return deaths
}

// die lets workspaces live for a TTL and be found dead.
func (w *watched) die(ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		require.NoError(w.t, w.SetOnline(context.Background(), id))
	}
	w.pass(ttl)
	found := w.sweep().Found
	slices.Sort(found)
	require.Equal(w.t, ids, found)
}

// old is a replica that runs the old code.
func (w *watched) old() legacy { return legacy{w.t, raw(w.t, w.server.Addr())} }

func TestOldCodeAndDeaths(t *testing.T) {
	ctx := context.Background()
	set := []any{"SET", "ws:a", "online", "EX", 180}

	t.Run("its SET ends a death that waits", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a", "b")
		w.old().do(set...)
		w.claim("b")
		require.Equal(t, 1, w.sweep().Online)
	})

	t.Run("its SET ends a death that is held", func(t *testing.T) {
		for name, effect := range map[string]func(*watched, store.Death) (bool, error){
			"Extend": func(w *watched, d store.Death) (bool, error) {
				still, err := w.Extend(ctx, []store.Death{d}, lease)
				return still[0], err
			},
			"Acknowledge": func(w *watched, d store.Death) (bool, error) { return w.Acknowledge(ctx, d) },
			"PutBack":     func(w *watched, d store.Death) (bool, error) { return w.PutBack(ctx, d, 0) },
		} {
			w := watch(t, redisstore.Options{})
			w.die("a")
			held := w.claim("a")
			w.old().do(set...)
			require.NoError(t, w.CacheURL(ctx, "a", "http://a"))
			had, err := effect(w, held[0])
			require.NoError(t, err)
			require.False(t, had, name)
			_, err = w.GetCachedURL(ctx, "a")
			require.NoError(t, err, name)
			w.pass(ttl)
			require.Equal(t, []string{"a"}, w.sweep().Found, name)
			require.Equal(t, 1, w.claim("a")[0].Attempt, name)
		}
	})

	t.Run("its DEL is a death when the granted life is over", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "a"))
		w.old().do("DEL", "ws:a")
		w.pass(ttl - time.Millisecond)
		require.Empty(t, w.sweep().Found)
		w.pass(time.Millisecond)
		require.Equal(t, []string{"a"}, w.sweep().Found)
	})

	t.Run("what it set without a TTL is given one", func(t *testing.T) {
		w := watch(t, redisstore.Options{TTLs: store.TTLs{Liveness: time.Minute}})
		require.NoError(t, w.SetOnline(ctx, "a"))
		w.old().do("PERSIST", "ws:a")
		w.pass(time.Minute)
		require.Empty(t, w.sweep().Found)
		require.Equal(t, time.Minute, w.server.TTL("ws:a"))
		w.pass(time.Minute)
		require.Equal(t, []string{"a"}, w.sweep().Found)
	})
}

func TestServerClock(t *testing.T) {
	ctx := context.Background()

	t.Run("a step back brings a grace, and no death waits for the time that was", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("held")
		w.claim("held")
		w.die("waiting")
		require.NoError(t, w.SetOnline(ctx, "alive"))
		w.step(-24 * time.Hour)
		s := w.sweep()
		require.Equal(t, ttl, s.GraceEnd.Sub(s.Now))
		require.Equal(t, 1, s.Online)
		require.Empty(t, s.Found)
		w.claim()
		w.pass(ttl)
		require.Equal(t, []string{"alive"}, w.sweep().Found)
		w.claim("alive", "held", "waiting")
	})

	t.Run("a step ahead brings a grace", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "alive"))
		w.step(24 * time.Hour)
		s := w.sweep()
		require.Equal(t, ttl, s.GraceEnd.Sub(s.Now))
		require.Empty(t, s.Found)
		w.pass(ttl)
		require.Equal(t, []string{"alive"}, w.sweep().Found)
		w.claim("alive")
	})

	t.Run("a deadline beyond the longest TTL is looked at now", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "alive"))
		require.NoError(t, w.SetOnline(ctx, "gone"))
		for _, id := range []string{"alive", "gone"} {
			_, err := w.server.ZAdd("ws::due", float64(w.now.Add(365*24*time.Hour).UnixMilli()), id)
			require.NoError(t, err)
		}
		w.server.Del("ws:gone")
		require.Equal(t, []string{"gone"}, w.sweep().Found)
		w.pass(ttl)
		require.Equal(t, []string{"alive"}, w.sweep().Found)
	})
}

func TestShortenedTTL(t *testing.T) {
	ctx := context.Background()
	granted := 10 * time.Minute
	w := watch(t, redisstore.Options{TTLs: store.TTLs{For: func(string) time.Duration { return granted }}})
	require.NoError(t, w.SetOnline(ctx, "a"))
	before := w.now.Add(granted)
	granted = time.Minute
	require.NoError(t, w.RefreshTTL(ctx, "a"))
	w.pass(granted)
	online, err := w.IsOnline(ctx, "a")
	require.NoError(t, err)
	require.False(t, online, "offline at once")
	w.pass(before.Sub(w.now))
	require.Equal(t, []string{"a"}, w.sweep().Found, "reported at the deadline granted before")

	granted = 10 * time.Minute
	require.NoError(t, w.SetOnline(ctx, "a"))
	granted = time.Minute
	require.NoError(t, w.SetOnline(ctx, "a"))
	w.pass(granted)
	require.Equal(t, []string{"a"}, w.sweep().Found, "SetOnline makes it earlier")
}

func TestLengthenedTTL(t *testing.T) {
	ctx := context.Background()
	granted := time.Minute
	w := watch(t, redisstore.Options{TTLs: store.TTLs{For: func(string) time.Duration { return granted }}})
	require.NoError(t, w.SetOnline(ctx, "a"))
	require.Equal(t, time.Minute, w.sweep().TTL)
	granted = time.Hour
	require.NoError(t, w.RefreshTTL(ctx, "a"))
	require.Equal(t, time.Hour, w.sweep().TTL)
	w.old().do("EXPIRE", "ws:a", 100_000)
	w.pass(time.Minute)
	require.Empty(t, w.sweep().Found)
	require.Equal(t, time.Hour, w.sweep().TTL, "what others set is no TTL in use")
	w.server.Del("ws:a")
	w.pass(time.Hour)
	require.Equal(t, []string{"a"}, w.sweep().Found)
}

func TestTokensOutliveTheData(t *testing.T) {
	w := watch(t, redisstore.Options{})
	w.die("a")
	before := w.claim("a")[0]
	w.server.FlushAll()
	w.sweep()
	w.pass(ttl)
	w.die("a")
	after := w.claim("a")[0]
	require.Greater(t, after.Token, before.Token)
	done, err := w.Acknowledge(context.Background(), before)
	require.NoError(t, err)
	require.False(t, done)
}
