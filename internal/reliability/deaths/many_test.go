package deaths

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// Eight monitors, each with a client of its own, see 20,000 workspaces die at
// once. Each death is handled once.
func TestDeathsAtOnce(t *testing.T) {
	kit.InRealTime(t, deathsAtOnce)
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
	heartbeat := kit.Slower(t) * time.Second
	ttls := store.TTLs{Liveness: 4 * heartbeat}
	redis := kit.OnRedis(t)
	s := redis.Open(t, ttls)
	ids := kit.Named("workspace", deaths)
	granter, _ := store.As[store.Granter](s)
	kit.SideBySide(deaths, func(i int) { // which may take longer than a TTL
		if err := granter.SetOnlineFor(t.Context(), ids[i], time.Minute); err != nil {
			t.Error(err)
		}
	})
	alive := startFleet(t, ids, heartbeat, refreshing(s))

	handled := kit.NewBook()
	var watchers []*monitor.Monitor
	for n := range monitors {
		enter := handled.Handler(n)
		m, _ := kit.RunMonitor(t, redis.Open(t, ttls), monitor.Config{Hold: kit.Unguarded, Concurrency: 256}, func(ctx context.Context, d monitor.Death) error {
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
	require.Empty(t, handled.All(), "handled though alive")

	handled.Await(t, deaths, patience, time.Second)
	calls := handled.All()
	by := make(map[int]int)
	tokens := make(map[int64]bool)
	for _, c := range calls {
		by[c.By]++
		tokens[c.Token] = true
		require.Equal(t, 1, c.Attempt)
	}
	first, end := calls[0].At.Sub(silent), calls[len(calls)-1].At.Sub(silent)
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
