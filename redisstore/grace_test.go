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

// setState writes state of a shard as the scripts do.
func (w *watched) setState(name string, value time.Time) {
	w.t.Helper()
	_, err := w.server.ZAdd("ws::deadlines", float64(-1-value.UnixMilli()), name)
	require.NoError(w.t, err)
}

// TestR6TheScriptsRuleIsThatOfTraits compares the end of a grace by the script
// with that by Traits.GraceEnd.
func TestR6TheScriptsRuleIsThatOfTraits(t *testing.T) {
	const second, minute = time.Second, time.Minute
	for _, ttls := range []store.TTLs{
		{},
		{Liveness: 2 * second},
		{Liveness: minute, Heartbeat: 20 * second},
		{Liveness: time.Hour, Heartbeat: minute},
	} {
		w := watch(t, redisstore.Options{TTLs: ttls})
		ttl := w.Traits().Liveness()
		for _, interval := range []time.Duration{second, ttl / 6, time.Hour} {
			patience := w.Traits().Patience(interval)
			for _, gap := range []time.Duration{0, 1, second, patience, patience + 1, ttl - 1, ttl, 3 * ttl, -1, -time.Hour} {
				for _, left := range []time.Duration{-gap - ttl, -gap, -gap + 1, 0, 1, ttl / 2, ttl, 10 * ttl} {
					for _, missed := range []time.Duration{0, -1, 1} {
						gap, left := gap.Round(time.Millisecond), left.Round(time.Millisecond)
						w.step(time.Second)
						last, end := w.now.Add(-gap), w.now.Add(left)
						w.setState(":tick", last)
						w.setState(":grace", end)
						o := driver.SweepOptions{Interval: interval}
						if missed != 0 {
							o.LastSweep = last.Add(missed * time.Millisecond)
						}
						want := w.Traits().GraceEnd(o, w.now, last, end)
						got, err := w.Sweep(context.Background(), 0, o)
						require.NoError(t, err)
						require.Equal(t, want.UnixMilli(), got.GraceEnd.UnixMilli(), "%+v interval %v gap %v left %v missed %v", ttls, interval, gap, left, missed)
					}
				}
			}
		}
	}
}
