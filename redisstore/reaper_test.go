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
	"github.com/molecule-ai/liveness/store/driver"
)

// watched is a store that a test sweeps, on a server whose clock is the test's.
type watched struct {
	*redisstore.Store
	t      *testing.T
	server *miniredis.Miniredis
	now    time.Time
	swept  time.Time
}

const (
	ttl   = 3 * time.Minute // by default
	lease = 30 * time.Second
)

// patient is a sweep after which a gap of half a TTL begins no grace.
var patient = driver.SweepOptions{Interval: time.Hour}

// watch returns a store past the grace that the first sweep begins.
func watch(t *testing.T, o redisstore.Options) *watched {
	o.Timeout = time.Minute // it interprets scripts, under the race detector too
	server, s := mini(t, o)
	w := &watched{Store: s, t: t, server: server, now: time.UnixMilli(1_800_000_000_000)}
	server.SetTime(w.now)
	w.sweep()
	w.pass(s.Traits().Liveness())
	w.sweep()
	return w
}

// pass lets time pass and sweeps, often enough that no grace begins, but not at
// its end.
func (w *watched) pass(d time.Duration) {
	w.t.Helper()
	for end := w.now.Add(d); ; w.sweep() {
		next := w.swept.Add(w.Traits().Patience(patient.Interval))
		if !next.Before(end) {
			w.gap(end.Sub(w.now))
			return
		}
		w.gap(next.Sub(w.now))
	}
}

// gap lets time pass without a sweep.
func (w *watched) gap(d time.Duration) {
	w.step(d)
	w.server.FastForward(d)
}

// step steps the server's clock, but not the TTLs of its keys.
func (w *watched) step(d time.Duration) {
	w.now = w.now.Add(d)
	w.server.SetTime(w.now)
}

func (w *watched) sweep() driver.SweepResult {
	w.t.Helper()
	s, err := w.Sweep(context.Background(), 0, patient)
	require.NoError(w.t, err)
	w.swept = w.now
	return s
}

// sweepAll sweeps until nothing is due.
func (w *watched) sweepAll() {
	w.t.Helper()
	for w.sweep().Next == 0 {
	}
}

// claim wants exactly these deaths to be claimed.
func (w *watched) claim(ids ...string) []driver.Death {
	w.t.Helper()
	return claim(w.t, w.Store, 0, ids...)
}

func claim(t *testing.T, s *redisstore.Store, shard int, ids ...string) []driver.Death {
	t.Helper()
	deaths, err := s.Claim(context.Background(), shard, driver.ClaimOptions{Max: 1000, Lease: lease})
	require.NoError(t, err)
	claimed := []string{}
	for _, d := range deaths {
		claimed = append(claimed, d.ID)
	}
	require.ElementsMatch(t, ids, claimed)
	return deaths
}

// begin claims a death and hands it out.
func (w *watched) begin(id string) driver.Death {
	w.t.Helper()
	d := w.claim(id)[0]
	require.Equal(w.t, driver.Held, w.stands(w.Begin(context.Background(), d)))
	return d
}

func (w *watched) stands(standing driver.Standing, err error) driver.Standing {
	w.t.Helper()
	require.NoError(w.t, err)
	return standing
}

func (w *watched) extend(d driver.Death) driver.Standing {
	w.t.Helper()
	standings, err := w.Extend(context.Background(), []driver.Death{d}, lease)
	require.NoError(w.t, err)
	return standings[0]
}

func (w *watched) done(yes bool, err error) bool {
	w.t.Helper()
	require.NoError(w.t, err)
	return yes
}

// die lets workspaces live for a TTL and be detected dead.
func (w *watched) die(ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		require.NoError(w.t, w.SetOnline(context.Background(), id))
	}
	w.pass(w.Traits().Liveness())
	detected := w.sweep().Detected
	slices.Sort(detected)
	require.Equal(w.t, ids, detected)
}

// old is a replica that runs the old code.
func (w *watched) old() legacy { return legacy{w.t, raw(w.t, w.server.Addr())} }

// pending returns how the death of a workspace stands.
func (w *watched) pending(id string) (found driver.Pending) {
	w.t.Helper()
	for d, err := range w.Deaths(context.Background(), 0) {
		require.NoError(w.t, err)
		if d.ID == id {
			found = d
		}
	}
	return found
}

func TestOldCodeAndDeaths(t *testing.T) {
	ctx := context.Background()
	set := []any{"SET", "ws:a", "online", "EX", 600}

	t.Run("its SET ends a death that is ready", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a", "b")
		w.old().do(set...)
		w.claim("b")
		require.Equal(t, 1, w.sweep().Online)
	})

	t.Run("its SET ends a death, not the lease", func(t *testing.T) {
		for name, effect := range map[string]func(*watched, driver.Death){
			"Begin": func(w *watched, d driver.Death) { require.Equal(t, driver.CameBack, w.stands(w.Begin(ctx, d))) },
			"Extend": func(w *watched, d driver.Death) {
				require.Equal(t, driver.CameBack, w.extend(d))
			},
			"Acknowledge": func(w *watched, d driver.Death) { require.True(t, w.done(w.Acknowledge(ctx, d))) },
			"Release":     func(w *watched, d driver.Death) { require.True(t, w.done(w.Release(ctx, d, 0))) },
			"Withdraw":    func(w *watched, d driver.Death) { require.True(t, w.done(w.Withdraw(ctx, d))) },
		} {
			w := watch(t, redisstore.Options{})
			w.die("a")
			d := w.claim("a")[0]
			w.old().do(set...)
			require.NoError(t, w.CacheURL(ctx, "a", "http://a"))
			effect(w, d)
			_, err := w.GetCachedURL(ctx, "a")
			require.NoError(t, err, name)
			require.Equal(t, 10*time.Minute, w.server.TTL("ws:a"), name)
			require.Equal(t, 1, w.sweep().Online, name)
			w.pass(10 * time.Minute)
			require.Equal(t, []string{"a"}, w.sweep().Detected, name)
			require.Equal(t, 1, w.claim("a")[0].Attempt, name)
		}
	})

	t.Run("its SET after an acknowledgement counts as a return once it is found", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		require.True(t, w.done(w.Acknowledge(ctx, w.begin("a"))))
		require.Equal(t, 1, w.sweep().Recent)
		w.old().do(set...)
		_, err := w.Discover(ctx, time.Minute)
		require.NoError(t, err)
		s := w.sweep()
		require.Zero(t, s.Recent)
		require.EqualValues(t, 1, s.Returned)
		require.Equal(t, 1, s.Online)
	})

	t.Run("its DEL is a death when the granted life is over", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "a"))
		w.old().do("DEL", "ws:a")
		w.pass(ttl - time.Millisecond)
		require.Empty(t, w.sweep().Detected)
		w.pass(time.Millisecond)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
	})

	t.Run("what it set without a TTL is given one", func(t *testing.T) {
		w := watch(t, redisstore.Options{TTLs: store.TTLs{Liveness: time.Minute}})
		require.NoError(t, w.SetOnline(ctx, "a"))
		w.old().do("PERSIST", "ws:a")
		w.pass(time.Minute)
		require.Empty(t, w.sweep().Detected)
		require.Equal(t, time.Minute, w.server.TTL("ws:a"))
		w.pass(time.Minute)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
	})
}

func TestServerClock(t *testing.T) {
	ctx := context.Background()

	t.Run("a step back brings a grace, and no lease or delay lasts longer", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("leased", "released")
		for _, d := range w.claim("leased", "released") {
			if d.ID == "released" {
				require.True(t, w.done(w.Release(ctx, d, time.Hour)))
			} else {
				_, err := w.Extend(ctx, []driver.Death{d}, time.Hour)
				require.NoError(t, err)
			}
		}
		w.die("ready")
		require.NoError(t, w.SetOnline(ctx, "alive"))
		w.step(-24 * time.Hour)
		s := w.sweep()
		require.Equal(t, ttl, s.GraceEnd.Sub(s.Now))
		require.Equal(t, 1, s.Online)
		require.Empty(t, s.Detected)
		w.claim()
		w.pass(ttl)
		require.Equal(t, []string{"alive"}, w.sweep().Detected)
		w.claim("alive", "leased", "ready", "released")
	})

	t.Run("a step ahead brings a grace", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "alive"))
		w.step(24 * time.Hour)
		s := w.sweep()
		require.Equal(t, ttl, s.GraceEnd.Sub(s.Now))
		require.Empty(t, s.Detected)
		w.pass(ttl)
		require.Equal(t, []string{"alive"}, w.sweep().Detected)
		w.claim("alive")
	})

	t.Run("a bound further ahead than one TTL is looked at now", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "alive"))
		require.NoError(t, w.SetOnline(ctx, "gone"))
		for _, id := range []string{"alive", "gone"} {
			_, err := w.server.ZAdd("ws::deadlines", float64(w.now.Add(365*24*time.Hour).UnixMilli()), id)
			require.NoError(t, err)
		}
		w.server.Del("ws:gone")
		require.Equal(t, []string{"gone"}, w.sweep().Detected)
		w.pass(ttl)
		require.Equal(t, []string{"alive"}, w.sweep().Detected)
	})
}

func TestTTLsOfOneWorkspace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("a shortened TTL is detected when it ends", func(t *testing.T) {
		for name, refresh := range map[string]func(*redisstore.Store) error{
			"RefreshTTL":  func(s *redisstore.Store) error { return s.RefreshTTL(ctx, "a") },
			"RefreshFor":  func(s *redisstore.Store) error { return s.RefreshFor(ctx, "a", time.Minute) },
			"RefreshMany": func(s *redisstore.Store) error { _, err := s.RefreshMany(ctx, []string{"a"}); return err },
			"SetOnline":   func(s *redisstore.Store) error { return s.SetOnline(ctx, "a") },
			"Register":    func(s *redisstore.Store) error { return s.Register(ctx, "a", "http://a", "") },
			"SetOnlineFor": func(s *redisstore.Store) error {
				return s.SetOnlineFor(ctx, "a", time.Minute)
			},
		} {
			granted := 10 * time.Minute
			w := watch(t, redisstore.Options{TTLs: store.TTLs{For: func(string) time.Duration { return granted }}})
			require.NoError(t, w.SetOnline(ctx, "a"))
			granted = time.Minute
			require.NoError(t, refresh(w.Store), name)
			end := w.now.Add(time.Minute)
			w.pass(time.Minute - time.Millisecond)
			require.Empty(t, w.sweep().Detected, name)
			w.pass(time.Millisecond)
			require.Equal(t, []string{"a"}, w.sweep().Detected, name)
			require.Equal(t, end.UnixMilli(), w.claim("a")[0].Deadline.UnixMilli(), name)
		}
	})

	t.Run("a shorter TTL registers what is not in the index, and ends its death", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		w.old().do("SET", "ws:a", "online", "EX", 600)
		require.NoError(t, w.RefreshFor(ctx, "a", time.Minute))
		w.claim()
		w.pass(time.Minute)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
	})

	t.Run("a shorter TTL tells of the return of what is not in the index", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		w.done(w.Acknowledge(ctx, w.begin("a")))
		w.old().do("SET", "ws:a", "online", "EX", 600)
		require.NoError(t, w.RefreshFor(ctx, "a", time.Minute))
		require.EqualValues(t, 1, w.sweep().Returned)
	})

	t.Run("a refresh for a workspace that is offline changes nothing", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		require.ErrorIs(t, w.RefreshFor(ctx, "a", time.Minute), store.ErrNotFound)
		require.ErrorIs(t, w.RefreshFor(ctx, "a", time.Hour), store.ErrNotFound)
		w.claim("a")
	})

	t.Run("a longer TTL lengthens no grace, and is detected when it ends", func(t *testing.T) {
		const week = 7 * 24 * time.Hour
		w := watch(t, redisstore.Options{TTLs: store.TTLs{Liveness: time.Hour}})
		require.NoError(t, w.SetOnlineFor(ctx, "a", week))
		end := w.now.Add(week)
		w.gap(30 * time.Hour)
		s := w.sweep()
		require.Equal(t, time.Hour, s.GraceEnd.Sub(s.Now))
		require.LessOrEqual(t, s.Next, time.Hour, "looked at once per TTL")
		w.pass(end.Sub(w.now) - time.Millisecond)
		require.Empty(t, w.sweep().Detected)
		w.pass(time.Millisecond)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
		require.Equal(t, end.UnixMilli(), w.claim("a")[0].Deadline.UnixMilli())
	})

	t.Run("the TTL that another program sets is obeyed", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "a"))
		w.old().do("EXPIRE", "ws:a", 3600)
		w.pass(time.Hour - time.Millisecond)
		require.Empty(t, w.sweep().Detected)
		w.pass(time.Millisecond)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
	})
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
	require.False(t, w.done(w.Acknowledge(context.Background(), before)))
}
