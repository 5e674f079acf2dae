package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestALeaseIsOnTheWorkspace(t *testing.T) {
	ctx := context.Background()

	// again returns a store in which the handler of a death of "a" still works
	// when a later death of "a" is detected.
	again := func(t *testing.T) (*watched, driver.Death) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		d := w.begin("a")
		require.NoError(t, w.SetOnlineFor(ctx, "a", lease/3))
		require.Equal(t, driver.CameBack, w.extend(d))
		w.pass(lease / 3)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
		return w, d
	}

	t.Run("a later death waits for its end", func(t *testing.T) {
		w, d := again(t)
		w.claim()
		require.Equal(t, driver.Leased, w.pending("a").Phase)
		require.Zero(t, w.pending("a").Attempt)
		require.Equal(t, 1, w.sweep().Leased)
		require.Zero(t, w.sweep().Ready)
		require.Equal(t, 2*lease/3, w.sweep().Next)
		require.Equal(t, driver.CameBack, w.stands(w.Begin(ctx, d)))
		w.pass(2 * lease / 3)
		require.Equal(t, 1, w.sweep().Ready)
		require.Equal(t, driver.Lost, w.stands(w.Begin(ctx, d)))
		require.Equal(t, 1, w.claim("a")[0].Attempt)
	})

	t.Run("a later death is ready once the holder is done", func(t *testing.T) {
		for name, end := range map[string]func(*watched, driver.Death) (bool, error){
			"Acknowledge": func(w *watched, d driver.Death) (bool, error) { return w.Acknowledge(ctx, d) },
			"Release":     func(w *watched, d driver.Death) (bool, error) { return w.Release(ctx, d, time.Hour) },
			"Withdraw":    func(w *watched, d driver.Death) (bool, error) { return w.Withdraw(ctx, d) },
		} {
			w, d := again(t)
			require.True(t, w.done(end(w, d)), name)
			require.Equal(t, driver.Lost, w.extend(d), name)
			require.Equal(t, 1, w.claim("a")[0].Attempt, name)
		}
	})

	t.Run("it ends with its time if the workspace is online", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		d := w.claim("a")[0]
		require.NoError(t, w.SetOnline(ctx, "a"))
		w.pass(lease)
		require.Equal(t, driver.Lost, w.stands(w.Begin(ctx, d)))
		require.Zero(t, w.sweep().Leased)
		require.False(t, w.done(w.Acknowledge(ctx, d)))
	})

	t.Run("its holder stays the holder until the next claim", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		d := w.claim("a")[0]
		w.pass(lease)
		require.Equal(t, 1, w.sweep().Ready)
		require.Equal(t, driver.Held, w.extend(d))
		require.Zero(t, w.sweep().Ready)
		w.pass(lease)
		next := w.claim("a")[0]
		require.Equal(t, driver.Lost, w.extend(d))
		require.Equal(t, driver.Held, w.extend(next))
	})
}

func TestBeginForgetsTheURLsOfTheFirstAttemptAlone(t *testing.T) {
	ctx := context.Background()
	w := watch(t, redisstore.Options{})
	require.NoError(t, w.Register(ctx, "a", "http://a:1", "http://a:2"))
	w.pass(ttl)
	w.sweep()
	d := w.claim("a")[0]
	_, err := w.GetCachedURL(ctx, "a")
	require.NoError(t, err, "a claim leaves them")
	require.Equal(t, driver.Held, w.stands(w.Begin(ctx, d)))
	_, err = w.GetCachedURL(ctx, "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = w.GetCachedInternalURL(ctx, "a")
	require.ErrorIs(t, err, store.ErrNotFound)

	require.NoError(t, w.CacheURL(ctx, "a", "http://a:3"))
	require.True(t, w.done(w.Release(ctx, d, 0)))
	require.True(t, w.done(w.Acknowledge(ctx, w.begin("a"))))
	url, err := w.GetCachedURL(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, "http://a:3", url)
}

func TestWithdraw(t *testing.T) {
	ctx := context.Background()

	t.Run("the next death knows since when the workspace is silent", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		since := w.pending("a").Deadline
		for range 3 {
			require.True(t, w.done(w.Withdraw(ctx, w.claim("a")[0])))
			require.Equal(t, ttl, w.server.TTL("ws:a"))
			w.pass(ttl)
			w.sweep()
			require.Equal(t, since, w.pending("a").Since)
		}
		require.True(t, w.done(w.Withdraw(ctx, w.claim("a")[0])))
		require.NoError(t, w.Expire(ctx, "a"))
		require.Equal(t, since, w.pending("a").Since)
	})

	t.Run("a heartbeat begins a new silence", func(t *testing.T) {
		for name, heartbeat := range map[string]func(*redisstore.Store) error{
			"SetOnline":  func(s *redisstore.Store) error { return s.SetOnline(ctx, "a") },
			"RefreshTTL": func(s *redisstore.Store) error { return s.RefreshTTL(ctx, "a") },
			"RefreshFor": func(s *redisstore.Store) error { return s.RefreshFor(ctx, "a", ttl-time.Minute) },
		} {
			w := watch(t, redisstore.Options{})
			w.die("a")
			require.True(t, w.done(w.Withdraw(ctx, w.claim("a")[0])))
			w.pass(time.Minute)
			require.NoError(t, heartbeat(w.Store))
			w.pass(ttl)
			w.sweep()
			require.Equal(t, w.pending("a").Deadline, w.pending("a").Since, name)
		}
	})
}

func TestRecent(t *testing.T) {
	ctx := context.Background()
	handled := func(t *testing.T) *watched {
		w := watch(t, redisstore.Options{})
		w.die("a")
		require.True(t, w.done(w.Acknowledge(ctx, w.begin("a"))))
		require.Equal(t, 1, w.sweep().Recent)
		return w
	}

	t.Run("one TTL after the acknowledgement it is not", func(t *testing.T) {
		w := handled(t)
		w.pass(ttl - time.Millisecond)
		require.Equal(t, 1, w.sweep().Recent)
		acknowledged, err := w.Adopt(ctx, 0, []string{"a"}, time.Time{})
		require.NoError(t, err)
		require.Equal(t, []string{"a"}, acknowledged)
		w.pass(time.Millisecond)
		require.Zero(t, w.sweep().Recent)
		adopt(t, w.Store, 0, "a")
		w.claim("a")
	})

	t.Run("SetOnline and Register are a return", func(t *testing.T) {
		for _, come := range []func(*redisstore.Store) error{
			func(s *redisstore.Store) error { return s.SetOnline(ctx, "a") },
			func(s *redisstore.Store) error { return s.Register(ctx, "a", "", "http://a") },
		} {
			w := handled(t)
			require.NoError(t, come(w.Store))
			require.NoError(t, come(w.Store))
			s := w.sweep()
			require.EqualValues(t, 1, s.Returned)
			require.Zero(t, s.Recent)
		}
	})

	t.Run("SetOnlineFor is none, the heartbeat after it is", func(t *testing.T) {
		const boot = time.Minute
		w := handled(t)
		require.NoError(t, w.SetOnlineFor(ctx, "a", boot))
		require.Equal(t, 1, w.sweep().Recent)
		w.pass(boot / 2)
		require.NoError(t, w.RefreshTTL(ctx, "a"))
		w.pass(boot / 2)
		s := w.sweep()
		require.EqualValues(t, 1, s.Returned)
		require.Zero(t, s.Recent)
	})

	t.Run("SetOnlineFor within the lease is none either, and its silence is a death", func(t *testing.T) {
		const boot = time.Minute
		w := watch(t, redisstore.Options{})
		w.die("a")
		d := w.begin("a")
		require.NoError(t, w.SetOnlineFor(ctx, "a", boot))
		require.True(t, w.done(w.Acknowledge(ctx, d)))
		s := w.sweep()
		require.Equal(t, 1, s.Recent)
		require.Zero(t, s.Returned)
		w.pass(boot)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
		require.Zero(t, w.sweep().Returned)
	})

	t.Run("Clear ends it without a return", func(t *testing.T) {
		w := handled(t)
		require.NoError(t, w.Clear(ctx, "a"))
		s := w.sweep()
		require.Zero(t, s.Recent)
		require.Zero(t, s.Returned)
	})
}

func TestExpire(t *testing.T) {
	ctx := context.Background()
	w := watch(t, redisstore.Options{})
	w.die("silent")
	require.NoError(t, w.SetOnline(ctx, "a"))
	require.NoError(t, w.Expire(ctx, "a"))
	require.NoError(t, w.Expire(ctx, "a"), "again")
	require.NoError(t, w.Expire(ctx, "unknown"))
	online, err := w.IsOnline(ctx, "a")
	require.NoError(t, err)
	require.False(t, online)
	s := w.sweep()
	require.Equal(t, 2, s.Ready)
	require.Equal(t, 1, s.Fresh)
	require.Empty(t, s.Detected)

	deaths, err := w.Claim(ctx, 0, driver.ClaimOptions{Max: 1, Lease: lease})
	require.NoError(t, err)
	require.Len(t, deaths, 1)
	require.Equal(t, "a", deaths[0].ID, "before those by silence")
	require.True(t, deaths[0].Expired)
	require.Equal(t, w.now.UnixMilli(), deaths[0].Deadline.UnixMilli())
}

func TestClaimOptions(t *testing.T) {
	ctx := context.Background()
	w := watch(t, redisstore.Options{})
	w.die("early")
	early := w.now
	w.pass(time.Minute)
	for _, id := range []string{"late", "expired"} {
		require.NoError(t, w.SetOnlineFor(ctx, id, time.Second))
	}
	w.pass(time.Second - time.Millisecond)
	require.NoError(t, w.Expire(ctx, "expired"))
	w.pass(time.Millisecond)
	w.sweep()
	require.Equal(t, early.UnixMilli(), w.sweep().OldestReady.UnixMilli())

	claim := func(o driver.ClaimOptions) (ids []string) {
		o.Max, o.Lease = max(1, o.Max), time.Millisecond
		deaths, err := w.Claim(ctx, 0, o)
		require.NoError(t, err)
		for _, d := range deaths {
			ids = append(ids, d.ID)
		}
		w.pass(o.Lease)
		return ids
	}
	require.Equal(t, []string{"expired"}, claim(driver.ClaimOptions{Max: 10, Expired: true}))
	require.Equal(t, []string{"expired", "early"}, claim(driver.ClaimOptions{Max: 10, Before: early}))
	require.Equal(t, []string{"expired", "late", "early"}, claim(driver.ClaimOptions{Max: 10}), "longest ready first")
	require.Equal(t, []string{"expired"}, claim(driver.ClaimOptions{Max: 1}))
}

func TestSampler(t *testing.T) {
	ctx := context.Background()
	w := watch(t, redisstore.Options{})
	w.die("handed-out")
	w.begin("handed-out")
	w.die("dead")
	require.NoError(t, w.SetOnlineFor(ctx, "vanished", time.Second))
	require.NoError(t, w.SetOnline(ctx, "online"))
	w.pass(time.Second)

	all, err := w.Sample(ctx, 0, 2)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"online", "vanished"}, all)
	one, err := w.Sample(ctx, 0, 1)
	require.NoError(t, err)
	require.Len(t, one, 1)

	sightings, err := w.Look(ctx, []string{"online", "vanished", "dead", "handed-out", "unknown", "online"})
	require.NoError(t, err)
	online := driver.Sighting{State: driver.Online, Remaining: ttl - time.Second}
	require.Equal(t, []driver.Sighting{online, {State: driver.Vanished}, {State: driver.Dead}, {}, {}, online}, sightings)
}
