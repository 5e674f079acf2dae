package deaths

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// A process is killed whose monitor holds 1,000 deaths, in handlers that do
// not return. While it lives no other monitor gets one; when its leases have ended,
// two other monitors handle each death once.
func TestMonitorIsKilled(t *testing.T) {
	const (
		deaths = 1000
		lease  = 3 * time.Second
	)
	ttls := store.TTLs{Liveness: 2 * time.Second}
	config := monitor.Config{Hold: kit.Unguarded, Lease: lease, Concurrency: deaths}
	if addr := os.Getenv(kit.VictimFile); addr != "" {
		holdForEver(t, kit.OpenRedis(t, addr, ttls), config)
		return
	}
	t.Parallel()
	kit.InRealTime(t, func(t testing.TB) { monitorIsKilled(t, deaths, ttls, config) })
}

func monitorIsKilled(t testing.TB, deaths int, ttls store.TTLs, config monitor.Config) {
	lease := config.Lease
	within := lease + time.Second
	redis := kit.OnRedis(t)
	s := redis.Open(t, ttls)
	ids := kit.Named("workspace", deaths)
	kit.SetOnline(t, s, ids)
	v := kit.StartVictim(t, redis.Server.Addr())
	first := make(map[string]int64)
	for len(first) < deaths && v.Lines.Scan() {
		var id string
		var token int64
		_, err := fmt.Sscan(v.Lines.Text(), &id, &token)
		require.NoError(t, err, "the process said %q", v.Lines.Text())
		require.NotContains(t, first, id)
		first[id] = token
	}
	require.Len(t, first, deaths, "deaths that the process holds")

	second := kit.NewBook()
	for n := range 2 {
		kit.RunMonitor(t, redis.Open(t, ttls), config, second.Handler(n))
	}
	time.Sleep(lease + lease/4)
	require.Empty(t, second.All(), "handled while another holds them")
	killed := time.Now()
	v.Kill()

	second.Await(t, deaths, 10*lease, time.Second)
	calls := second.All()
	took := calls[deaths-1].At.Sub(killed)
	t.Logf("%d deaths held by a killed monitor, lease %v: %d handler calls, the last %v after the kill",
		deaths, lease, len(calls), took.Round(time.Millisecond))
	require.Len(t, calls, deaths, "handler calls")
	for _, c := range calls {
		require.True(t, c.At.After(killed))
		require.Greater(t, c.Token, first[c.ID], "the token of the second holder of %s", c.ID)
		require.Equal(t, 2, c.Attempt)
	}
	require.LessOrEqual(t, took, within+kit.Overslept(killed, time.Now()))
}

// holdForEver is the victim: it says which deaths it holds, and lets none go.
func holdForEver(t testing.TB, s store.LivenessStore, c monitor.Config) {
	var mu sync.Mutex
	out := kit.VictimOutput()
	m, err := monitor.New(s, c)
	require.NoError(t, err)
	require.NoError(t, m.Run(context.Background(), func(_ context.Context, d monitor.Death) error {
		mu.Lock()
		fmt.Fprintln(out, d.ID, d.Token)
		mu.Unlock()
		select {}
	}))
}
