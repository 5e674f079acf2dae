package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestFullServer(t *testing.T) {
	const agents = 200
	ctx := context.Background()
	server, s := realServer(t, redisstore.Options{}, "--maxmemory-policy", "noeviction")
	admin := server.Client(t)
	for _, id := range ids(agents) {
		require.NoError(t, s.SetOnline(ctx, id))
	}
	require.NoError(t, admin.ConfigSet(ctx, "maxmemory", "1").Err())

	t.Run("a new workspace and a URL are refused", func(t *testing.T) {
		require.ErrorIs(t, s.SetOnline(ctx, "new"), store.ErrFull)
		require.ErrorIs(t, s.CacheURL(ctx, "agent-0", "http://a"), store.ErrFull)
	})

	t.Run("nobody alive is forgotten", func(t *testing.T) { allOnline(t, s, agents) })

	t.Run("heartbeats and registrations of the living go on", func(t *testing.T) {
		for _, id := range ids(agents) {
			require.NoError(t, s.RefreshTTL(ctx, id))
			require.NoError(t, s.SetOnline(ctx, id))
		}
	})

	t.Run("a store that cannot record its layout serves the living", func(t *testing.T) {
		require.NoError(t, admin.Del(ctx, "ws::layout").Err())
		late := open(t, "redis://"+server.Addr(), redisstore.Options{})
		require.NoError(t, late.RefreshTTL(ctx, "agent-0"))
		require.Zero(t, admin.Exists(ctx, "ws::layout").Val())
	})

	t.Run("there is room again", func(t *testing.T) {
		require.NoError(t, admin.ConfigSet(ctx, "maxmemory", "0").Err())
		require.NoError(t, s.SetOnline(ctx, "new"))
	})
	board.Row(t, "a full Redis", board.Figures{Operations: agents, Faults: 1, FloorFaults: 1})
}

func allOnline(t testing.TB, s *redisstore.Store, agents int) {
	t.Helper()
	online, err := s.IsOnlineMany(t.Context(), ids(agents))
	require.NoError(t, err)
	require.NotContains(t, online, false, "a living workspace is forgotten")
}

// A server that evicts forgets the living, when it is full.
func TestAFullServerThatEvictsIsFound(t *testing.T) {
	const agents = 200
	server, s := realServer(t, redisstore.Options{}, "--maxmemory-policy", "allkeys-random")
	for _, id := range ids(agents) {
		require.NoError(t, s.SetOnline(t.Context(), id))
	}
	require.NoError(t, server.Client(t).ConfigSet(t.Context(), "maxmemory", "1").Err())
	_ = s.SetOnline(t.Context(), "new") // the server makes room
	attempt.Found(t, "a living workspace is forgotten", func(a *attempt.T) { allOnline(a, s, agents) })
}

func TestFullServerLosesNoDeath(t *testing.T) {
	const agents = 50
	ctx := context.Background()
	server, s := realServer(t, redisstore.Options{TTLs: store.TTLs{Liveness: time.Second}}, "--maxmemory-policy", "noeviction")
	for _, id := range ids(agents) {
		require.NoError(t, s.SetOnline(ctx, id))
	}
	admin := server.Client(t)
	require.NoError(t, admin.ConfigSet(ctx, "maxmemory", "1").Err())
	_, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
	require.NoError(t, err)
	adopt(t, s, 0, "adopted")
	note, err := s.Note(ctx, 0, "", "full")
	require.NoError(t, err)
	require.Equal(t, "full", note)
	_, err = s.Discover(ctx, time.Minute)
	require.NoError(t, err)

	require.Len(t, watchFor(t, s, 0, 1500*time.Millisecond), agents, "lives and grace end")
	held := claim(t, s, 0, append(ids(agents), "adopted")...)
	still, err := s.Extend(ctx, held, lease)
	require.NoError(t, err)
	require.NotContains(t, still, driver.Lost)
	for _, d := range held {
		standing, err := s.Begin(ctx, d)
		require.NoError(t, err)
		require.Equal(t, driver.Held, standing)
	}
	back, err := s.Release(ctx, held[0], time.Second)
	require.NoError(t, err)
	require.True(t, back)
	alive, err := s.Withdraw(ctx, held[1])
	require.NoError(t, err)
	require.True(t, alive)
	require.NoError(t, s.SetOnlineFor(ctx, held[1].ID, time.Second))
	require.NoError(t, s.Expire(ctx, held[1].ID))
	for _, d := range held[2:] {
		done, err := s.Acknowledge(ctx, d)
		require.NoError(t, err)
		require.True(t, done)
	}
	require.NoError(t, s.ClearMany(ctx, []string{held[0].ID, held[1].ID}))
	require.ErrorIs(t, s.SetOnline(ctx, "new"), store.ErrFull)
	require.ErrorIs(t, s.Register(ctx, "new", "http://a", ""), store.ErrFull)
	sweep, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
	require.NoError(t, err)
	require.Equal(t, "full", sweep.Note)
	require.Zero(t, sweep.Online+sweep.Ready+sweep.Leased)
	board.Row(t, "a full Redis", board.Figures{Operations: len(held), Faults: 1, FloorOperations: agents, FloorFaults: 1})
}
