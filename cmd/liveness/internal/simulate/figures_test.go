package simulate

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestFiguresComeFromTheMonitors(t *testing.T) {
	t.Run("a store that hands out nothing shows neither deaths nor restarts", func(t *testing.T) {
		short, long := completed(t, small().on(script{claim: func([]driver.Death) []driver.Death { return nil }}))
		for _, f := range []Figures{short, long} {
			require.Equal(t, 5, f.Injected)
			require.Equal(t, 5, f.Missed)
			require.Zero(t, f.Reported)
			require.Zero(t, f.Restarts)
		}
	})

	t.Run("a store that hands out a living worker twice costs two restarts", func(t *testing.T) {
		plain := small()
		plain.Leaders = 0 // without stalls no death is put off
		honest, _ := completed(t, plain)
		var seen atomic.Value
		worker := func() string { id, _ := seen.Load().(string); return id }
		claims := 0
		short, _ := completed(t, plain.on(script{
			refresh: func(_ context.Context, id string) error {
				if strings.HasSuffix(id, "-worker-20") {
					seen.Store(id)
				}
				return nil
			},
			claim: func(handed []driver.Death) []driver.Death {
				if claims++; claims == 200 || claims == 300 {
					return append(handed, driver.Death{ID: worker(), Deadline: time.Now().Add(-time.Hour), Token: 1, Attempt: 1})[:1]
				}
				return handed
			},
			held: func(d driver.Death) bool { return d.ID == worker() },
		}))
		require.Equal(t, honest.HealthyReported+1, short.HealthyReported)
		require.Equal(t, honest.LeadersReported, short.LeadersReported)
		require.Equal(t, honest.Restarts+2, short.Restarts)
	})

	t.Run("a store that hands out a death again shows a report too many", func(t *testing.T) {
		plain := small()
		plain.Leaders = 0
		honest, _ := completed(t, plain)
		var first *driver.Death
		claims := 0
		short, _ := completed(t, plain.on(script{
			claim: func(handed []driver.Death) []driver.Death {
				claims++
				switch {
				case first == nil && len(handed) > 0:
					first, claims = &handed[0], 0
				case first != nil && claims == 20:
					return []driver.Death{*first}
				}
				return handed
			},
			held: func(d driver.Death) bool { return first != nil && d.ID == first.ID },
		}))
		require.Equal(t, 1, short.Again)
		require.Equal(t, honest.Reported, short.Reported)
		require.Equal(t, honest.Restarts, short.Restarts)
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

	t.Run("sweeps that are far apart spoil the result", func(t *testing.T) {
		short, _ := completed(t, small().on(script{sweep: func() { time.Sleep(15 * time.Second / 240) }}))
		require.Zero(t, short.LeftOut)
		require.Greater(t, short.Longest, seconds(15*time.Second))
		require.False(t, short.Trusted())
	})
}
