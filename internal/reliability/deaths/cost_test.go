package deaths

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// commandsOf returns how many commands the servers have executed, those of
// scripts included, but for those of clients that connect, and INFO.
func commandsOf(t testing.TB, servers []*redistest.Server) (n int) {
	t.Helper()
	for _, server := range servers {
		info, err := server.Client(t).Info(context.Background(), "commandstats").Result()
		require.NoError(t, err)
		for line := range strings.Lines(info) {
			name, stats, ok := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":")
			if !ok || name == "info" || name == "hello" || name == "select" || strings.HasPrefix(name, "client|") {
				continue
			}
			var calls int
			_, err := fmt.Sscanf(stats, "calls=%d,", &calls)
			require.NoError(t, err)
			n += calls
		}
	}
	return n
}

// Monitors of a store without workspaces cost few commands, and eight hardly
// more than one once they take turns.
//
// It fails if monitors take no turns, or if a sweep is due without a reason.
func TestIdleMonitorsCostLittle(t *testing.T) {
	t.Parallel()
	const (
		mostOnCluster = 400 // commands a second of one monitor, at a TTL of 180 s
		mostOfEight   = 1.5 // times one, on a Cluster
		mostOfServer  = 3   // times one, on a server that one of them sweeps a few times a second
		window        = 4 * time.Second
		patience      = 2 * time.Minute
	)
	lives := []time.Duration{store.DefaultLivenessTTL}
	if kit.Full() {
		lives = append(lives, 10*time.Second)
	}
	for _, ttl := range lives {
		t.Run(fmt.Sprintf("ttl=%v", ttl), func(t *testing.T) {
			t.Parallel()
			kit.OnServers(t, func(t testing.TB, b kit.Backend) {
				ttls := store.TTLs{Liveness: ttl}
				settled := func() float64 { // commands a second
					before, began := commandsOf(t, b.Servers), time.Now()
					time.Sleep(window)
					return float64(commandsOf(t, b.Servers)-before) / time.Since(began).Seconds()
				}
				handle := kit.NewBook().Handler(0)
				m, _ := kit.RunMonitor(t, b.Open(t, ttls), monitor.Config{}, handle)
				require.Eventually(t, func() bool { return m.Status().State == monitor.StateGrace }, patience, 10*time.Millisecond)
				time.Sleep(window)
				began, one, times := time.Now(), settled(), mostOfEight
				if b.Server != nil {
					times = mostOfServer
				}
				for ttl == store.DefaultLivenessTTL && one > mostOnCluster && time.Since(began) < patience {
					one = settled() // the machine is late, and calls are repeated
				}
				t.Logf("TTL %v, 1 monitor: %.0f commands a second", ttl, one)
				if ttl == store.DefaultLivenessTTL {
					assert.LessOrEqual(t, one, float64(mostOnCluster), "commands a second of 1 monitor")
				}
				const more = 7
				for range more {
					kit.RunMonitor(t, b.Open(t, ttls), monitor.Config{}, handle)
				}
				eight := settled()
				for began = time.Now(); eight > times*one && time.Since(began) < patience; {
					eight = settled()
				}
				t.Logf("TTL %v, 8 monitors: %.0f commands a second, after %v", ttl, eight, time.Since(began).Round(time.Second))
				assert.LessOrEqual(t, eight, times*one, "commands a second of 8 monitors")
			})
		})
	}
}

// Deaths are reported in time by eight monitors, each once.
//
// It fails if the leader waits for the Interval and not for the next deadline.
func TestEightMonitorsReportInTime(t *testing.T) {
	if !kit.Full() {
		t.Parallel()
		kit.OnEach(t, true, eightReportInTime, kit.Redis) // eight of a Cluster leave no room for other tests
		return
	}
	kit.OnEach(t, false, eightReportInTime, kit.Redis, kit.Cluster)
}

func eightReportInTime(t testing.TB, b kit.Backend) {
	const (
		monitors = 8
		mostLate = 100 * time.Millisecond // p99
		patience = 5                      // TTLs
	)
	live, deaths, interval := 2000, 50, time.Second
	ttls := store.TTLs{Liveness: 6 * time.Second, Heartbeat: 2 * time.Second}
	if kit.Full() {
		live, deaths, interval = 5000, 300, 0
		ttls = store.TTLs{Liveness: 20 * time.Second, Heartbeat: 3 * time.Second}
	}
	s, reports := b.Open(t, ttls), kit.NewBook()
	ids := kit.Named("workspace", live)
	kit.SetOnline(t, s, ids)
	f := startFleet(t, ids, ttls.Heartbeat, refreshing(s))
	for n := range monitors {
		m, _ := kit.RunMonitor(t, b.Open(t, ttls), monitor.Config{Interval: interval}, reports.Handler(n))
		kit.AwaitNormal(t, m)
	}
	stalled := longestStall()
	f.silence(deaths, ttls.Liveness)
	reports.Await(t, deaths, patience*ttls.Liveness, time.Second)
	stall, v := stalled(), judge(reports, f.silent, ttls.Liveness)
	t.Logf("%d monitors, TTL %v, %d live, %d deaths: %v; longest stall of the machine %v",
		monitors, ttls.Liveness, live, deaths, v, stall.Round(100*time.Microsecond))
	v.require(t)
	assert.LessOrEqual(t, v.late(50), mostMedian+stall, "median")
	if kit.Full() {
		assert.LessOrEqual(t, v.late(99), mostLate+stall, "p99")
	}
}
