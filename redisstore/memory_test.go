package redisstore_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// What a workspace costs the server in memory, beside the one key of programs that keep
// no index.
func TestMemoryOfAWorkspace(t *testing.T) {
	t.Parallel()
	const fleet, ttl = 10_000, 3 * time.Second
	const mostAlive, mostDead = 400, 600 // bytes
	ctx := context.Background()
	all := make([]string, fleet)
	for i := range all {
		var id [16]byte
		_, _ = rand.Read(id[:]) // never fails
		all[i] = fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	}

	plain := redistest.Start(t)
	before := used(t, plain)
	client := plain.Client(t)
	for _, id := range all { // by one connection, whose buffers count
		require.NoError(t, client.Set(ctx, "ws:"+id, "online", time.Hour).Err())
	}
	key := (used(t, plain) - before) / fleet

	server, s := realServer(t, redisstore.Options{TTLs: store.TTLs{Liveness: ttl, Heartbeat: time.Second}})
	sweep := func() driver.SweepResult {
		r, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
		require.NoError(t, err)
		return r
	}
	sweep()
	before = used(t, server)
	each(all, 64, func(id string) {
		if err := s.SetOnlineFor(ctx, id, time.Minute); err != nil {
			t.Error(err)
		}
	})
	alive := (used(t, server) - before) / fleet
	each(all, 64, func(id string) {
		if err := s.Expire(ctx, id); err != nil {
			t.Error(err)
		}
	})
	dead := (used(t, server) - before) / fleet
	require.Equal(t, fleet, sweep().Ready)
	t.Logf("bytes of a workspace: %d alive, %d dead; of one key: %d", alive, dead, key)
	require.LessOrEqual(t, alive, mostAlive)
	require.LessOrEqual(t, dead, mostDead)
}

// used is the memory that a server takes.
func used(t *testing.T, server *redistest.Server) int {
	t.Helper()
	info, err := server.Client(t).Info(context.Background(), "memory").Result()
	require.NoError(t, err)
	_, value, _ := strings.Cut(info, "used_memory:")
	value, _, _ = strings.Cut(value, "\r")
	n, err := strconv.Atoi(value)
	require.NoError(t, err)
	return n
}
