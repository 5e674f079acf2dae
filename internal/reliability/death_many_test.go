package reliability

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// Eight monitors, each with a client of its own, see 20,000 workspaces die at
// once. Each death is handled once.
func TestDeathsAtOnce(t *testing.T) {
	inRealTime(t, deathsAtOnce)
}

func deathsAtOnce(t testing.TB) {
	const (
		monitors = 8
		deaths   = 20_000
		patience = 2 * time.Minute
		takes    = 50 * time.Millisecond // so that one monitor's places are all taken

		floorEach = 500 // deaths that each of a few monitors handles, or they did not compete
		few       = 3
	)
	ttls := store.TTLs{Liveness: 4 * time.Second}
	redis := onRedis(t)
	s := redis.open(t, ttls)
	ids := named("workspace", deaths)
	setOnline(t, s, ids)
	alive := startFleet(t, ids, time.Second, refreshing(s))

	handled := newBook()
	var watchers []*monitor.Monitor
	for n := range monitors {
		enter := handled.handler(n)
		m, _ := runMonitor(t, redis.open(t, ttls), monitor.Config{Hold: unguarded, Concurrency: 256}, func(ctx context.Context, d monitor.Death) error {
			err := enter(ctx, d)
			time.Sleep(takes)
			return err
		})
		watchers = append(watchers, m)
	}
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(watchers, func(m *monitor.Monitor) bool { return m.Status().State != monitor.StateNormal })
	}, time.Minute, 10*time.Millisecond, "the grace does not end")
	alive.end()
	silent := time.Now()
	require.NoError(t, refreshing(s)(context.Background(), ids))
	require.Empty(t, handled.all(), "handled though alive")

	handled.await(t, deaths, patience, time.Second)
	calls := handled.all()
	by := make(map[int]int)
	tokens := make(map[int64]bool)
	for _, c := range calls {
		by[c.by]++
		tokens[c.Token] = true
		require.Equal(t, 1, c.Attempt)
	}
	first, end := calls[0].at.Sub(silent), calls[len(calls)-1].at.Sub(silent)
	t.Logf("%d monitors, %d deaths: %d handler calls, by monitor %v, the first %v and the last %v after the last heartbeat (TTL %v)",
		monitors, deaths, len(calls), by, first.Round(time.Millisecond), end.Round(time.Millisecond), ttls.Liveness)
	require.Len(t, calls, deaths, "handler calls")
	require.Equal(t, deaths, len(tokens), "tokens")
	competed := 0
	for n := range monitors {
		if by[n] >= floorEach {
			competed++
		}
	}
	require.GreaterOrEqual(t, competed, few, "monitors that competed")
}
