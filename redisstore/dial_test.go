package redisstore_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// However many calls have failed, the first one after the outage is served.
func TestAnOutageIsOverForTheFirstCall(t *testing.T) {
	const failures = 100 // more than the client makes attempts, unless it is kept from counting
	ctx := context.Background()
	server := redistest.Start(t)
	s := open(t, "redis://"+server.Addr(), redisstore.Options{})
	for range 3 {
		require.NoError(t, s.SetOnline(ctx, "a"))
		server.Kill()
		for range failures {
			err := s.RefreshTTL(ctx, "a")
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorContains(t, err, "connection refused")
		}
		server.Restart(t)
		_, err := s.IsOnline(ctx, "a")
		require.NoError(t, err)
	}
}

// A store that only reads from a server that is master no more tells so, and tells
// nobody that the living are offline.
func TestANewConnectionIsToAMaster(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server, master := redistest.Start(t), redistest.Start(t)
	writer := open(t, "redis://"+server.Addr(), redisstore.Options{})
	reader := open(t, "redis://"+server.Addr()+"?conn_max_lifetime=100ms", redisstore.Options{})
	require.NoError(t, writer.SetOnline(ctx, "a"))
	online, err := reader.IsOnline(ctx, "a")
	require.NoError(t, err)
	require.True(t, online)
	host, port, err := net.SplitHostPort(master.Addr())
	require.NoError(t, err)
	require.NoError(t, server.Client(t).ReplicaOf(ctx, host, port).Err())
	require.Eventually(t, func() bool { return server.Client(t).DBSize(ctx).Val() == 0 }, 10*time.Second, 10*time.Millisecond, "it has no other data")
	time.Sleep(200 * time.Millisecond) // the connections have ended
	for range 20 {
		_, err = reader.IsOnline(ctx, "a")
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "READONLY")
	}
	require.NoError(t, server.Client(t).ReplicaOf(ctx, "no", "one").Err())
	require.Eventually(t, func() bool { _, err := reader.IsOnline(ctx, "a"); return err == nil }, 10*time.Second, time.Millisecond)
}
