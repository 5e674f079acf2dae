package simulate

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestSimulate(t *testing.T) {
	t.Run("with 60 s stalling leaders look dead, with 180 s they do not", func(t *testing.T) {
		short, long := completed(t, incident())

		require.Equal(t, 4, short.LeadersReported)
		require.Equal(t, 4, short.HealthyReported, "only leaders stall")
		require.Greater(t, short.Restarts, 4, "each leader stalls several times")
		require.LessOrEqual(t, short.Restarts, short.Stalls)

		require.Zero(t, long.HealthyReported)
		require.Zero(t, long.Restarts)
		require.Equal(t, short.Stalls, long.Stalls, "both fleets stall alike")

		for _, f := range []Figures{short, long} {
			require.Equal(t, 5, f.Reported)
			require.Zero(t, f.Again)
			require.Zero(t, f.LeftOut)
			require.Zero(t, f.Blind)
			require.Equal(t, 1, f.Graces)
			require.Zero(t, f.Holds)
			require.True(t, f.Trusted())
			require.Equal(t, seconds(40*time.Minute), f.Elapsed.rounded())
		}
	})

	t.Run("with 60 s too no leader is restarted if it announces its stalls, or if a Probe is asked", func(t *testing.T) {
		runs := allCompleted(t, incident())
		for _, f := range runs[2:] {
			require.Zero(t, f.Restarts, f.column().name())
			require.Equal(t, runs[0].Stalls, f.Stalls)
			require.Equal(t, 5, f.Reported)
			require.LessOrEqual(t, f.AfterDeath.Worst, seconds(63*time.Second), "deaths are found as soon as without")
		}
	})

	t.Run("every death is reported once, within 10 ms of real time where lost heartbeats cannot explain it", func(t *testing.T) {
		for _, seed := range []uint64{1, 2, 3} {
			c := wide()
			c.Seed, c.Leaders, c.Deaths, c.Monitors = seed, 0, 20, 3
			for _, f := range allCompleted(t, c) {
				reportedOnce(t, f, c.Deaths)
			}
		}
	})

	t.Run("a workspace that was restarted is alive", func(t *testing.T) {
		c := small()
		c.Workspaces, c.Leaders, c.Deaths = 20, 0, 1
		last, back := map[string]time.Time{}, map[string]int{}
		var mu sync.Mutex
		_, _ = completed(t, c.on(script{refresh: func(_ context.Context, id string) error {
			mu.Lock()
			defer mu.Unlock()
			if at, known := last[id]; back[id] > 0 || known && time.Since(at) > 3*heartbeat/2/240 {
				back[id]++
			}
			last[id] = time.Now()
			return nil
		}}))
		require.Len(t, last, 4*20)
		require.Len(t, back, 4)
		for id, beats := range back {
			require.Greater(t, beats, 3, id)
		}
	})

	t.Run("the shortest fleet time still shows every death", func(t *testing.T) {
		c := wide()
		c.Duration, c.Leaders, c.Deaths = minDuration, 0, 10
		short, long := completed(t, c)
		require.Equal(t, 10, short.Reported)
		require.Equal(t, 10, long.Reported)
	})

	t.Run("a fleet of none but the dying is no special case", func(t *testing.T) {
		c := small()
		c.Workspaces, c.Leaders, c.Deaths = 3, 0, 3
		short, long := completed(t, c)
		require.Equal(t, 3, short.Reported)
		require.Equal(t, 3, long.Reported)
		require.Zero(t, short.HealthyReported)
	})
}

// reportedOnce fails unless each death was reported once, and in time.
func reportedOnce(t testing.TB, f Figures, deaths int) {
	t.Helper()
	require.Equal(t, deaths, f.Injected, "deaths injected")
	require.Equal(t, deaths, f.Reported, "deaths reported")
	require.Zero(t, f.Again, "reports of the same silence again")
	require.Positive(t, f.PastDeadline.Worst)
	board.Row(t, "deaths in simulated time", board.Figures{
		Operations: f.Reported, Faults: f.Injected, Violations: f.Again, FloorOperations: deaths, FloorFaults: deaths,
	})
	require.Greater(t, f.AfterDeath.Median, f.TTL-seconds(heartbeat))
	late := seconds(10*time.Millisecond*240) + explained(f)
	require.LessOrEqual(t, f.PastDeadline.Worst, late, f.column().name())
	require.LessOrEqual(t, f.AfterDeath.Worst, f.TTL+late, f.column().name())
}

func TestADeathThatIsClaimedAndNotReportedIsFound(t *testing.T) {
	c := wide()
	c.Leaders, c.Deaths = 0, 20
	c = c.on(script{claim: func(handed []driver.Death) []driver.Death {
		return slices.DeleteFunc(handed, func(d driver.Death) bool { return strings.HasSuffix(d.ID, "1") })
	}})
	for _, f := range allCompleted(t, c) {
		attempt.Found(t, "deaths reported", func(a *attempt.T) { reportedOnce(a, f, c.Deaths) })
	}
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
			c.Workspaces, c.Leaders, c.Deaths = 300, 0, 30
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			r, err := Run(ctx, c)
			require.NoError(t, err)
			require.Greater(t, r.Runs[0].Injected, 10)
			require.Equal(t, r.Runs[0].Injected, r.Runs[0].Reported)
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
				c.Open = func(_ context.Context, ttls store.TTLs) (store.LivenessStore, error) {
					kept, err := memstore.New(memstore.Options{TTLs: ttls})
					s = &script{Store: kept}
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
		r, err := simulated(t, c)
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "TTL 180s: ")
		require.Len(t, r.Runs, 1, "the run that was finished is kept")
		require.False(t, r.Interrupted)
	})

	t.Run("a store that cannot be opened is the error", func(t *testing.T) {
		c := small()
		c.Open = func(context.Context, store.TTLs) (store.LivenessStore, error) { return nil, store.ErrLocked }
		r, err := simulated(t, c)
		require.ErrorIs(t, err, store.ErrLocked)
		require.Empty(t, r.Runs)
	})
}
