package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store/driver"
)

// commands returns how many commands the server has executed, those of scripts
// included, but for INFO and the commands by which a client connects.
func commands(t *testing.T, server *redistest.Server) (n int) {
	t.Helper()
	info, err := server.Client(t).Info(context.Background(), "commandstats").Result()
	require.NoError(t, err)
	for line := range strings.Lines(info) {
		name, stats, ok := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":")
		if !ok || name == "info" || name == "config" || name == "hello" || name == "ping" || name == "persist" || strings.HasPrefix(name, "client") {
			continue
		}
		var calls int
		if _, err := fmt.Sscanf(stats, "calls=%d,", &calls); err == nil {
			n += calls
		}
	}
	return n
}

func TestCost(t *testing.T) {
	const sweeps = 20
	ctx := context.Background()

	t.Run("an idle sweep is a script of nine commands", func(t *testing.T) {
		const script, idle, mending = 1, 9, 5 // once in a TTL
		for _, fleet := range []int{0, 1000} {
			server, s := realServer(t, redisstore.Options{})
			for _, id := range ids(fleet) {
				require.NoError(t, s.SetOnline(ctx, id))
			}
			sweep := func() driver.SweepResult {
				sweep, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
				require.NoError(t, err)
				return sweep
			}
			require.Equal(t, fleet, sweep().Online)
			before := commands(t, server)
			for range sweeps {
				sweep()
			}
			require.LessOrEqual(t, commands(t, server)-before, sweeps*(script+idle)+mending)
		}
	})

	t.Run("reading the note is one command", func(t *testing.T) {
		server, s := realServer(t, redisstore.Options{})
		_, err := s.Note(ctx, 0, "", "kept")
		require.NoError(t, err)
		before := commands(t, server)
		for range sweeps {
			note, err := s.Note(ctx, 0, "", "")
			require.NoError(t, err)
			require.Equal(t, "kept", note)
		}
		require.Equal(t, sweeps, commands(t, server)-before)
	})

	t.Run("a registration and a lookup with URLs are one round trip each", func(t *testing.T) {
		server := redistest.Start(t)
		client, counted := server.Client(t), &trips{}
		client.AddHook(counted)
		s, err := redisstore.New(client, redisstore.Options{})
		require.NoError(t, err)
		for range 2 { // the second time the server knows the scripts
			counted.n.Store(0)
			require.NoError(t, s.Register(ctx, "a", "http://a:1", "http://a:2"))
			status, err := s.Lookup(ctx, "a")
			require.NoError(t, err)
			require.Equal(t, "http://a:1", status.URL)
			require.Equal(t, "http://a:2", status.InternalURL)
			require.Positive(t, status.Remaining)
		}
		require.EqualValues(t, 2, counted.n.Load())
	})
}

func TestScriptsAreBounded(t *testing.T) {
	const batch, dead = 100, 250
	ctx := context.Background()

	t.Run("a sweep detects a batch at a time", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		for _, id := range ids(dead) {
			require.NoError(t, w.SetOnline(ctx, id))
		}
		w.pass(ttl)
		for _, want := range []int{batch, batch, dead - 2*batch} {
			s := w.sweep()
			require.Len(t, s.Detected, want)
			require.Equal(t, want == batch, s.Next == 0)
		}
		require.Equal(t, dead, w.sweep().Ready)
	})

	t.Run("a claim for all claims some", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		adopt(t, w.Store, 0, ids(dead)...)
		claimed := 0
		for more := true; more; {
			deaths, err := w.Claim(ctx, 0, driver.ClaimOptions{Max: 2 * dead, Lease: lease})
			require.NoError(t, err)
			require.LessOrEqual(t, len(deaths), batch)
			claimed += len(deaths)
			more = len(deaths) > 0
		}
		require.Equal(t, dead, claimed)
		w.pass(lease)
		for range dead / batch {
			require.Zero(t, w.sweep().Next, "leases have ended")
		}
		require.Positive(t, w.sweep().Next)
		require.Equal(t, dead, w.sweep().Ready)
		listed := 0
		for _, err := range w.Deaths(ctx, 0) {
			require.NoError(t, err)
			listed++
		}
		require.Equal(t, dead, listed)
	})
}
