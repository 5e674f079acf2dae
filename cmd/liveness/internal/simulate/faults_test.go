package simulate

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

func TestFaults(t *testing.T) {
	t.Run("a monitor that is killed loses no death, and none is handled twice", func(t *testing.T) {
		for _, seed := range []uint64{1, 2, 3} {
			c := wide()
			c.Seed, c.Leaders, c.Deaths, c.Monitors, c.KillMonitor = seed, 0, 20, 3, true
			runs := allCompleted(t, c)
			for _, f := range runs {
				require.Equal(t, 1, f.Killed)
				require.Equal(t, 20, f.Injected)
				require.Equal(t, 20, f.Reported)
				require.Zero(t, f.Again)
				require.Greater(t, f.PastDeadline.Worst, seconds(lease/2), "the other monitors waited for the lease to end")
				require.LessOrEqual(t, f.PastDeadline.Worst, seconds(lease+10*time.Second)+explained(f))
			}
			long := runs[1]
			require.Less(t, long.PastDeadline.Median, seconds(5*time.Second))
			require.Zero(t, long.Restarts)
		}
	})

	t.Run("after an outage that makes a grace no living workspace is reported", func(t *testing.T) {
		c := incident()
		c.Leaders, c.Monitors, c.Outage = 0, 2, 15*time.Minute
		short, long := completed(t, c)
		for _, f := range []Figures{short, long} {
			require.Equal(t, 2, f.Graces)
			require.Zero(t, f.Restarts)
			require.Equal(t, 5, f.Reported)
			require.Zero(t, f.Again)
			require.Greater(t, f.Refused, 195*28, "15 min of heartbeats")
			require.Zero(t, f.LeftOut)
			require.Zero(t, f.Blind, "an outage is not the watchers' fault")
		}
	})

	t.Run("when all are silent at once nothing is reported, and that is called a hold", func(t *testing.T) {
		var start time.Time
		from, to := 300*time.Second/240, 540*time.Second/240
		c := incident().on(script{refresh: func(context.Context, string) error {
			if since := time.Since(start); from <= since && since < to {
				return errRefused
			}
			return nil
		}})
		c.Leaders, c.Deaths = 0, 0
		open := c.Open
		c.Open = func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error) {
			start = time.Now()
			return open(ctx, ttls)
		}
		_, long := completed(t, c)
		require.Equal(t, 1, long.Holds)
		require.Zero(t, long.Restarts)
		require.Equal(t, 1, long.Graces)
	})
}
