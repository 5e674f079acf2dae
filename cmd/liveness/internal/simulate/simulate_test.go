package simulate

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

func TestSimulate(t *testing.T) {
	t.Run("with 60 s stalling leaders look dead, with 180 s nobody does", func(t *testing.T) {
		short, long := completed(t, incident())

		require.Equal(t, 4, short.LeadersOffline)
		require.Equal(t, 4, short.LookedOffline, "only leaders stall")
		require.Greater(t, short.Restarts, 4, "each leader stalls several times")
		require.LessOrEqual(t, short.Restarts, short.Stalls)

		require.Zero(t, long.LookedOffline)
		require.Zero(t, long.Restarts)
		require.Equal(t, short.Stalls, long.Stalls, "both fleets stall alike")

		for _, f := range []Figures{short, long} {
			require.Equal(t, 5, f.Seen)
			require.Zero(t, f.LeftOut)
			require.Zero(t, f.Blind)
			require.True(t, f.Trusted())
			require.Equal(t, seconds(40*time.Minute), f.Elapsed.rounded())
		}
	})

	t.Run("every death is seen by the first look after its deadline", func(t *testing.T) {
		for _, seed := range []uint64{1, 2, 3} {
			c := small()
			c.Seed, c.Deaths = seed, 20
			short, long := completed(t, c)
			for _, f := range []Figures{short, long} {
				require.Equal(t, 20, f.Injected)
				require.Equal(t, 20, f.Seen)
				require.Positive(t, f.PastDeadline.Median)
				require.LessOrEqual(t, f.PastDeadline.Worst, seconds(lookEvery))
				require.Greater(t, f.AfterDeath.Median, f.TTL-seconds(heartbeat))
				require.LessOrEqual(t, f.AfterDeath.Worst, f.TTL+seconds(lookEvery))
			}
		}
	})

	t.Run("the shortest fleet time still shows every death", func(t *testing.T) {
		c := small()
		c.Duration, c.Deaths = minDuration, 36
		_, long := completed(t, c)
		require.Equal(t, 36, long.Seen)
	})

	t.Run("a fleet of nobody but the dying is no special case", func(t *testing.T) {
		c := small()
		c.Workspaces, c.Leaders, c.Deaths = 3, 0, 3
		short, long := completed(t, c)
		require.Equal(t, 3, short.Seen)
		require.Equal(t, 3, long.Seen)
		require.Zero(t, short.LookedOffline)
	})
}

func TestFiguresComeFromTheStore(t *testing.T) {
	t.Run("a store that calls everybody online shows neither deaths nor restarts", func(t *testing.T) {
		short, long := completed(t, small().on(script{answer: func(_ []string, online []bool) {
			for i := range online {
				online[i] = true
			}
		}}))
		for _, f := range []Figures{short, long} {
			require.Equal(t, 5, f.Injected)
			require.Zero(t, f.Seen)
			require.Zero(t, f.Restarts)
		}
	})

	t.Run("a store that denies one worker twice costs two restarts", func(t *testing.T) {
		honest, _ := completed(t, small())
		looks := 0
		short, _ := completed(t, small().on(script{answer: func(ids []string, online []bool) {
			looks++
			for i, id := range ids {
				if strings.HasSuffix(id, "-worker-20") && (looks == 700 || looks == 800) {
					online[i] = false
				}
			}
		}}))
		require.Equal(t, honest.LookedOffline+1, short.LookedOffline)
		require.Equal(t, honest.LeadersOffline, short.LeadersOffline)
		require.Equal(t, honest.Restarts+2, short.Restarts)
	})
}

func TestLateness(t *testing.T) {
	// delaying makes the heartbeats of n workers late by d of fleet time.
	delaying := func(n int, d time.Duration) script {
		return script{refresh: func(_ context.Context, id string) error {
			var i int
			if _, err := fmt.Sscanf(id[strings.LastIndex(id, "-")+1:], "%d", &i); err == nil && i > 100 && i <= 100+n {
				time.Sleep(d / 240)
			}
			return nil
		}}
	}
	// wide is a fleet of which one workspace is half of one in a hundred.
	wide := func() Config {
		c := small()
		c.Workspaces, c.Duration = 200, minDuration
		return c
	}

	t.Run("a workspace that is heartbeated late is left out", func(t *testing.T) {
		short, long := completed(t, wide().on(delaying(2, 11*time.Second)))
		for _, f := range []Figures{short, long} {
			require.Equal(t, 2, f.LeftOut)
			require.True(t, f.Trusted(), "2 of 200 are not more than 1 %%")
		}
	})

	t.Run("more than one in a hundred spoils the result", func(t *testing.T) {
		short, _ := completed(t, wide().on(delaying(3, 11*time.Second)))
		require.Equal(t, 3, short.LeftOut)
		require.False(t, short.Trusted())
	})

	t.Run("a little late is not left out", func(t *testing.T) {
		short, _ := completed(t, wide().on(delaying(3, 9*time.Second)))
		require.Zero(t, short.LeftOut)
	})

	t.Run("a heartbeat that is never answered is late", func(t *testing.T) {
		short, _ := completed(t, small().on(script{refresh: func(ctx context.Context, id string) error {
			if strings.HasSuffix(id, "-worker-20") {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}}))
		require.Equal(t, 1, short.LeftOut)
	})

	t.Run("looks that are far apart spoil the result", func(t *testing.T) {
		short, _ := completed(t, small().on(script{answer: func([]string, []bool) {
			time.Sleep(12 * time.Second / 240)
		}}))
		require.Zero(t, short.LeftOut)
		require.Greater(t, short.Longest, seconds(12*time.Second))
		require.False(t, short.Trusted())
	})
}

func TestEnd(t *testing.T) {
	t.Run("an interruption ends with the figures so far", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			r, err := Run(ctx, small())
			require.NoError(t, err)
			require.True(t, r.Interrupted)
			require.Len(t, r.Runs, 1)
			require.Equal(t, seconds(12*time.Minute), r.Runs[0].Elapsed.rounded())
			require.Positive(t, r.Runs[0].Restarts)
			require.True(t, r.Trusted())
		})
	})

	t.Run("a death whose deadline lies ahead is not missed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := small()
			c.Workspaces, c.Deaths = 300, 290
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			r, err := Run(ctx, c)
			require.NoError(t, err)
			require.Greater(t, r.Runs[0].Injected, 100)
			require.Equal(t, r.Runs[0].Injected, r.Runs[0].Seen)
			require.Zero(t, r.Runs[0].LeftOut)
		})
	})

	for _, way := range []string{"the end", "an interruption", "a failure"} {
		t.Run("after "+way+" the store is empty and closed", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var s *script
				c := small()
				c.Open = func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error) {
					kept, err := openMemory(ctx, ttls)
					s = &script{LivenessStore: kept}
					s.close = func() {
						n, err := store.Count(t.Context(), kept)
						require.NoError(t, err)
						require.Zero(t, n)
						s.close = nil
					}
					s.refresh = func(context.Context, string) error {
						n, err := store.Count(t.Context(), kept)
						require.NoError(t, err)
						switch {
						case n < 30 || way == "the end":
						case way == "an interruption":
							cancel()
						case way == "a failure":
							return store.ErrUnavailable
						}
						return nil
					}
					return s, err
				}
				r, err := Run(ctx, c)
				require.Equal(t, way == "a failure", err != nil, err)
				require.Equal(t, way == "an interruption", r.Interrupted)
				require.Nil(t, s.close, "the store was not closed")
			})
		})
	}

	t.Run("a store that fails in the middle fails the run", func(t *testing.T) {
		c, opened := small(), 0
		works, fails := c.Open, c.on(script{refresh: func(context.Context, string) error {
			return &store.Error{Op: "RefreshTTL", Err: store.ErrUnavailable}
		}}).Open
		c.Open = func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error) {
			if opened++; opened == 1 {
				return works(ctx, ttls)
			}
			return fails(ctx, ttls)
		}
		r, err := run(t, c)
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "TTL 180s")
		require.Len(t, r.Runs, 1, "the run that was finished is kept")
		require.False(t, r.Interrupted)
	})

	t.Run("a store that cannot be opened is the error", func(t *testing.T) {
		c := small()
		c.Open = func(context.Context, store.TTLs) (store.LivenessStore, error) { return nil, store.ErrLocked }
		r, err := run(t, c)
		require.ErrorIs(t, err, store.ErrLocked)
		require.Empty(t, r.Runs)
	})
}
